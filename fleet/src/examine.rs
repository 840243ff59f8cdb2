//! Verifies a fleet, tabulates it, runs the rules, reports.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Instant;

use anyhow::Context;
use serde::Serialize;

use crate::folder::read_devices;
use crate::labels::{self, Score};
use crate::report;
use crate::rules::{Engine, Finding, RULES};
use crate::table::Tables;
use crate::verify::{Verified, verify};

/// Devices whose rows may wait for their turn in memory.
const AHEAD: usize = 64;

/// What was found, as in `findings.json`.
#[derive(Debug, Serialize)]
pub struct Findings {
    pub format: &'static str,
    pub devices: usize,
    pub bundles: u64,
    pub records: u64,
    pub events: u64,
    /// Events that devices say they lost.
    pub lost: u64,
    /// Records that were overwritten or erased before a bundle carried them away.
    pub overwritten: u64,
    pub refused: Vec<Refused>,
    pub findings: Vec<Finding>,
    /// Only with labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scores: Option<Vec<Score>>,
}

/// A bundle that is not what it should be.
#[derive(Debug, Serialize)]
pub struct Refused {
    pub device: String,
    pub bundle: String,
    pub reason: String,
}

/// Examines a fleet. Returns whether anything was found.
pub fn examine(fleet: &Path, out: &Path, truth: Option<&Path>) -> anyhow::Result<bool> {
    let start = Instant::now();
    let enrolled = read_devices(fleet)?;
    let truth = truth.map(labels::read).transpose()?;
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let mut tables = Tables::create(out)?;
    let mut all = Findings {
        format: "gabion-fleet-findings/1",
        devices: enrolled.len(),
        bundles: 0,
        records: 0,
        events: 0,
        lost: 0,
        overwritten: 0,
        refused: Vec::new(),
        findings: Vec::new(),
        scores: None,
    };
    let mut take = |verified: Verified| {
        tables.push(&verified)?;
        all.bundles += u64::from(verified.bundles);
        all.records += u64::from(verified.records);
        all.events += verified.rows.iter().map(|row| u64::from(row.event.count)).sum::<u64>();
        all.lost += u64::from(verified.lost);
        all.overwritten += u64::from(verified.overwritten);
        if let Some((bundle, reason)) = verified.refused {
            all.refused.push(Refused { device: verified.device, bundle, reason });
        }
        anyhow::Ok(())
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let (send, receive) = mpsc::sync_channel(AHEAD);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let (send, next, enrolled) = (send.clone(), &next, &enrolled);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(device) = enrolled.get(index) else { return };
                    if send.send((index, verify(fleet, device))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        // Rows go out in the order of devices.ndjson, whichever worker is first.
        let mut early = std::collections::BTreeMap::new();
        let mut turn = 0;
        for (index, verified) in receive {
            early.insert(index, verified);
            while let Some(verified) = early.remove(&turn) {
                take(verified?)?;
                turn += 1;
            }
        }
        anyhow::Ok(())
    })?;
    tables.close()?;
    let verified = start.elapsed();
    let engine = Engine::open(out)?;
    all.findings = engine.findings()?;
    all.scores = truth.map(|truth| labels::score(&truth, &all.findings));
    let ruled = start.elapsed();
    std::fs::write(out.join("findings.json"), serde_json::to_vec_pretty(&all)?)?;
    std::fs::write(out.join("report.html"), report::html(&all, &engine)?)?;
    println!(
        "{} devices, {} bundles sound, {} refused, {} records, {} events ({} lost, {} overwritten)",
        all.devices,
        all.bundles,
        all.refused.len(),
        all.records,
        all.events,
        all.lost,
        all.overwritten
    );
    for (rule, _) in RULES {
        let found = all.findings.iter().filter(|finding| finding.rule == rule).count();
        println!("{rule:<10} {found:>6} devices");
    }
    for score in all.scores.iter().flatten() {
        println!(
            "{:<10} precision {:.3}, recall {:.3} ({} found, {} false, {} missed)",
            score.rule,
            score.precision(),
            score.recall(),
            score.found,
            score.false_alarms,
            score.missed
        );
    }
    println!(
        "verified and tabulated in {:.1} s, rules {:.1} s, report {:.1} s; see {}",
        verified.as_secs_f64(),
        (ruled - verified).as_secs_f64(),
        (start.elapsed() - ruled).as_secs_f64(),
        out.join("report.html").display()
    );
    Ok(!all.findings.is_empty() || !all.refused.is_empty())
}
