-- One password on many accounts. Seen on a device by its detector (7), or across the fleet: an hour in which unusually many
-- devices have failed log-ins for two accounts or more.
WITH several AS (
    SELECT device, time - time % 3600 AS span, MIN(time) AS since, MAX(time) AS until, COUNT(DISTINCT detail) AS accounts
    FROM events
    WHERE event = 'LoginFailedFor' AND time IS NOT NULL
    GROUP BY device, time - time % 3600
    HAVING COUNT(DISTINCT detail) >= 2
),
hours AS (SELECT span, COUNT(*) AS devices FROM several GROUP BY span),
usual AS (SELECT AVG(devices) AS mean, COALESCE(STDDEV_SAMP(devices), 0) AS deviation FROM hours),
campaign AS (
    SELECT hours.span FROM hours CROSS JOIN usual
    WHERE hours.devices >= 5 AND hours.devices > usual.mean + 4 * usual.deviation
),
signs AS (
    SELECT several.device, several.since, several.until, several.accounts AS n
    FROM several JOIN campaign ON several.span = campaign.span
    UNION ALL
    SELECT device, time AS since, time AS until, 4 AS n FROM events WHERE event = 'DetectorFired' AND detail = 7 AND time IS NOT NULL
)
SELECT device, 'spraying' AS rule, MIN(since) AS first_time, MAX(until) AS last_time, CAST(MAX(n) AS BIGINT) AS score
FROM signs
GROUP BY device
