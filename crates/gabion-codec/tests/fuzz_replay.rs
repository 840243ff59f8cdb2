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
#[path = "../../../fuzz/replay.rs"]
#[allow(dead_code, reason = "each test uses a part")]
mod replay;
#[path = "../../../fuzz/src/codec_schema.rs"]
mod schema;
#[path = "../../../fuzz/src/codec_tlv.rs"]
mod tlv;
#[path = "../../../fuzz/src/codec_uri.rs"]
mod uri;

use replay::replay;

#[test]
fn cbor() {
    replay("codec_cbor", 3, cbor::codec_cbor);
}

#[test]
fn der() {
    replay("codec_der", 3, der::codec_der);
}

#[test]
fn tlv() {
    replay("codec_tlv", 3, tlv::codec_tlv);
}

#[test]
fn http() {
    replay("codec_http", 3, http::codec_http);
}

#[test]
fn input() {
    replay("codec_input", 3, input::codec_input);
}

#[test]
fn json() {
    replay("codec_json", 3, json::codec_json);
}

#[test]
fn schema() {
    replay("codec_schema", 3, schema::codec_schema);
}

#[test]
fn uri() {
    replay("codec_uri", 3, uri::codec_uri);
}
