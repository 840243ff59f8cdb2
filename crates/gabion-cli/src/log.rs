//! Examines event log bundles (`docs/spec/log.md`).

mod otlp;
mod syslog;

use std::collections::BTreeMap;

use anyhow::Context;
use gabion_crypto::{P256PublicKey, Secret, Software};
use gabion_hal::{Severity, TimeQuality};
use gabion_log::{Bundle, BundleError, Lane, Report};
use serde::Serialize;

use crate::hex::{hex, parse_hex};

pub use otlp::otlp;
pub use syslog::{EXAMPLE_ENTERPRISE, syslog};

/// What a set of bundles is held against.
pub struct Expectation {
    /// The public key of the device's identity.
    pub key: P256PublicKey,
    /// The seed that the factory keeps. Without it the content stays sealed.
    pub seed: Option<Secret<[u8; 32]>>,
    /// The nonce of the request that the last bundle must answer.
    pub nonce: Option<[u8; 16]>,
}

/// Bundles of one device, verified and put in a row.
#[derive(Debug, Serialize)]
pub struct Examined {
    /// SHA-256 of the device's public key, hexadecimal.
    pub device: String,
    /// Bundles that were verified.
    pub bundles: usize,
    /// Boot in which the last bundle was made.
    pub boot: u32,
    /// Next record number of the main and the critical lane.
    pub next: [u32; 2],
    /// Whether the content was opened with the seed, and so proven to be from when it says.
    pub opened: bool,
    /// Events that the device says it lost.
    pub lost: u64,
    /// Records that were overwritten or erased before a bundle could carry them away.
    pub overwritten: u64,
    /// The events, in the order of boots and time.
    pub events: Vec<Event>,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// Lane.
    pub lane: &'static str,
    /// Number of the record in its lane.
    pub record: u32,
    /// Number of the boot.
    pub boot: u32,
    /// Seconds since boot, in tenths.
    pub uptime: Deciseconds,
    /// Time of day as seconds since 1970, if the device knew when it sealed the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unix_seconds: Option<u64>,
    /// How far that time can be trusted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_quality: Option<&'static str>,
    /// Severity.
    pub severity: &'static str,
    /// The part that raised it.
    pub source: String,
    /// Code in the catalogue.
    pub code: u16,
    /// Name in the catalogue.
    pub event: String,
    /// Detail, as the catalogue says.
    pub detail: u16,
    /// How often it occurred.
    pub count: u16,
}

/// Why a set of bundles was refused: which of them, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// Position in the order given.
    pub bundle: usize,
    /// The reason.
    pub reason: BundleError,
}

/// Boot, time, lane and number: records in this order tell what happened when, and each once.
type Place = (u32, u32, Lane, u32);

/// Verifies bundles in the order in which they were exported.
///
/// # Errors
///
/// [`Refusal`] for the first that is not what it should be.
pub fn examine(bundles: &[Vec<u8>], expected: &Expectation) -> Result<Examined, Refusal> {
    let mut examined = Examined {
        device: String::new(),
        bundles: bundles.len(),
        boot: 0,
        next: [0; 2],
        opened: expected.seed.is_some(),
        lost: 0,
        overwritten: 0,
        events: Vec::new(),
    };
    let mut records: BTreeMap<Place, (u16, Vec<Event>)> = BTreeMap::new();
    let mut earlier: Option<Bundle<'_>> = None;
    for (index, bytes) in bundles.iter().enumerate() {
        let refused = |reason| Refusal { bundle: index, reason };
        let bundle = Bundle::verify(&Software, bytes, &expected.key).map_err(refused)?;
        if let Some(earlier) = &earlier {
            bundle.follows(earlier).map_err(refused)?;
        }
        if let (Some(nonce), true) = (&expected.nonce, index + 1 == bundles.len()) {
            bundle.answers(nonce).map_err(refused)?;
        }
        if let Some(seed) = &expected.seed {
            let report: Report = bundle
                .open(&Software, seed, |record| {
                    let stamp = record.body.stamp;
                    let place = (stamp.boot, stamp.uptime_ds, record.lane, record.number);
                    let events = record.body.events().map(|event| Event {
                        lane: lane_name(record.lane),
                        record: record.number,
                        boot: stamp.boot,
                        uptime: Deciseconds(event.uptime_ds),
                        unix_seconds: stamp.wall.map(|wall| {
                            let since = stamp.uptime_ds.saturating_sub(event.uptime_ds) / 10;
                            wall.unix_seconds.saturating_sub(u64::from(since))
                        }),
                        time_quality: stamp.wall.map(|wall| quality_name(wall.quality)),
                        severity: severity_name(event.severity),
                        source: event.source().map_or_else(
                            || event.source_number.to_string(),
                            |source| format!("{source:?}"),
                        ),
                        code: event.code,
                        event: event.kind().map_or_else(
                            || format!("unknown {:#06x}", event.code),
                            |kind| format!("{kind:?}"),
                        ),
                        detail: event.detail,
                        count: event.count,
                    });
                    records.insert(place, (stamp.lost, events.collect()));
                })
                .map_err(refused)?;
            examined.overwritten += u64::from(report.overwritten);
        }
        examined.device = hex(bundle.device());
        examined.boot = bundle.boot();
        examined.next = Lane::ALL.map(|lane| bundle.lane(lane).head.next);
        earlier = Some(bundle);
    }
    for (lost, events) in records.into_values() {
        examined.lost += u64::from(lost);
        examined.events.extend(events);
    }
    Ok(examined)
}

/// Tenths of a second, shown as seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deciseconds(pub u32);

impl Serialize for Deciseconds {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(f64::from(self.0) / 10.0)
    }
}

impl core::fmt::Display for Deciseconds {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(&format!("{}.{}", self.0 / 10, self.0 % 10))
    }
}

impl Examined {
    /// Draws a table, one event a line.
    #[must_use]
    pub fn table(&self) -> String {
        let mut out = format!(
            "{:>4} {:>9}  {:<8} {:>6}  {:<8} {:<22} {:>6} {:>5}  source\n",
            "boot", "seconds", "lane", "record", "severity", "event", "detail", "times"
        );
        for e in &self.events {
            out += &format!(
                "{:>4} {:>9}  {:<8} {:>6}  {:<8} {:<22} {:>6} {:>5}  {}\n",
                e.boot,
                e.uptime,
                e.lane,
                e.record,
                e.severity,
                e.event,
                e.detail,
                e.count,
                e.source
            );
        }
        out
    }

    /// Says in one line what was found.
    #[must_use]
    pub fn summary(&self) -> String {
        let Self { bundles, boot, next: [main, critical], lost, overwritten, .. } = self;
        let content = if self.opened {
            format!(
                "{} events opened, {lost} lost, {overwritten} records overwritten before",
                self.events.len()
            )
        } else {
            "content sealed (no seed given): signed, complete, in order".into()
        };
        format!(
            "{bundles} bundle(s) of device {}: boot {boot}, {main} + {critical} records; {content}",
            &self.device[..16]
        )
    }
}

/// Reads 64 hexadecimal digits.
///
/// # Errors
///
/// When it is anything else.
pub fn parse_seed(text: &str) -> anyhow::Result<Secret<[u8; 32]>> {
    Ok(Secret::new(parse_hex(text).context("a seed is 64 hexadecimal digits")?))
}

const fn lane_name(lane: Lane) -> &'static str {
    match lane {
        Lane::Main => "main",
        Lane::Critical => "critical",
    }
}

const fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Notice => "notice",
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    }
}

fn quality_name(quality: TimeQuality) -> &'static str {
    match quality {
        TimeQuality::Floor => "not before",
        TimeQuality::Unauthenticated => "unauthenticated",
        TimeQuality::Authenticated => "authenticated",
        _ => "unknown",
    }
}
