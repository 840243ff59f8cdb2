-- A bundle that was refused, a replayed store, a changed image, a probe at the debug port, a damaged log; or two damaged records
-- within a day (one alone is mostly an old flash).
SELECT device, 'tampering' AS rule, MIN(since) AS first_time, MAX(until) AS last_time, CAST(SUM(n) AS BIGINT) AS score
FROM (
    SELECT device, CAST(NULL AS BIGINT) AS since, CAST(NULL AS BIGINT) AS until, 1 AS n
    FROM devices
    WHERE refused IS NOT NULL
    UNION ALL
    SELECT device, time AS since, time AS until, times AS n
    FROM events
    WHERE event IN ('ReplayDetected', 'ImageDamaged', 'LogDamaged', 'DebugPortOpen') OR (event = 'Started' AND detail = 8)
    UNION ALL
    SELECT device, MIN(time) AS since, MAX(time) AS until, SUM(times) AS n
    FROM events
    WHERE event = 'RecordDamaged' AND time IS NOT NULL
    GROUP BY device, time - time % 86400
    HAVING SUM(times) >= 2
) AS signs
GROUP BY device
