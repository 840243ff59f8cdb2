//! Replays the fuzzer's corpus, and changed copies of it, through the fuzz bodies.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test may panic; the fuzz targets see the bodies as public"
)]

#[path = "../../../fuzz/src/state_records.rs"]
mod records;
#[path = "../../../fuzz/replay.rs"]
#[allow(dead_code, reason = "each test uses a part")]
mod replay;

use replay::replay;

#[test]
fn state_records() {
    replay("state_records", 3, records::state_records);
}
