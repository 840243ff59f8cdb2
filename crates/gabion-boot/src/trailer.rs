//! MCUboot's image trailer: what a device that still has MCUboot as its boot loader left at the end of a slot. Read only: it is
//! not signed and decides nothing here.

use crate::Refusal;

/// Length of the part of a trailer that [`Trailer::parse`] reads, for an alignment of 8, 16 or 32 bytes.
#[must_use]
pub const fn trailer_len(align: usize) -> usize {
    magic_area(align).saturating_add(align.saturating_mul(2))
}

/// The magic has 16 bytes at the very end; where the alignment is larger, the fields begin a whole unit above the end.
const fn magic_area(align: usize) -> usize {
    if align > 16 { align } else { 16 }
}

const MAGIC_8: [u8; 16] = [
    0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f, 0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80,
];
/// Behind the alignment as 16 bits.
const MAGIC_REST: [u8; 14] =
    [0x2d, 0xe1, 0x5d, 0x29, 0x41, 0x0b, 0x8d, 0x77, 0x67, 0x9c, 0x11, 0x0f, 0x1f, 0x8a];

/// A field of a trailer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Erased.
    Unset,
    /// Set as it should be.
    Set,
    /// Neither: half written, or damaged.
    Bad,
}

/// What stands at the end of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trailer {
    /// The magic.
    pub magic: Mark,
    /// The image confirmed itself.
    pub image_ok: Mark,
    /// A swap was completed.
    pub copy_done: Mark,
}

/// What MCUboot would do at the next boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Swap {
    /// Nothing.
    None,
    /// Try the image in the secondary slot once.
    Test,
    /// Move to the image in the secondary slot for good.
    Permanent,
    /// Go back: the image in the primary slot was not confirmed.
    Revert,
}

impl Trailer {
    /// Reads the last [`trailer_len`] bytes of a slot; more are fine.
    ///
    /// # Errors
    ///
    /// [`Refusal::Truncated`] for fewer, [`Refusal::BadHeader`] for an alignment that MCUboot does not have.
    pub fn parse(end_of_slot: &[u8], align: usize) -> Result<Self, Refusal> {
        if ![8, 16, 32].contains(&align) {
            return Err(Refusal::BadHeader);
        }
        let magic = end_of_slot.last_chunk::<16>().ok_or(Refusal::Truncated)?;
        let right = if align == 8 {
            *magic == MAGIC_8
        } else {
            let [a0, a1, rest @ ..] = magic;
            usize::from(u16::from_le_bytes([*a0, *a1])) == align && *rest == MAGIC_REST
        };
        let magic = match right {
            true => Mark::Set,
            false if magic.iter().all(|byte| *byte == 0xff) => Mark::Unset,
            false => Mark::Bad,
        };
        // Above the magic, each field fills one unit of the alignment; its first byte is the flag.
        let field = |units: usize| {
            let from_end = align.checked_mul(units)?.checked_add(magic_area(align))?;
            end_of_slot.get(end_of_slot.len().checked_sub(from_end)?).copied()
        };
        let flag = |units| match field(units) {
            Some(0x01) => Ok(Mark::Set),
            Some(0xff) => Ok(Mark::Unset),
            Some(_) => Ok(Mark::Bad),
            None => Err(Refusal::Truncated),
        };
        Ok(Self { magic, image_ok: flag(1)?, copy_done: flag(2)? })
    }
}

/// Tells what MCUboot would do at the next boot, from the trailers of both slots. The first row that fits counts.
#[must_use]
pub fn swap(primary: Trailer, secondary: Trailer) -> Swap {
    match (secondary.magic, secondary.image_ok) {
        (Mark::Set, Mark::Unset) => return Swap::Test,
        (Mark::Set, Mark::Set) => return Swap::Permanent,
        _ => {}
    }
    match (primary.magic, primary.image_ok, primary.copy_done) {
        (Mark::Set, Mark::Unset, Mark::Set) => Swap::Revert,
        _ => Swap::None,
    }
}
