-- Thirty failed or throttled log-ins on one device within a clock hour. People who forgot a password give up or reset before.
SELECT device, 'guessing' AS rule, MIN(since) AS first_time, MAX(until) AS last_time, CAST(MAX(n) AS BIGINT) AS score
FROM (
    SELECT device, time - time % 3600 AS span, MIN(time) AS since, MAX(time) AS until, SUM(times) AS n
    FROM events
    WHERE event IN ('LoginFailed', 'LoginThrottled') AND time IS NOT NULL
    GROUP BY device, time - time % 3600
) AS hours
WHERE n >= 30
GROUP BY device
