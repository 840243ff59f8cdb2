//! The user's choice and the schedule of checks.
// A test may stop loudly.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use gabion_boot::{Advisory, Severity};
use gabion_sim::{ChipState, EntropyMode, Off, Setup, SimFlash};
use gabion_update::{Automation, Available, Choice, Schedule, Step};

const REPAIRS: Option<Advisory> = Some(Advisory { severity: Severity::High, exploited: true });

#[test]
fn nobody_was_asked_so_nothing_is_installed() {
    let choice = Choice::NOT_ASKED;
    assert!(choice.checks() && !choice.was_asked());
    assert_eq!(choice.step(Available::Offered(REPAIRS), false), Step::Tell(REPAIRS));
    assert_eq!(choice.step(Available::Ready(REPAIRS), false), Step::Tell(REPAIRS));
}

#[test]
fn each_choice_does_what_it_says() {
    let steps = |automation, notices| {
        let choice = Choice::new(automation, notices);
        [Available::Nothing, Available::Offered(REPAIRS), Available::Ready(REPAIRS)]
            .map(|available| choice.step(available, false))
    };
    let tell = Step::Tell(REPAIRS);
    assert_eq!(steps(Automation::Off, true), [Step::Wait; 3]);
    assert_eq!(steps(Automation::Notify, true), [Step::Wait, tell, tell]);
    assert_eq!(steps(Automation::Notify, false), [Step::Wait; 3]);
    assert_eq!(steps(Automation::Download, true), [Step::Wait, Step::Download, tell]);
    assert_eq!(steps(Automation::Install, true), [Step::Wait, Step::Download, Step::Install]);
}

#[test]
fn the_user_can_always_update_by_hand() {
    for automation in
        [Automation::Off, Automation::Notify, Automation::Download, Automation::Install]
    {
        let choice = Choice::new(automation, false).postpone(9);
        assert_eq!(choice.step(Available::Offered(None), true), Step::Download);
        assert_eq!(choice.step(Available::Ready(None), true), Step::Install);
        assert_eq!(choice.step(Available::Nothing, true), Step::Wait);
    }
}

#[test]
fn a_postponement_ends() {
    let mut choice = Choice::new(Automation::Install, true).postpone(200);
    let mut checks = 0;
    while choice.step(Available::Ready(REPAIRS), false) != Step::Install {
        assert_eq!(choice.step(Available::Ready(REPAIRS), false), Step::Tell(REPAIRS));
        choice = choice.checked();
        checks += 1;
    }
    assert_eq!(checks, u32::from(Choice::MAX_POSTPONED));
}

#[test]
fn a_choice_comes_back_and_nothing_else_is_one() {
    for automation in
        [Automation::Off, Automation::Notify, Automation::Download, Automation::Install]
    {
        for notices in [false, true] {
            let choice = Choice::new(automation, notices).postpone(3);
            assert_eq!(Choice::parse(&choice.emit()), Some(choice));
        }
    }
    assert_eq!(Choice::parse(&Choice::NOT_ASKED.emit()), Some(Choice::NOT_ASKED));
    for wrong in
        [&[][..], &[0xff; 8], &[0; 8], &[1, 4, 0, 1, 0, 0, 0, 0], &[1, 3, 2, 1, 0, 0, 0, 0]]
    {
        assert_eq!(Choice::parse(wrong), None);
    }
    // Automatic installation that nobody agreed to is no choice.
    assert_eq!(Choice::parse(&[1, 3, 1, 0, 0, 0, 0, 0]), None);
    assert_eq!(Choice::parse(&[1, 3, 1, 1, 31, 0, 0, 0]), None);
}

fn board(seed: u64, entropy: EntropyMode) -> gabion_sim::Board<SimFlash<4, 256>> {
    let mut off = Off::<SimFlash<4, 256>>::new(Setup::new(512));
    off.chip = ChipState { entropy, ..ChipState::from_seed(seed) };
    off.power_on(None)
}

#[test]
fn a_fleet_does_not_come_all_at_once() {
    const HOUR: u64 = 3_600_000;
    let mut first = [0_u32; 6];
    for device in 0..600 {
        let mut board = board(device, EntropyMode::Good);
        let mut next = Schedule::DAILY.start(0, &mut board.chip.entropy).unwrap();
        assert!(next.at_ms() < 6 * HOUR);
        first[(next.at_ms() / HOUR) as usize] += 1;
        let now = next.at_ms();
        assert!(next.is_due(now) && !next.is_due(now - 1));
        next.checked(now, true, &mut board.chip.entropy).unwrap();
        assert!((24 * HOUR..30 * HOUR).contains(&(next.at_ms() - now)));
    }
    assert!(first.iter().all(|count| *count > 50), "{first:?}");
}

#[test]
fn failures_back_off_and_never_stop() {
    let mut board = board(1, EntropyMode::Good);
    let mut next = Schedule::new(86_400, 600, 60).start(0, &mut board.chip.entropy).unwrap();
    let mut last = 0;
    for failure in 0..100_u32 {
        let now = next.at_ms();
        next.checked(now, false, &mut board.chip.entropy).unwrap();
        let wait = next.at_ms() - now;
        let least = 60_000_u64.saturating_mul(1 << failure.min(30)).min(86_400_000);
        assert!((least..least + 600_000).contains(&wait), "failure {failure}: {wait}");
        last = wait;
    }
    assert!(last >= 86_400_000);
    let now = next.at_ms();
    next.checked(now, true, &mut board.chip.entropy).unwrap();
    next.checked(now, false, &mut board.chip.entropy).unwrap();
    assert!(next.at_ms() - now < 120_000, "an answer ends the back-off");
}

#[test]
fn a_dead_random_source_is_told() {
    let mut dead = board(1, EntropyMode::Dead);
    assert!(Schedule::DAILY.start(0, &mut dead.chip.entropy).is_err());
}
