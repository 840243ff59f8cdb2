//! The truth about a simulated fleet, and how well it was found.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::rules::Finding;
use crate::story::Attack;

/// What was done to one device.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    pub device: String,
    pub attack: Attack,
}

/// How well one attack was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Score {
    pub rule: String,
    /// Devices that suffered it and were found.
    pub found: usize,
    /// Devices that were found and did not suffer it.
    pub false_alarms: usize,
    /// Devices that suffered it and were not found.
    pub missed: usize,
}

impl Score {
    /// Part of the findings that are right; 1 when there are none.
    pub fn precision(&self) -> f64 {
        ratio(self.found, self.false_alarms)
    }

    /// Part of the attacked devices that were found; 1 when there are none.
    pub fn recall(&self) -> f64 {
        ratio(self.found, self.missed)
    }
}

fn ratio(good: usize, bad: usize) -> f64 {
    if good + bad == 0 { 1.0 } else { good as f64 / (good + bad) as f64 }
}

/// Reads `labels.json`.
pub fn read(path: &Path) -> anyhow::Result<Vec<Label>> {
    let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} holds no labels", path.display()))
}

/// Compares findings with the truth, rule by rule and for all together.
pub fn score(labels: &[Label], findings: &[Finding]) -> Vec<Score> {
    let mut truth: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for label in labels.iter().filter(|label| Attack::FOUND.contains(&label.attack)) {
        truth.entry(name(label.attack)).or_default().insert(&label.device);
    }
    let mut found: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for finding in findings {
        found.entry(finding.rule.clone()).or_default().insert(&finding.device);
    }
    let nobody = BTreeSet::new();
    let mut scores = Vec::new();
    let mut all = Score { rule: "all".into(), found: 0, false_alarms: 0, missed: 0 };
    for rule in Attack::FOUND.map(name) {
        let truth = truth.get(&rule).unwrap_or(&nobody);
        let found = found.get(&rule).unwrap_or(&nobody);
        let score = Score {
            rule,
            found: truth.intersection(found).count(),
            false_alarms: found.difference(truth).count(),
            missed: truth.difference(found).count(),
        };
        all.found += score.found;
        all.false_alarms += score.false_alarms;
        all.missed += score.missed;
        scores.push(score);
    }
    scores.push(all);
    scores
}

fn name(attack: Attack) -> String {
    format!("{attack:?}").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(device: &str, rule: &str) -> Finding {
        let (device, rule) = (device.into(), rule.into());
        Finding { device, rule, first_time: None, last_time: None, score: 1 }
    }

    #[test]
    fn a_finding_for_another_attack_is_a_false_alarm_and_a_miss() {
        let label = |device: &str, attack| Label { device: device.into(), attack };
        let labels =
            [label("a", Attack::Clock), label("b", Attack::Clock), label("c", Attack::Noise)];
        let scores = score(&labels, &[finding("a", "clock"), finding("b", "peers")]);
        let all = scores.last().unwrap();
        assert_eq!((all.found, all.false_alarms, all.missed), (1, 1, 1));
        assert_eq!((all.precision(), all.recall()), (0.5, 0.5));
        let noise = score(&labels, &[finding("c", "updates")]);
        assert_eq!(noise.last().unwrap().precision(), 0.0);
    }
}
