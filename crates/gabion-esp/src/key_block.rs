//! Which key block of the fuses holds the root key.

use gabion_lockdown::esp::FuseWords;

/// `KEY_PURPOSE_n` of a block that the HMAC peripheral uses for software (technical reference manual, eFuse, key purposes).
const HMAC_UPSTREAM: u32 = 8;
/// First bit of `KEY_PURPOSE_0` in block 0; each has 4 bits.
const FIRST_PURPOSE: u32 = 88;
/// Key blocks of the chip.
const BLOCKS: u32 = 6;

/// Why no key block may serve as root key. Nothing is burnt to mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyBlockError {
    /// No block has the purpose `HMAC_UP`.
    None,
    /// There is one, but software can read it: its bit of `RD_DIS` is not burnt.
    Readable,
}

impl core::fmt::Display for KeyBlockError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::None => "no key block has the purpose HMAC_UP",
            Self::Readable => "software can read the key block with the purpose HMAC_UP",
        })
    }
}

impl core::error::Error for KeyBlockError {}

/// Finds the first key block (0 to 5) with the purpose `HMAC_UP` that software cannot read.
///
/// # Errors
///
/// [`KeyBlockError`]: this chip has no root key in hardware.
///
/// # Examples
///
/// ```
/// use gabion_esp::{KeyBlockError, upstream_key};
/// use gabion_lockdown::esp::FuseWords;
///
/// // As sold; then with block 1 burnt for HMAC_UP and closed to software.
/// assert_eq!(upstream_key(&FuseWords([0; 6])), Err(KeyBlockError::None));
/// assert_eq!(upstream_key(&FuseWords([0, 1 << 1, 8 << 28, 0, 0, 0])), Ok(1));
/// ```
pub fn upstream_key(words: &FuseWords) -> Result<u8, KeyBlockError> {
    let mut why = KeyBlockError::None;
    for block in 0..BLOCKS {
        let purpose = words.bits(FIRST_PURPOSE.saturating_add(block.saturating_mul(4)), 4);
        if purpose != HMAC_UPSTREAM {
            continue;
        }
        if !words.key_is_readable(block) {
            return u8::try_from(block).map_err(|_| KeyBlockError::None);
        }
        why = KeyBlockError::Readable;
    }
    Err(why)
}
