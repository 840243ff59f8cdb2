-- Three clock changes within an hour of uptime. Time of day is no help here: it is what was moved.
SELECT device, 'clock' AS rule, MIN(time) AS first_time, MAX(time) AS last_time, CAST(COUNT(*) + 2 AS BIGINT) AS score
FROM (
    SELECT device, time, uptime_ds, LAG(uptime_ds, 2) OVER (PARTITION BY device, boot ORDER BY uptime_ds, record) AS earlier
    FROM events
    WHERE event = 'ClockMoved'
) AS moves
WHERE uptime_ds - earlier <= 36000
GROUP BY device
