//! Proptest strategies: inputs that gabion's parsers accept, for property tests of whatever stands behind them, and inputs that
//! are nearly right, for those that stand before.
//!
//! ```
//! use gabion_testkit::strategies;
//! use proptest::prelude::*;
//!
//! proptest!(|(name in strategies::host_name())| {
//!     prop_assert!(name.len() <= 253);
//! });
//! ```

use std::format;
use std::string::String;
use std::vec::Vec;

use proptest::collection::vec;
use proptest::prelude::*;

/// Names of Wi-Fi networks: any bytes, at most 32.
pub fn ssid() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..=32)
}

/// Passphrases and keys of Wi-Fi networks.
pub fn wpa_secret() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~]{8,63}", "[0-9a-fA-F]{64}"]
}

/// Names of hosts, of one to four labels.
pub fn host_name() -> impl Strategy<Value = String> {
    // No two hyphens in a row, which at the third place would be an A-label; a last label that is no number.
    ("([a-zA-Z0-9](-?[a-z0-9]){0,20}[.]){0,3}", "[a-z](-?[a-z0-9]){0,10}")
        .prop_map(|(front, last)| format!("{front}{last}"))
}

/// Addresses, IPv4 and IPv6, as the standard library writes them.
pub fn ip() -> impl Strategy<Value = String> {
    any::<core::net::IpAddr>().prop_map(|address| format!("{address}"))
}

/// URIs with a scheme of an encrypted protocol.
pub fn uri() -> impl Strategy<Value = String> {
    let scheme = prop_oneof![Just("https"), Just("mqtts"), Just("coaps"), Just("wss")];
    let port = prop_oneof![Just(String::new()), (1_u16..).prop_map(|port| format!(":{port}"))];
    let path = "(/[a-z0-9_~!$&'()*+,;=:@-]{1,8}){0,4}/?";
    let query = "([?][a-z0-9=&/?]{0,16})?";
    (scheme, host_name(), port, path, query).prop_map(|(scheme, host, port, path, query)| {
        format!("{scheme}://{host}{port}{path}{query}")
    })
}

/// MQTT topics.
pub fn topic_name() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9 $äß東/]{1,40}"
}

/// Names of devices, of several scripts.
pub fn device_name() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9äöüéßя東京ก😀]([a-zA-Z0-9 '#!-]{0,16}[a-zA-Z0-9äя東])?"
}

/// Addresses for mail.
pub fn contact() -> impl Strategy<Value = String> {
    ("[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,10}([.][a-z0-9]{1,8}){0,2}", host_name(), "[a-z]{2,6}")
        .prop_map(|(local, host, top)| format!("{local}@{host}.{top}"))
}

/// Points in time, RFC 3339, with zones and parts of a second.
pub fn timestamp() -> impl Strategy<Value = String> {
    let date = (1971_u16..9999, 1_u8..=12, 1_u8..=28);
    let clock = (0_u8..24, 0_u8..60, 0_u8..60, "([.][0-9]{1,9})?");
    let zone = "Z|[+-](0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]";
    (date, clock, zone).prop_map(|((year, month, day), (hour, minute, second, part), zone)| {
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{part}{zone}")
    })
}

/// Versions of images, `major.minor.revision+build`.
pub fn image_version() -> impl Strategy<Value = String> {
    any::<(u8, u8, u16, u32)>().prop_map(|(a, b, c, d)| format!("{a}.{b}.{c}+{d}"))
}

/// JSON that nests and names no name twice.
pub fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just(String::from("null")),
        any::<bool>().prop_map(|value| format!("{value}")),
        any::<i64>().prop_map(|value| format!("{value}")),
        "[a-z äß東]{0,12}".prop_map(|text| format!("\"{text}\"")),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            vec(inner, 0..4).prop_map(|values| {
                let entries: Vec<_> = values
                    .iter()
                    .enumerate()
                    .map(|(n, value)| format!("\"k{n}\": {value}"))
                    .collect();
                format!("{{{}}}", entries.join(","))
            }),
        ]
    })
}

/// Heads of requests to a small server.
pub fn request_head() -> impl Strategy<Value = String> {
    let method = prop_oneof![Just("GET"), Just("POST"), Just("PUT"), Just("DELETE")];
    let fields = vec("X-[A-Za-z0-9-]{1,10}: [!-~]([ -~]{0,20}[!-~])?\r\n", 0..8);
    (method, "(/[a-z0-9]{1,8}){1,3}", host_name(), fields).prop_map(
        |(method, path, host, fields)| {
            format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{}\r\n", fields.concat())
        },
    )
}

/// Any bytes with one change: a bit, a byte taken out, one put in. For what must refuse or survive.
pub fn nearly(right: impl Strategy<Value = String>) -> impl Strategy<Value = Vec<u8>> {
    (right, any::<prop::sample::Index>(), any::<u8>(), 0_u8..3).prop_map(|(text, at, byte, how)| {
        let mut bytes = text.into_bytes();
        if bytes.is_empty() {
            return std::vec![byte];
        }
        let at = at.index(bytes.len());
        match how {
            0 => bytes[at] ^= byte,
            1 => {
                bytes.remove(at);
            }
            _ => bytes.insert(at, byte),
        }
        bytes
    })
}
