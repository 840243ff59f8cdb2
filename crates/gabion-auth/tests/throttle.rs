//! Properties of the throttle, for any attacker, clock and row of reboots (EN 303 645 5.1-5).
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

mod double;

use double::*;
use gabion_auth::{AuthError, Budget, Policy};
use proptest::prelude::*;

const DAY_MS: u64 = 86_400_000;
const WRONG: &str = "wrong wrong wrong x";

/// What an attacker does at each turn.
#[derive(Debug, Clone, Copy)]
enum Act {
    Guess { name: u8, web: bool },
    OwnLogIn,
    Wait(u32),
    Reboot,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (0..3_u8, any::<bool>()).prop_map(|(name, web)| Act::Guess { name, web }),
        1 => Just(Act::OwnLogIn),
        4 => prop_oneof![1..100_u32, 1_000..70_000_u32, Just(900_000_u32)].prop_map(Act::Wait),
        2 => Just(Act::Reboot),
    ]
}

fn remaining(device: &mut Device, who: &str, web: bool) -> u32 {
    let interface = if web { WEB } else { APP };
    device.auth.wait_ms::<PowerLost>(&mut device.clock, interface, &name(who)).unwrap()
}

const NAMES: [&str; 3] = ["Ada", "Nobody", "root"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    /// No reboot shortens any wait; waiting shortens it by exactly the powered time; no wait is longer than the cap; what is
    /// refused as too early is not looked at.
    #[test]
    fn provision_5_1_5_waits_only_ever_shrink_with_powered_time(acts in prop::collection::vec(act(), 1..60)) {
        let mut device = Device::owned(POLICY);
        for act in acts {
            let before: Vec<u32> = NAMES
                .iter()
                .flat_map(|who| [false, true].map(|web| (who, web)))
                .map(|(who, web)| remaining(&mut device, who, web))
                .collect();
            let work = device.crypto.iterations.get();
            match act {
                Act::Guess { name, web } => {
                    let who = NAMES[usize::from(name)];
                    let wait = remaining(&mut device, who, web);
                    let outcome = device.log_in_over(if web { WEB } else { APP }, who, WRONG);
                    if wait > 0 {
                        prop_assert_eq!(outcome.unwrap_err(), AuthError::Throttled { wait_ms: wait });
                        prop_assert_eq!(device.crypto.iterations.get(), work);
                    } else {
                        let refused = matches!(outcome, Err(AuthError::Refused { .. }));
                        prop_assert!(refused);
                        prop_assert!(device.crypto.iterations.get() > work);
                    }
                }
                Act::OwnLogIn => {
                    let _ = device.log_in("Ada", GOOD);
                }
                Act::Wait(ms) => device.clock.0 += u64::from(ms),
                Act::Reboot => device = device.reboot(),
            }
            let after: Vec<u32> = NAMES
                .iter()
                .flat_map(|who| [false, true].map(|web| (who, web)))
                .map(|(who, web)| remaining(&mut device, who, web))
                .collect();
            for (before, after) in before.into_iter().zip(after) {
                prop_assert!(after <= 900_000, "nobody is locked out for good");
                match act {
                    Act::Wait(ms) => prop_assert_eq!(after, before.saturating_sub(ms)),
                    Act::Reboot => prop_assert!(after >= before, "{} < {}", after, before),
                    // An attempt, right or wrong, shortens no wait that was still running.
                    _ => prop_assert!(after >= before || before == 0),
                }
            }
        }
    }

    /// The bound that the policy promises holds for attackers who use every free moment, whatever they rotate and however
    /// often they take the power away.
    #[test]
    fn provision_5_1_5_no_attacker_beats_the_bound(
        names in 1..40_u32,
        both_interfaces in any::<bool>(),
        reboot_every in prop_oneof![Just(u32::MAX), 1..400_u32],
        nap_ms in prop_oneof![Just(1_000_u64), 1..61_000_u64],
    ) {
        const HOURS: u64 = 6;
        // The promise is for a day; its share of six hours, and what does not depend on time.
        let bound = POLICY.global.attempts_per_day() / (24 / HOURS) + u64::from(POLICY.global.top());
        let mut device = Device::owned(POLICY);
        let (mut passed, mut turn, mut guesses) = (0, 0_u32, 0_u64);
        while passed < HOURS * 3_600_000 && guesses <= bound {
            turn += 1;
            let interface = if both_interfaces && turn.is_multiple_of(2) { WEB } else { APP };
            match device.log_in_over(interface, &format!("name {}", turn % names), WRONG) {
                Err(AuthError::Refused { .. }) => guesses += 1,
                Err(AuthError::Throttled { wait_ms }) => {
                    let wait = u64::from(wait_ms).min(nap_ms);
                    device.clock.0 += wait;
                    passed += wait;
                }
                other => panic!("{other:?}"),
            }
            if turn.is_multiple_of(reboot_every) {
                device = device.reboot();
            }
        }
        prop_assert!(guesses <= bound, "{} guesses, {} promised", guesses, bound);
    }

    /// The same for the level and wait arithmetic alone, for any budget and over a whole day.
    #[test]
    fn any_budget_keeps_its_promise(
        free in 1..30_u8,
        first_ms in 1_000..20_000_u32,
        factor in 1..200_u32,
        forgive in prop::option::of(20_000..600_000_u32),
    ) {
        let budget = Budget::new(free, first_ms, first_ms * factor, forgive);
        // The attacker of the definition: guesses whenever it is allowed.
        let (mut now, mut level, mut guesses, mut forgiven_to) = (0_u64, 0_u8, 0_u64, 0_u64);
        while now < DAY_MS {
            if let Some(ms) = forgive {
                let periods = (now - forgiven_to) / u64::from(ms);
                forgiven_to += periods * u64::from(ms);
                level = level.saturating_sub(u8::try_from(periods).unwrap_or(u8::MAX));
            }
            level = level.saturating_add(1).min(budget.top());
            guesses += 1;
            now += u64::from(budget.wait_ms(level));
        }
        prop_assert!(guesses <= budget.attempts_per_day(), "{} > {}", guesses, budget.attempts_per_day());
        // And it is no idle promise: at most three times what is really possible.
        prop_assert!(budget.attempts_per_day() <= 3 * guesses + 3 * u64::from(budget.top()));
    }
}

#[test]
fn waits_double_up_to_the_cap() {
    let budget = Budget::new(3, 1_000, 10_000, None);
    let waits: Vec<u32> = (0..12).map(|level| budget.wait_ms(level)).collect();
    assert_eq!(
        waits,
        [0, 0, 0, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000, 10_000, 10_000]
    );
    assert_eq!(budget.top(), 7);
    let extreme = Budget::new(200, u32::MAX, u32::MAX, Some(1));
    assert_eq!((extreme.top(), extreme.wait_ms(u8::MAX)), (200, u32::MAX));
    let steep = Budget::new(200, 1, u32::MAX, None);
    assert_eq!((steep.top(), steep.wait_ms(231), steep.wait_ms(232)), (232, 1 << 31, u32::MAX));
}

#[test]
fn the_owner_waits_at_most_a_quarter_of_an_hour_after_any_attack() {
    let mut device = Device::owned(POLICY);
    for round in 0..100_000_u32 {
        let _ = device.log_in_over(if round % 2 == 0 { APP } else { WEB }, "Ada", WRONG);
        device.clock.0 += 977;
    }
    let wait = remaining(&mut device, "Ada", false);
    assert!(wait <= 900_000, "{wait}");
    device.clock.0 += u64::from(wait);
    assert!(device.log_in("Ada", GOOD).is_ok());
}

#[test]
fn time_that_stands_still_or_wraps_opens_nothing() {
    let mut device = Device::owned(POLICY);
    while !matches!(device.log_in("Ada", WRONG), Err(AuthError::Throttled { .. })) {}
    device.clock.0 = 0; // a clock that breaks its promise and goes back
    assert!(matches!(device.log_in("Ada", GOOD), Err(AuthError::Throttled { .. })));
    let at_the_end = Policy { session_ms: u64::MAX, idle_ms: u64::MAX, ..POLICY };
    let mut device = Device::owned(at_the_end);
    device.clock.0 = u64::MAX;
    let session = device.log_in("Ada", GOOD).unwrap();
    let _ = device.auth.authorize::<gabion_auth::Owner>(&mut device.clock, &session.token);
}
