//! Walks through the ways in which somebody with a flash programmer can change a range.

use core::ops::Range;

use crate::medium::Medium;

/// One change of a medium.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// One bit flipped.
    FlipBit {
        /// Address in bytes.
        address: usize,
        /// Bit number, 0 the least significant.
        bit: u8,
    },
    /// One word set back to its erased value, or to the opposite.
    ClearWord {
        /// Address in bytes.
        address: usize,
        /// The value of its bytes.
        value: u8,
    },
    /// A range filled with one value.
    ClearRange {
        /// The range in bytes.
        range: Range<usize>,
        /// The value of its bytes.
        value: u8,
    },
    /// A range overwritten with another one: replay and transplant.
    CopyRange {
        /// Source in bytes.
        from: Range<usize>,
        /// Destination address in bytes.
        to: usize,
    },
}

impl Mutation {
    /// Applies the change.
    ///
    /// # Panics
    ///
    /// If it does not fit into the medium.
    pub fn apply(&self, medium: &mut Medium) {
        match self {
            Self::FlipBit { address, bit } => medium.flip_bit(*address, *bit),
            Self::ClearWord { address, value } => {
                medium.tamper(*address, &vec![*value; medium.word_size()]);
            }
            Self::ClearRange { range, value } => {
                medium.tamper(range.start, &vec![*value; range.len()]);
            }
            Self::CopyRange { from, to } => {
                let bytes = medium.bytes()[from.clone()].to_vec();
                medium.tamper(*to, &bytes);
            }
        }
    }
}

/// A probe over a range of a medium; each mutation is tried on a fresh copy.
///
/// ```
/// use gabion_sim::{Medium, Setup, Tamper};
///
/// let medium = Medium::new(Setup::new(64), 4, 64);
/// let tried = Tamper::new(&medium, 0..16).flip_bits(|mutation, changed| {
///     assert_ne!(changed, medium, "{mutation:?}"); // open your store on `changed`: does it refuse?
/// });
/// assert_eq!(tried, 128);
/// ```
#[derive(Debug)]
pub struct Tamper<'a> {
    medium: &'a Medium,
    range: Range<usize>,
}

impl<'a> Tamper<'a> {
    /// Makes a probe over a range in bytes.
    ///
    /// # Panics
    ///
    /// If the range does not fit.
    pub fn new(medium: &'a Medium, range: Range<usize>) -> Self {
        assert!(range.start <= range.end && range.end <= medium.capacity(), "range must fit");
        Self { medium, range }
    }

    /// Makes a probe over the whole medium.
    pub fn all(medium: &'a Medium) -> Self {
        Self::new(medium, 0..medium.capacity())
    }

    /// Flips each bit in turn. Returns how many mutations were tried.
    pub fn flip_bits(&self, mut probe: impl FnMut(&Mutation, Medium)) -> usize {
        let each = self.range.clone().flat_map(|address| (0..8).map(move |bit| (address, bit)));
        self.run(each.map(|(address, bit)| Mutation::FlipBit { address, bit }), &mut probe)
    }

    /// Clears each word that is not so already, to ones and to zeros.
    pub fn clear_words(&self, mut probe: impl FnMut(&Mutation, Medium)) -> usize {
        let word = self.medium.word_size();
        let first = self.range.start.div_ceil(word) * word;
        let each = (first..self.range.end).step_by(word);
        let each = each.flat_map(|address| [0xFF, 0x00].map(|value| (address, value)));
        self.run(each.map(|(address, value)| Mutation::ClearWord { address, value }), &mut probe)
    }

    /// Clears each run of `len` bytes that starts at a word, to ones and to zeros.
    pub fn clear_ranges(&self, len: usize, mut probe: impl FnMut(&Mutation, Medium)) -> usize {
        let word = self.medium.word_size();
        let starts = (self.range.start..(self.range.end + 1).saturating_sub(len)).step_by(word);
        let each = starts.flat_map(|start| [0xFF, 0x00].map(|value| (start..start + len, value)));
        self.run(each.map(|(range, value)| Mutation::ClearRange { range, value }), &mut probe)
    }

    /// Copies each run of `len` bytes over each other one, both at multiples of `len`.
    pub fn copy_ranges(&self, len: usize, mut probe: impl FnMut(&Mutation, Medium)) -> usize {
        let starts: Vec<usize> =
            (self.range.start..(self.range.end + 1).saturating_sub(len)).step_by(len).collect();
        let pairs = starts.iter().flat_map(|from| starts.iter().map(move |to| (*from, *to)));
        let each = pairs.map(|(from, to)| Mutation::CopyRange { from: from..from + len, to });
        self.run(each, &mut probe)
    }

    fn run(
        &self,
        mutations: impl Iterator<Item = Mutation>,
        probe: &mut dyn FnMut(&Mutation, Medium),
    ) -> usize {
        let mut tried = 0;
        for mutation in mutations {
            let mut changed = self.medium.clone();
            mutation.apply(&mut changed);
            // What changes nothing proves nothing.
            if changed != *self.medium {
                probe(&mutation, changed);
                tried += 1;
            }
        }
        tried
    }
}
