//! Events as syslog messages (RFC 5424), one a line.

use core::fmt::Write;

use super::{Event, Examined};

/// "log audit" (RFC 5424 §6.2.1).
const FACILITY: u8 = 13;

/// The private enterprise number that RFC 5612 reserves for documents. Whoever has one of their own gives it.
pub const EXAMPLE_ENTERPRISE: u32 = 32_473;

/// Writes events as syslog messages. Nothing in them is text that a device chose.
///
/// Host is the device, process the boot, message id the event. The time is nil when the device did not know it.
#[must_use]
pub fn syslog(examined: &Examined, enterprise: u32) -> String {
    let host = examined.device.get(..16).unwrap_or("-");
    let mut out = String::new();
    for (event, sequence) in examined.events.iter().zip(1_u32..) {
        let priority = FACILITY * 8 + severity(event.severity);
        let time = time(event).unwrap_or_else(|| "-".into());
        let id: String = event.event.rsplit(' ').next().unwrap_or("-").into();
        let synced = u8::from(event.time_quality == Some("authenticated"));
        let Event { lane, record, boot, uptime, source, code, detail, count, .. } = event;
        let _ = writeln!(
            out,
            "<{priority}>1 {time} {host} gabion {boot} {id} [timeQuality tzKnown=\"1\" isSynced=\"{synced}\"]\
             [meta sequenceId=\"{sequence}\"][gabion@{enterprise} lane=\"{lane}\" record=\"{record}\" uptime=\"{uptime}\" \
             source=\"{source}\" code=\"{code}\" detail=\"{detail}\" count=\"{count}\"] {id} detail {detail}, {count} times"
        );
    }
    out
}

/// The numerical severity (RFC 5424 §6.2.1).
fn severity(name: &str) -> u8 {
    match name {
        "critical" => 2,
        "warning" => 4,
        "notice" => 5,
        _ => 6,
    }
}

fn time(event: &Event) -> Option<String> {
    let seconds = i64::try_from(event.unix_seconds?).ok()?;
    Some(jiff::Timestamp::from_second(seconds).ok()?.to_string())
}
