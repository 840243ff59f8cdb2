-- Three peers never met before within a day, or twenty refused ones within a clock hour.
SELECT device, 'peers' AS rule, MIN(since) AS first_time, MAX(until) AS last_time, CAST(MAX(n) AS BIGINT) AS score
FROM (
    SELECT device, MIN(time) AS since, MAX(time) AS until, COUNT(DISTINCT detail) AS n
    FROM events
    WHERE event = 'PeerNew' AND time IS NOT NULL
    GROUP BY device, time - time % 86400
    HAVING COUNT(DISTINCT detail) >= 3
    UNION ALL
    SELECT device, MIN(time) AS since, MAX(time) AS until, SUM(times) AS n
    FROM events
    WHERE event = 'LinkRefused' AND time IS NOT NULL
    GROUP BY device, time - time % 3600
    HAVING SUM(times) >= 20
) AS signs
GROUP BY device
