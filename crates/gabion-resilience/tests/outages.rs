//! A device over virtual months of outages, and a fleet whose power returns: the run of `examples/outages`, shorter.
//! With `GABION_SOAK` set it takes the full 10,000 days.

#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

#[path = "../examples/outages/fleet.rs"]
mod fleet;
#[path = "../examples/outages/world.rs"]
mod world;

use world::{DAY, Plan, run};

fn days() -> u64 {
    if std::env::var_os("GABION_SOAK").is_some() { 10_000 } else { 600 }
}

#[test]
fn no_kept_message_is_lost_named_twice_or_out_of_order_and_wear_is_bounded() {
    for seed in [11, 12] {
        let outcome = run(&Plan::new(days(), seed));
        assert!(outcome.broken.is_empty(), "seed {seed}: {:?}", outcome.broken);
        assert_eq!(outcome.lost, [0; 3], "seed {seed}");
        assert_eq!(outcome.kept, outcome.delivered, "seed {seed}");
        assert!(outcome.kept[2] > 60 * days(), "seed {seed}: the device hardly spoke");
        // Two dozen at most: eight per lane, as the configuration says.
        assert!(outcome.worst_window <= 24, "seed {seed}: {} duplicates", outcome.worst_window);
        assert!(outcome.cuts_in_operation >= days() / 20, "seed {seed}: the power hardly failed");
        assert!(outcome.duplicates > 0, "seed {seed}: no answer was lost");
    }
}

#[test]
fn what_a_longer_outage_makes_the_policy_drop_is_counted() {
    let outcome = run(&Plan { longest_ms: 40 * DAY, ..Plan::new(days(), 13) });
    assert!(outcome.broken.is_empty(), "{:?}", outcome.broken);
    assert_eq!(outcome.lost[0], 0, "urgent messages are never dropped");
    assert!(outcome.lost[2] > 0, "the outages were too short to tell");
    assert!(u64::from(outcome.statistics.dropped[2]) >= outcome.lost[2]);
}

#[test]
fn planted_bug_a_hasty_acknowledgement_is_caught() {
    let outcome = run(&Plan { hasty: true, ..Plan::new(days(), 14) });
    assert!(outcome.lost[2] > 0 && !outcome.broken.is_empty());
}

#[test]
fn ten_thousand_devices_do_not_return_at_once() {
    let spread = fleet::power_return(10_000, 300_000, 100, 15);
    let naive = fleet::power_return(10_000, 0, 100, 15);
    // 33 a second are expected; without the spread all come within the seconds of their start.
    assert!(spread.peak() < 70, "{}", spread.peak());
    assert_eq!(spread.refused, 0);
    assert!(naive.peak() > 3_000, "{}", naive.peak());
    assert!(spread.complete_s <= 305);
    // And if the server takes less than what comes, jitter alone brings everybody in.
    let slow = fleet::power_return(10_000, 300_000, 20, 16);
    assert!(slow.refused > 0 && slow.complete_s < 3_600, "{} {}", slow.refused, slow.complete_s);
}
