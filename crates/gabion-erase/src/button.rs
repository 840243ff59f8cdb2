//! A button that must be held: debounced, with feedback, never triggered by a stuck contact or a clock that jumps.

use crate::{ResetTrigger, TriggerKind};

/// The times of a [`HoldButton`] in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ButtonTiming {
    /// How long a contact must be the same before it counts.
    pub debounce_ms: u32,
    /// How long it must be held.
    pub hold_ms: u32,
    /// Longest time between two looks at the button. After a longer one the hold starts again: nobody knows what was between.
    pub max_gap_ms: u32,
}

impl ButtonTiming {
    /// 30 ms, 10 s, 250 ms.
    pub const DEFAULT: Self = Self { debounce_ms: 30, hold_ms: 10_000, max_gap_ms: 250 };
}

impl Default for ButtonTiming {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// How an indicator should blink: on and off in milliseconds. It quickens while the button is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blink {
    /// Milliseconds on; 0 is dark.
    pub on_ms: u16,
    /// Milliseconds off; 0 is steady light.
    pub off_ms: u16,
}

impl Blink {
    /// Nothing is going on.
    pub const DARK: Self = Self { on_ms: 0, off_ms: 0 };
    /// Held: let go now and nothing happens.
    pub const SLOW: Self = Self { on_ms: 500, off_ms: 500 };
    /// The last quarter.
    pub const FAST: Self = Self { on_ms: 100, off_ms: 100 };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Since power on the button was not seen released: a stuck or shorted contact stays here for ever.
    NotYetReleased,
    Released,
    /// Held for so long.
    Pressed(u32),
    /// Has fired; waits for the release.
    Spent,
}

/// Watches a button. Call [`poll`](HoldButton::poll) with the contact and the time, several times a second.
///
/// Pure: it has no pin and no clock. The button must have been released once since power on, then be held without a break.
///
/// # Examples
///
/// ```
/// use gabion_erase::{ButtonTiming, HoldButton};
///
/// let mut button = HoldButton::new(ButtonTiming::DEFAULT);
/// let mut held = None;
/// for tick in 0..200_u64 {
///     let pressed = tick > 10;
///     held = held.or(button.poll(pressed, tick * 100));
/// }
/// assert!(held.is_some());
/// ```
#[derive(Debug)]
pub struct HoldButton {
    timing: ButtonTiming,
    state: State,
    /// The contact as seen last, and for how long it has been so.
    contact: bool,
    steady_ms: u32,
    last_ms: Option<u64>,
}

/// Witness that the button was held for its time. Only [`HoldButton::poll`] makes one.
///
/// ```compile_fail
/// let forged = gabion_erase::Held(());
/// ```
#[derive(Debug)]
#[must_use = "a witness opens the next door"]
pub struct Held(());

impl ResetTrigger for Held {
    fn kind(&self) -> TriggerKind {
        TriggerKind::Button
    }
}

impl HoldButton {
    /// Starts to watch.
    #[must_use]
    pub const fn new(timing: ButtonTiming) -> Self {
        Self { timing, state: State::NotYetReleased, contact: false, steady_ms: 0, last_ms: None }
    }

    /// Looks at the contact: true while it is pressed. Returns the witness once per hold.
    pub fn poll(&mut self, contact: bool, now_ms: u64) -> Option<Held> {
        let passed = self.last_ms.map_or(0, |last| now_ms.saturating_sub(last));
        let backward = self.last_ms.is_some_and(|last| now_ms < last);
        self.last_ms = Some(now_ms);
        let gap = backward || passed > u64::from(self.timing.max_gap_ms);
        if gap || contact != self.contact {
            self.contact = contact;
            self.steady_ms = 0;
            if gap && matches!(self.state, State::Pressed(_)) {
                self.state = State::Pressed(0);
            }
            return None;
        }
        let passed = u32::try_from(passed).unwrap_or(u32::MAX);
        self.steady_ms = self.steady_ms.saturating_add(passed);
        if self.steady_ms < self.timing.debounce_ms {
            return None;
        }
        match (self.state, contact) {
            (_, false) => self.state = State::Released,
            (State::Released, true) => self.state = State::Pressed(self.steady_ms),
            (State::Pressed(held), true) => {
                let held = held.saturating_add(passed);
                self.state = State::Pressed(held);
                if held >= self.timing.hold_ms {
                    self.state = State::Spent;
                    return Some(Held(()));
                }
            }
            (State::NotYetReleased | State::Spent, true) => {}
        }
        None
    }

    /// Returns how the indicator should blink now.
    #[must_use]
    pub fn feedback(&self) -> Blink {
        match self.state {
            State::Pressed(held)
                if held >= self.timing.hold_ms.saturating_sub(self.timing.hold_ms / 4) =>
            {
                Blink::FAST
            }
            State::Pressed(_) => Blink::SLOW,
            _ => Blink::DARK,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(button: &mut HoldButton, contact: bool, from: u64, to: u64) -> usize {
        (from..to).step_by(20).filter(|now| button.poll(contact, *now).is_some()).count()
    }

    #[test]
    fn a_hold_fires_once_and_needs_a_release_before_the_next() {
        let mut button = HoldButton::new(ButtonTiming::DEFAULT);
        assert_eq!(run(&mut button, false, 0, 100), 0);
        assert_eq!(run(&mut button, true, 100, 9_900), 0);
        assert_eq!(button.feedback(), Blink::FAST);
        assert_eq!(run(&mut button, true, 9_900, 60_000), 1);
        assert_eq!(run(&mut button, false, 60_000, 60_100), 0);
        assert_eq!(run(&mut button, true, 60_100, 80_000), 1);
    }

    #[test]
    fn a_contact_that_is_stuck_at_power_on_never_fires() {
        let mut button = HoldButton::new(ButtonTiming::DEFAULT);
        assert_eq!(run(&mut button, true, 0, 3_600_000), 0);
        assert_eq!(button.feedback(), Blink::DARK);
    }

    #[test]
    fn a_short_press_a_bounce_and_an_early_release_do_nothing() {
        let mut button = HoldButton::new(ButtonTiming::DEFAULT);
        run(&mut button, false, 0, 100);
        for second in 0..100 {
            assert_eq!(
                run(&mut button, true, 1_000 + second * 10_000, 10_000 + second * 10_000),
                0
            );
            assert_eq!(
                run(&mut button, false, 10_000 + second * 10_000, 11_000 + second * 10_000),
                0
            );
        }
        let fired = (2_000_000..2_100_000).filter(|now| button.poll(now % 25 < 20, *now).is_some());
        assert_eq!(fired.count(), 0, "a contact that never rests is no hold");
    }

    #[test]
    fn a_clock_that_jumps_makes_no_hold() {
        let mut button = HoldButton::new(ButtonTiming::DEFAULT);
        run(&mut button, false, 0, 100);
        run(&mut button, true, 100, 1_000);
        assert!(button.poll(true, 100_000).is_none());
        assert!(button.poll(true, 100_020).is_none());
        assert!(button.poll(true, 50).is_none());
        assert_eq!(run(&mut button, true, 60, 9_000), 0);
        assert_eq!(run(&mut button, true, 9_000, 12_000), 1);
    }
}
