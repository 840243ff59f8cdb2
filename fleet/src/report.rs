//! The report: one HTML file that needs nothing else and runs no script.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::chart::{Series, bars, escape, stacked, thousands};
use crate::examine::Findings;
use crate::rules::{Engine, RULES};

/// Rows of a table in the report; `findings.json` has them all.
const MOST: usize = 100;

const SEVERITIES: [&str; 4] = ["Info", "Notice", "Warning", "Critical"];

/// Events over time, without the days that a wrong clock made: those with less than a fiftieth of the events of the fullest.
const OVER_TIME: &str = "
SELECT d.day, d.severity, d.n
FROM (SELECT time - time % 86400 AS day, severity, CAST(SUM(times) AS BIGINT) AS n
      FROM events WHERE time IS NOT NULL GROUP BY time - time % 86400, severity) AS d
JOIN (SELECT time - time % 86400 AS day, SUM(times) AS whole FROM events WHERE time IS NOT NULL GROUP BY time - time % 86400) AS w
  ON d.day = w.day
CROSS JOIN (SELECT MAX(whole) AS fullest
            FROM (SELECT SUM(times) AS whole FROM events WHERE time IS NOT NULL GROUP BY time - time % 86400) AS x) AS m
WHERE w.whole * 50 >= m.fullest
ORDER BY d.day, d.severity";

const BY_KIND: &str = "
SELECT event, CAST(SUM(times) AS BIGINT) AS n FROM events
WHERE severity >= 2 OR event IN ('ClockMoved', 'Started', 'PeerNew')
GROUP BY event ORDER BY n DESC, event LIMIT 12";

/// Draws the report.
pub fn html(all: &Findings, engine: &Engine) -> anyhow::Result<String> {
    let mut body = String::new();
    let affected: std::collections::BTreeSet<&str> =
        all.findings.iter().map(|finding| finding.device.as_str()).collect();
    body += "<h1>Fleet report</h1><p>Security event logs: verified, tabulated, held against the rules of gabion-fleet.</p><div class=\"tiles\">";
    let tile = |body: &mut String, value: u64, name: &str, bad: bool| {
        let class = if bad && value > 0 { "tile bad" } else { "tile" };
        let _ = write!(
            body,
            "<div class=\"{class}\"><b>{}</b><span>{name}</span></div>",
            thousands(value)
        );
    };
    tile(&mut body, all.devices as u64, "devices", false);
    tile(&mut body, affected.len() as u64, "devices affected", true);
    tile(&mut body, all.refused.len() as u64, "bundles refused", true);
    tile(&mut body, all.bundles, "bundles sound", false);
    tile(&mut body, all.events, "events", false);
    tile(&mut body, all.lost, "events lost, as told", false);
    tile(&mut body, all.overwritten, "records overwritten", false);
    body += "</div>";

    body += "<h2 id=\"time\">Events over time</h2><div class=\"card\"><div class=\"legend\">";
    for name in SEVERITIES {
        let class = name.to_lowercase();
        let _ = write!(
            body,
            "<span><svg viewBox=\"0 0 12 12\"><rect class=\"{class}\" width=\"12\" height=\"12\"/></svg>{name}</span>"
        );
    }
    let (days, series) = over_time(engine)?;
    body += "</div>";
    body += &stacked("Events per day, by severity", &days, &series);
    body += "</div><div class=\"card\">";
    let (days, series) = serious(days, series);
    body += &stacked("Warnings and critical events per day", &days, &series);
    body += "</div>";

    body += "<h2 id=\"anomalies\">Top anomalies</h2><div class=\"card\">";
    let mut counts: Vec<(String, u64)> = RULES
        .iter()
        .map(|(rule, _)| {
            let found = all.findings.iter().filter(|finding| finding.rule == *rule).count();
            ((*rule).to_owned(), found as u64)
        })
        .collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    body += &bars("Devices found by each rule", &counts);
    body +=
        "</div><h2 id=\"kinds\">What was logged most, of what may matter</h2><div class=\"card\">";
    let mut kinds = Vec::new();
    for row in engine.query(BY_KIND)? {
        if let [Some(kind), Some(count)] = row.as_slice() {
            kinds.push((kind.clone(), count.parse()?));
        }
    }
    body += &bars("Events by kind", &kinds);
    body += "</div>";

    scores(&mut body, all);
    devices(&mut body, all);
    refused(&mut body, all);
    Ok(include_str!("report.html").replace("{{body}}", &body))
}

fn over_time(engine: &Engine) -> anyhow::Result<(Vec<String>, Vec<Series>)> {
    let mut days: BTreeMap<i64, [u64; 4]> = BTreeMap::new();
    for row in engine.query(OVER_TIME)? {
        if let [Some(day), Some(severity), Some(count)] = row.as_slice() {
            let day = days.entry(day.parse()?).or_default();
            if let Some(place) = day.get_mut(severity.parse::<usize>()?) {
                *place = count.parse()?;
            }
        }
    }
    let series = SEVERITIES.iter().enumerate().map(|(index, name)| Series {
        name: (*name).to_owned(),
        values: days.values().map(|day| day[index]).collect(),
    });
    let series = series.collect();
    Ok((days.keys().map(|day| date(*day)).collect(), series))
}

fn serious(days: Vec<String>, series: Vec<Series>) -> (Vec<String>, Vec<Series>) {
    (days, series.into_iter().skip(2).collect())
}

fn scores(body: &mut String, all: &Findings) {
    let Some(scores) = &all.scores else { return };
    body.push_str("<h2 id=\"truth\">Against the truth</h2><div class=\"card scroll\"><table><tr><th>rule</th><th class=\"n\">precision</th><th class=\"n\">recall</th><th class=\"n\">found</th><th class=\"n\">false</th><th class=\"n\">missed</th></tr>");
    for score in scores {
        let _ = write!(
            body,
            "<tr><td>{}</td><td class=\"n\">{:.3}</td><td class=\"n\">{:.3}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            escape(&score.rule),
            score.precision(),
            score.recall(),
            score.found,
            score.false_alarms,
            score.missed
        );
    }
    body.push_str("</table></div>");
}

fn devices(body: &mut String, all: &Findings) {
    let mut by_device: BTreeMap<&str, Vec<&crate::rules::Finding>> = BTreeMap::new();
    for finding in &all.findings {
        by_device.entry(&finding.device).or_default().push(finding);
    }
    // Most rules first, then the highest score.
    let mut order: Vec<_> = by_device.into_iter().collect();
    order.sort_by_key(|(device, findings)| {
        let score = findings.iter().map(|finding| finding.score).max();
        (std::cmp::Reverse((findings.len(), score)), *device)
    });
    body.push_str("<h2 id=\"devices\">Affected devices</h2>");
    if order.is_empty() {
        body.push_str("<p>None.</p>");
        return;
    }
    if order.len() > MOST {
        let _ = write!(body, "<p>The first {MOST} of {}; findings.json has all.</p>", order.len());
    }
    body.push_str("<div class=\"card scroll\"><table><tr><th>device</th><th>rule</th><th class=\"n\">score</th><th>first seen (UTC)</th><th>last seen (UTC)</th></tr>");
    for (device, findings) in order.into_iter().take(MOST) {
        for finding in findings {
            let time = |seconds: Option<i64>| seconds.map_or_else(|| "unknown".into(), moment);
            let _ = write!(
                body,
                "<tr><td><code>{}</code></td><td>{}</td><td class=\"n\">{}</td><td>{}</td><td>{}</td></tr>",
                escape(device),
                escape(&finding.rule),
                finding.score,
                time(finding.first_time),
                time(finding.last_time)
            );
        }
    }
    body.push_str("</table></div>");
}

fn refused(body: &mut String, all: &Findings) {
    if all.refused.is_empty() {
        return;
    }
    body.push_str("<h2 id=\"refused\">Refused bundles</h2><div class=\"card scroll\"><table><tr><th>device</th><th>bundle</th><th>reason</th></tr>");
    for refused in all.refused.iter().take(MOST) {
        let _ = write!(
            body,
            "<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
            escape(&refused.device),
            escape(&refused.bundle),
            escape(&refused.reason)
        );
    }
    body.push_str("</table></div>");
}

/// A day as `YYYY-MM-DD`.
fn date(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

fn moment(seconds: i64) -> String {
    let of_day = seconds.rem_euclid(86_400);
    format!("{} {:02}:{:02}:{:02}", date(seconds), of_day / 3_600, of_day / 60 % 60, of_day % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(951_782_400), "2000-02-29");
        assert_eq!(date(-1), "1969-12-31");
        assert_eq!(moment(1_790_812_800 + 3_661), "2026-10-01 01:01:01");
    }
}
