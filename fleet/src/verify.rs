//! Verifies what one device sent, in the way of `gabion log verify`: by `gabion_log::Bundle`.

use std::path::Path;

use gabion_crypto::{Sha256, Software};
use gabion_hal::{EventKind, Source, TimeQuality};
use gabion_log::{Bundle, BundleError, Lane, LoggedEvent, OpenedRecord};

use crate::folder::{Enrolled, hex, read_bundles};

/// One event of one device.
#[derive(Debug, Clone)]
pub struct Row {
    pub lane: Lane,
    pub record: u32,
    pub boot: u32,
    pub uptime_ds: u32,
    pub time: Option<i64>,
    pub quality: Option<&'static str>,
    pub event: LoggedEvent,
}

impl Row {
    /// Name of the event in the catalogue.
    pub fn name(&self) -> String {
        let unknown = || format!("unknown {:#06x}", self.event.code);
        EventKind::from_code(self.event.code).map_or_else(unknown, |kind| format!("{kind:?}"))
    }

    /// Name of the part that raised it.
    pub fn source(&self) -> String {
        let number = self.event.source_number;
        Source::from_number(number)
            .map_or_else(|| number.to_string(), |source| format!("{source:?}"))
    }
}

/// What one device sent, verified up to the first bundle that was refused.
#[derive(Debug, Default)]
pub struct Verified {
    pub device: String,
    pub bundles: u32,
    pub boot: u32,
    pub records: u32,
    pub lost: u32,
    pub overwritten: u32,
    /// Name and reason of the first bundle that was refused. What came before it is sound and stays.
    pub refused: Option<(String, String)>,
    pub rows: Vec<Row>,
}

/// Reads and verifies the bundles of a device.
///
/// # Errors
///
/// Only when a file cannot be read. A bad bundle is a finding.
pub fn verify(fleet: &Path, enrolled: &Enrolled) -> anyhow::Result<Verified> {
    let (key, seed) = enrolled.keys()?;
    let files = read_bundles(fleet, &enrolled.device)?;
    let mut verified = Verified { device: enrolled.device.clone(), ..Verified::default() };
    if hex(&Software.sha256(&[&key.0])[..8]) != enrolled.device {
        verified.refused = Some((String::new(), "the key belongs to another device".into()));
        return Ok(verified);
    }
    // Bundles overlap by whole pages: the next record number of each lane that was not taken yet.
    let mut next = [0_u32; 2];
    let mut earlier: Option<Bundle<'_>> = None;
    for (path, bytes) in &files {
        let result = (|| {
            let bundle = Bundle::verify(&Software, bytes, &key)?;
            if let Some(earlier) = &earlier {
                bundle.follows(earlier)?;
            }
            let mut rows = Vec::new();
            let mut after = next;
            let (mut records, mut lost) = (0, 0);
            let report = bundle.open(&Software, &seed, |record| {
                let place = &mut after[record.lane as usize];
                if record.number >= *place {
                    *place = record.number.saturating_add(1);
                    records += 1;
                    lost += u32::from(record.body.stamp.lost);
                    rows.extend(rows_of(record));
                }
            })?;
            Ok::<_, BundleError>((bundle, rows, after, (records, lost, report.overwritten)))
        })();
        match result {
            Ok((bundle, rows, after, (records, lost, overwritten))) => {
                verified.bundles += 1;
                verified.boot = bundle.boot();
                verified.records += records;
                verified.lost += lost;
                verified.overwritten += overwritten;
                verified.rows.extend(rows);
                next = after;
                earlier = Some(bundle);
            }
            Err(reason) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                verified.refused = Some((name, reason.to_string()));
                break;
            }
        }
    }
    Ok(verified)
}

fn rows_of(record: &OpenedRecord<'_>) -> impl Iterator<Item = Row> {
    let (lane, number, stamp) = (record.lane, record.number, record.body.stamp);
    record.body.events().map(move |event| Row {
        lane,
        record: number,
        boot: stamp.boot,
        uptime_ds: event.uptime_ds,
        time: stamp.wall.map(|wall| {
            let since = i64::from(stamp.uptime_ds.saturating_sub(event.uptime_ds) / 10);
            i64::try_from(wall.unix_seconds).unwrap_or(i64::MAX).saturating_sub(since)
        }),
        quality: stamp.wall.map(|wall| match wall.quality {
            TimeQuality::Floor => "not before",
            TimeQuality::Unauthenticated => "unauthenticated",
            TimeQuality::Authenticated => "authenticated",
            _ => "unknown",
        }),
        event,
    })
}
