-- Five unplanned starts (supply 3, watchdog 4, fault 6) within six hours.
SELECT device, 'reboots' AS rule, MIN(since) AS first_time, MAX(time) AS last_time, CAST(COUNT(*) + 4 AS BIGINT) AS score
FROM (
    SELECT device, time, LAG(time, 4) OVER (PARTITION BY device ORDER BY time, boot) AS since
    FROM events
    WHERE event = 'Started' AND detail IN (3, 4, 6) AND time IS NOT NULL
) AS starts
WHERE time - since <= 21600
GROUP BY device
