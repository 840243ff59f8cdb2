//! Replays the fuzzer's corpus, and changed copies of it, through the fuzz bodies.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test may panic; the fuzz targets see the bodies as public"
)]

#[path = "../../../fuzz/src/codec_cbor.rs"]
mod cbor;
#[path = "../../../fuzz/src/codec_der.rs"]
mod der;
#[path = "../../../fuzz/src/codec_http.rs"]
mod http;
#[path = "../../../fuzz/src/codec_input.rs"]
mod input;
#[path = "../../../fuzz/src/codec_json.rs"]
mod json;
#[path = "../../../fuzz/src/codec_schema.rs"]
mod schema;
#[path = "../../../fuzz/src/codec_tlv.rs"]
mod tlv;
#[path = "../../../fuzz/src/codec_uri.rs"]
mod uri;

/// Calls a body with each file of its corpus, each cut short and each with every byte changed.
fn replay(target: &str, body: fn(&[u8])) {
    let folder = format!("{}/../../fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let seed = std::fs::read(entry.unwrap().path()).unwrap();
        body(&seed);
        for at in 0..seed.len() {
            body(&seed[..at]);
            for change in [1, 0x20, 0x80, 0xff] {
                let mut changed = seed.clone();
                changed[at] ^= change;
                body(&changed);
            }
        }
        count += 1;
    }
    assert!(count >= 3, "the corpus is missing");
}

#[test]
fn cbor() {
    replay("codec_cbor", cbor::codec_cbor);
}

#[test]
fn der() {
    replay("codec_der", der::codec_der);
}

#[test]
fn tlv() {
    replay("codec_tlv", tlv::codec_tlv);
}

#[test]
fn http() {
    replay("codec_http", http::codec_http);
}

#[test]
fn input() {
    replay("codec_input", input::codec_input);
}

#[test]
fn json() {
    replay("codec_json", json::codec_json);
}

#[test]
fn schema() {
    replay("codec_schema", schema::codec_schema);
}

#[test]
fn uri() {
    replay("codec_uri", uri::codec_uri);
}
