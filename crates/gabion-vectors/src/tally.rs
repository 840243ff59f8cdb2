//! What a driver ran and what it found.

/// What a driver ran without finding a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[must_use = "assert the figures: a driver that ran nothing proves nothing"]
pub struct Tally {
    /// Cases that had to be accepted, and were.
    pub accepted: usize,
    /// Cases that had to be refused, and were, by the provider.
    pub rejected: usize,
    /// Cases that had to be refused and were refused by a strict parser before the provider saw them.
    pub refused_by_encoding: usize,
    /// Cases that the provider traits cannot express, such as other nonce sizes.
    pub inexpressible: usize,
}

/// Where a provider disagrees with a vector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The set of vectors.
    pub set: &'static str,
    /// The case in the set.
    pub case: String,
    /// What the provider did wrong.
    pub problem: &'static str,
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, case {}: {}", self.set, self.case, self.problem)
    }
}

impl std::error::Error for Mismatch {}

/// Counts the cases of one set.
pub(crate) struct Set {
    name: &'static str,
    tally: Tally,
}

impl Set {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, tally: Tally::default() }
    }

    pub(crate) fn accept(
        &mut self,
        case: impl ToString,
        problem: &'static str,
        right: bool,
    ) -> Result<(), Mismatch> {
        self.check(case, problem, right)?;
        self.tally.accepted += 1;
        Ok(())
    }

    pub(crate) fn reject(
        &mut self,
        case: impl ToString,
        problem: &'static str,
        right: bool,
    ) -> Result<(), Mismatch> {
        self.check(case, problem, right)?;
        self.tally.rejected += 1;
        Ok(())
    }

    pub(crate) fn check(
        &self,
        case: impl ToString,
        problem: &'static str,
        right: bool,
    ) -> Result<(), Mismatch> {
        match right {
            true => Ok(()),
            false => Err(Mismatch { set: self.name, case: case.to_string(), problem }),
        }
    }

    pub(crate) fn refused_by_encoding(&mut self) {
        self.tally.refused_by_encoding += 1;
    }

    pub(crate) fn inexpressible(&mut self) {
        self.tally.inexpressible += 1;
    }

    /// Ends the set and adds its figures. A set that ran nothing is a mismatch.
    pub(crate) fn add_to(self, total: &mut Tally) -> Result<(), Mismatch> {
        let ran = self.tally.accepted + self.tally.rejected;
        self.check("(all)", "the set ran no case", ran > 0)?;
        total.accepted += self.tally.accepted;
        total.rejected += self.tally.rejected;
        total.refused_by_encoding += self.tally.refused_by_encoding;
        total.inexpressible += self.tally.inexpressible;
        Ok(())
    }
}

/// Decodes hexadecimal digits; spaces and line ends may stand between them.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).expect("a hexadecimal digit") as u8)
        .collect();
    assert!(digits.len().is_multiple_of(2), "an odd number of digits");
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// Decodes exactly `N` bytes.
pub(crate) fn hex_array<const N: usize>(text: &str) -> [u8; N] {
    hex(text).try_into().expect("the right number of digits")
}

/// Calls `f` with every copy of `bytes` in which one bit is flipped, and the number of the bit.
pub(crate) fn each_flip<const N: usize>(
    bytes: &[u8; N],
    mut f: impl FnMut(usize, &[u8; N]) -> Result<(), Mismatch>,
) -> Result<(), Mismatch> {
    for bit in 0..N * 8 {
        let mut flipped = *bytes;
        flipped[bit / 8] ^= 1 << (bit % 8);
        f(bit, &flipped)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_that_ran_nothing_is_a_mismatch() {
        let mut total = Tally::default();
        let mut set = Set::new("empty");
        set.refused_by_encoding();
        set.inexpressible();
        assert_eq!(set.add_to(&mut total).unwrap_err().problem, "the set ran no case");
        assert_eq!(total, Tally::default());
    }
}
