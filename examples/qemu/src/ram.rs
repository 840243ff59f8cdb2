//! Looks through the whole RAM for a planted secret, without making a copy of it.

/// Start of the RAM.
#[cfg(target_arch = "arm")]
const START: usize = 0x2000_0000;
/// Start of the RAM behind the code.
#[cfg(target_arch = "riscv32")]
const START: usize = 0x8020_0000;
/// Its size.
const LENGTH: usize = 1024 * 1024;

/// Length of a planted secret in bytes.
pub const LEN: usize = 32;
/// Shortest part that counts as found.
const PART: usize = 8;
/// What hides the secret where it is compiled in.
const MASK: u8 = 0xa5;

/// A secret that is nowhere in memory until it is planted.
#[derive(Debug, Clone, Copy)]
pub struct Planted {
    masked: [u8; LEN],
    /// Whether a byte occurs in the secret.
    occurs: [bool; 256],
}

impl Planted {
    /// Hides a secret. Call it in a `const` only.
    #[must_use]
    pub const fn hide(secret: &[u8; LEN]) -> Self {
        let mut hidden = Self { masked: [0; LEN], occurs: [false; 256] };
        let mut at = 0;
        while at < LEN {
            hidden.masked[at] = secret[at] ^ MASK;
            hidden.occurs[secret[at] as usize] = true;
            at += 1;
        }
        hidden
    }

    /// Writes the secret to where its owner wants it, byte by byte.
    #[inline(never)]
    pub fn plant(&self, out: &mut [u8; LEN]) {
        for (to, from) in out.iter_mut().zip(&self.masked) {
            // SAFETY: a reference is valid for a write; volatile, so that nothing is vectorised through registers that spill.
            unsafe { core::ptr::from_mut(to).write_volatile(core::hint::black_box(*from) ^ MASK) };
        }
    }

    /// Counts the places outside `[except, except + LEN)` where 8 bytes of the secret stand: as they are, backwards as a big
    /// number keeps them, or word by word as a hash does.
    #[inline(never)]
    #[must_use]
    pub fn found(&self, except: usize) -> Found {
        let mut found = Found { places: 0, first: 0 };
        let mut place = START;
        while place + PART <= START + LENGTH {
            let inside = place + PART > except && place < except + LEN;
            if !inside && self.occurs[usize::from(read(place))] && self.is_at(place) {
                if found.places == 0 {
                    found.first = place;
                }
                found.places += 1;
                place += PART;
            } else {
                place += 1;
            }
        }
        found
    }

    fn is_at(&self, place: usize) -> bool {
        let forms: [fn(usize) -> usize; 3] = [|at| at, |at| LEN - 1 - at, |at| at ^ 3];
        forms.iter().any(|form| {
            (0..=LEN - PART).any(|from| {
                (0..PART).all(|at| read(place + at) ^ MASK == self.masked[form(from + at)])
            })
        })
    }
}

/// What a search found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// In how many places.
    pub places: usize,
    /// The first of them.
    pub first: usize,
}

fn read(place: usize) -> u8 {
    // SAFETY: `place` lies in the RAM of the board, all of which can be read at any time.
    unsafe { (place as *const u8).read_volatile() }
}
