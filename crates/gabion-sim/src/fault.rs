//! The eight ways in which a step of a NOR flash can end when the power fails.

use crate::rng::Rng;

/// What kind of atomic step the power supply sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// One word programmed.
    Word,
    /// One page erased.
    Erase,
    /// One increment of the chip's monotonic counter, or another small atomic write outside flash.
    Counter,
}

/// What the interrupted step leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// The step did not happen (even seed), or it did and nobody was told (odd seed).
    Clean,
    /// Any subset of the bits that the write would change has changed.
    TornWord,
    /// The word holds any value.
    UndefinedWord,
    /// The erase did not happen (even seed), or it did and nobody was told (odd seed).
    EraseClean,
    /// A first part of the page is erased, the rest as before.
    ErasePrefix,
    /// Each bit that would rise may or may not have risen.
    EraseTorn,
    /// The page, or a part of it, is programmed to zero, as chips do before an erase.
    EraseZeroed,
    /// The page holds any bytes.
    EraseUndefined,
}

impl Fault {
    /// All fault models.
    pub const ALL: [Self; 8] = [
        Self::Clean,
        Self::TornWord,
        Self::UndefinedWord,
        Self::EraseClean,
        Self::ErasePrefix,
        Self::EraseTorn,
        Self::EraseZeroed,
        Self::EraseUndefined,
    ];

    /// Returns whether the fault can end a step of this kind.
    pub fn applies(self, step: Step) -> bool {
        match self {
            Self::Clean => true,
            Self::TornWord | Self::UndefinedWord => step == Step::Word,
            _ => step == Step::Erase,
        }
    }

    /// Returns its name in replay lines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::TornWord => "torn-word",
            Self::UndefinedWord => "undefined-word",
            Self::EraseClean => "erase-clean",
            Self::ErasePrefix => "erase-prefix",
            Self::EraseTorn => "erase-torn",
            Self::EraseZeroed => "erase-zeroed",
            Self::EraseUndefined => "erase-undefined",
        }
    }

    /// Finds a fault by its name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }
}

/// When the power fails, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cut {
    /// Steps that complete before the cut. It fires at the first step from there on to which the
    /// fault applies: an erase fault waits for an erase.
    pub at: u64,
    /// What the interrupted step leaves behind.
    pub fault: Fault,
    /// Picks one of the outcomes. 0 and 1 are the extremes of each fault, others are random.
    pub seed: u64,
    /// The bits in doubt read differently on each read until they are erased or written again.
    pub unstable: bool,
}

impl Cut {
    /// Makes a cut after `at` complete steps.
    pub fn new(at: u64, fault: Fault, seed: u64) -> Self {
        Self { at, fault, seed, unstable: false }
    }

    /// Makes the power fail cleanly before step `at`.
    pub fn clean(at: u64) -> Self {
        Self::new(at, Fault::Clean, 0)
    }

    /// Lets the bits in doubt read differently on each read.
    #[must_use]
    pub fn unstable(mut self) -> Self {
        self.unstable = true;
        self
    }
}

/// Works out what an interrupted write leaves in a word. `old` and `new` are in terms of an
/// ordinary part (erased is ones), `new` already ANDed with `old`.
pub(crate) fn interrupt_word(fault: Fault, seed: u64, old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut rng = Rng::new(seed ^ 0x574F_5244);
    match fault {
        Fault::TornWord => {
            let changing: Vec<usize> =
                (0..old.len() * 8).filter(|bit| bit_of(old, *bit) != bit_of(new, *bit)).collect();
            let last = changing.len().saturating_sub(1);
            // Some seeds tear at random, some at a place: both shapes have broken stores.
            let place = rng.index(changing.len() + 1);
            let style = rng.below(3);
            let mut out = old.to_vec();
            for (order, bit) in changing.iter().enumerate() {
                let changes = match (seed, style) {
                    (0, _) => order == 0,
                    (1, _) => order != last,
                    (_, 0) => order < place,
                    (_, _) => rng.chance(1, 2),
                };
                if changes {
                    flip(&mut out, *bit);
                }
            }
            out
        }
        Fault::UndefinedWord => match seed {
            0 => vec![0x00; old.len()],
            1 => vec![0xFF; old.len()],
            _ => rng.bytes(old.len()),
        },
        _ if seed.is_multiple_of(2) => old.to_vec(),
        _ => new.to_vec(),
    }
}

/// Works out what an interrupted erase leaves in a page, in terms of an ordinary part.
pub(crate) fn interrupt_erase(fault: Fault, seed: u64, old: &[u8]) -> Vec<u8> {
    let mut rng = Rng::new(seed ^ 0x4552_4153);
    let len = old.len();
    let mut out = old.to_vec();
    match fault {
        Fault::ErasePrefix => {
            let end = match seed {
                0 => len / 2,
                1 => len.saturating_sub(1),
                _ => rng.index(len + 1),
            };
            out[..end].fill(0xFF);
        }
        Fault::EraseTorn => {
            // How far the erase had come: few bits up, half of them, nearly all.
            let (up, of) = match seed {
                0 => (1, 64),
                1 => (63, 64),
                _ => {
                    [(1, 256), (1, 16), (1, 4), (1, 2), (3, 4), (15, 16), (255, 256)][rng.index(7)]
                }
            };
            for byte in &mut out {
                for bit in 0..8 {
                    if *byte & (1 << bit) == 0 && rng.chance(up, of) {
                        *byte |= 1 << bit;
                    }
                }
            }
        }
        Fault::EraseZeroed => match (seed, rng.below(3)) {
            (0, _) => out.fill(0),
            (1, _) => out[..len / 2].fill(0),
            (_, 0) => out[..rng.index(len + 1)].fill(0),
            (_, 1) => out.iter_mut().for_each(|byte| *byte &= rng.byte()),
            (_, _) => {
                let start = rng.index(len + 1);
                out[start..].fill(0);
            }
        },
        Fault::EraseUndefined => rng.fill(&mut out),
        _ if seed.is_multiple_of(2) => {}
        _ => out.fill(0xFF),
    }
    out
}

fn bit_of(bytes: &[u8], bit: usize) -> bool {
    bytes[bit / 8] & (1 << (bit % 8)) != 0
}

fn flip(bytes: &mut [u8], bit: usize) {
    bytes[bit / 8] ^= 1 << (bit % 8);
}
