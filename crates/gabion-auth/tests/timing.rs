//! The time of a log-in tells nothing: an unknown name, a wrong secret, another length of either, and the right secret take
//! the same.
//!
//! Method: whole calls of `log_in` over a store in memory, the four kinds by turns so that whatever else the machine does
//! hits them alike, medians compared. The right secret commits twice, which is what makes it right and no secret: its
//! difference is bounded too. `attacks.rs` counts the same work exactly; this test sees what counting cannot, and
//! catches a missing dummy computation, which makes an unknown name hundreds of times faster. `GABION_TIMING=20000` takes as
//! many samples of each and prints the figures.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

mod double;

use std::time::Instant;

use double::*;
use gabion_auth::{AuthError, Budget, Policy};

/// No waits to speak of, and a computation that outweighs everything else, as on a device.
const POLICY: Policy = Policy {
    account: Budget::new(200, 1, 1, Some(1)),
    interface: Budget::new(200, 1, 1, Some(1)),
    global: Budget::new(200, 1, 1, Some(1)),
    iterations: 100,
    ..Policy::STANDARD
};

#[test]
fn provision_5_1_3_unknown_name_wrong_and_right_secret_take_the_same_time() {
    let asked = std::env::var("GABION_TIMING").ok().and_then(|n| n.parse().ok());
    let rounds: usize = asked.unwrap_or(300);
    let mut device = Device::owned(POLICY);
    let kinds = [
        ("Ada", "wrong wrong wrong x"),
        ("Nobody", "wrong wrong wrong x"),
        ("N", "w"),
        ("Ada", GOOD),
    ];
    let mut samples = [const { Vec::new() }; 4];
    for round in 0..rounds * 4 {
        device.clock.0 += 1_000;
        let (who, secret) = kinds[round % 4];
        let started = Instant::now();
        let outcome = device.log_in(who, secret);
        samples[round % 4].push(started.elapsed().as_nanos() as f64);
        match outcome {
            Ok(session) => device.auth.log_out(&session.token),
            Err(why) => assert!(matches!(why, AuthError::Refused { .. })),
        }
    }
    let medians = samples.map(|mut sample| {
        sample.sort_by(f64::total_cmp);
        sample[sample.len() / 2]
    });
    let spread = medians.iter().fold(0.0_f64, |worst, m| worst.max((m / medians[0] - 1.0).abs()));
    println!("medians {medians:.0?} ns over {rounds} samples each: {:.2} % apart", spread * 100.0);
    assert!(spread < 0.25, "{medians:?}");
}
