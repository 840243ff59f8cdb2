//! Events as OpenTelemetry logs (OTLP 1, JSON): one request for a collector's `/v1/logs`.

use serde_json::{Value, json};

use super::{Event, Examined};

/// Writes events as one `ExportLogsServiceRequest` in OTLP's JSON. Numbers of 64 bits are text there.
#[must_use]
pub fn otlp(examined: &Examined) -> Value {
    let resource = [("service.name", text("gabion")), ("device.id", text(&examined.device))];
    json!({ "resourceLogs": [{
        "resource": { "attributes": attributes(resource) },
        "scopeLogs": [{
            "scope": { "name": "gabion-log", "version": env!("CARGO_PKG_VERSION") },
            "logRecords": examined.events.iter().map(record).collect::<Vec<_>>(),
        }],
    }] })
}

fn record(event: &Event) -> Value {
    let (number, name) = severity(event.severity);
    let fields = [
        ("gabion.lane", text(event.lane)),
        ("gabion.record", number_of(u64::from(event.record))),
        ("gabion.boot", number_of(u64::from(event.boot))),
        ("gabion.uptime_ds", number_of(u64::from(event.uptime.0))),
        ("gabion.time_quality", text(event.time_quality.unwrap_or("unknown"))),
        ("gabion.source", text(&event.source)),
        ("gabion.code", number_of(u64::from(event.code))),
        ("gabion.detail", number_of(u64::from(event.detail))),
        ("gabion.count", number_of(u64::from(event.count))),
    ];
    let mut record = json!({
        "severityNumber": number,
        "severityText": name,
        "eventName": format!("gabion.{}", event.event.rsplit(' ').next().unwrap_or_default()),
        "body": text(&event.event),
        "attributes": attributes(fields),
    });
    // Left out, a time is unknown (0 in the protocol's own words).
    let nanos = event.unix_seconds.and_then(|seconds| seconds.checked_mul(1_000_000_000));
    if let (Some(nanos), Some(fields)) = (nanos, record.as_object_mut()) {
        fields.insert("timeUnixNano".into(), nanos.to_string().into());
    }
    record
}

/// Severity number and text, by the specification's table for syslog.
fn severity(name: &str) -> (u8, &'static str) {
    match name {
        "critical" => (18, "ERROR2"),
        "warning" => (13, "WARN"),
        "notice" => (10, "INFO2"),
        _ => (9, "INFO"),
    }
}

fn attributes(fields: impl IntoIterator<Item = (&'static str, Value)>) -> Vec<Value> {
    fields.into_iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
}

fn text(value: &str) -> Value {
    json!({ "stringValue": value })
}

fn number_of(value: u64) -> Value {
    json!({ "intValue": value.to_string() })
}
