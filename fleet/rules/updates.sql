-- Three refused images or updates within a day: a bad download is tried twice, an attacker tries on.
SELECT device, 'updates' AS rule, MIN(since) AS first_time, MAX(until) AS last_time, CAST(MAX(n) AS BIGINT) AS score
FROM (
    SELECT device, time - time % 86400 AS span, MIN(time) AS since, MAX(time) AS until, SUM(times) AS n
    FROM events
    WHERE event IN ('UpdateRefused', 'RollbackRefused', 'BootRefused') AND time IS NOT NULL
    GROUP BY device, time - time % 86400
) AS days
WHERE n >= 3
GROUP BY device
