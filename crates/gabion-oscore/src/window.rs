//! Which numbers of the peer were seen (RFC 8613 §7.4).

/// A window over the last 64 numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// Everything below was seen, or counts as seen.
    floor: u64,
    /// Bit `n`: whether `floor + n` was seen.
    seen: u64,
}

impl Window {
    pub(crate) const fn starting_at(floor: u64) -> Self {
        Self { floor, seen: 0 }
    }

    pub(crate) fn is_fresh(&self, number: u64) -> bool {
        match number.checked_sub(self.floor) {
            None => false,
            Some(offset) => offset > 63 || (self.seen >> offset) & 1 == 0,
        }
    }

    /// Marks a number that was found fresh and authentic.
    pub(crate) fn mark(&mut self, number: u64) {
        let offset = number.saturating_sub(self.floor);
        if let Some(beyond) = offset.checked_sub(63) {
            self.floor = self.floor.saturating_add(beyond);
            self.seen =
                u32::try_from(beyond).ok().and_then(|n| self.seen.checked_shr(n)).unwrap_or(0);
        }
        self.seen |= 1 << number.saturating_sub(self.floor).min(63);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    extern crate std;

    #[test]
    fn it_agrees_with_a_set_and_forgets_only_towards_refusal() {
        let (mut window, mut seen, mut highest) = (Window::starting_at(0), BTreeSet::new(), 0_u64);
        let mut state = 1_u64;
        for _ in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let number = (highest + (state >> 33) % 90).saturating_sub(60 - (state >> 60));
            let is_fresh = window.is_fresh(number);
            if is_fresh {
                assert!(seen.insert(number), "{number} twice");
                window.mark(number);
                highest = highest.max(number);
            } else {
                assert!(seen.contains(&number) || number + 63 < highest, "{number} of {highest}");
            }
        }
    }
}
