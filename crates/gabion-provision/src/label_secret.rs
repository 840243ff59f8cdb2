//! The random secret on the label.

use gabion_crypto::Secret;
use gabion_hal::Entropy;
use zeroize::Zeroize;

use crate::{GenerateError, LabelError, Pattern, audit};

/// The 23 symbols: no vowel (so no word can form); of the look-alikes 0 O and 1 I L none, of 2 Z, 5 S, 6 G, 8 B and U V one
/// each. 23 is prime, which gives the check symbol its strength.
const SYMBOLS: &[u8; 23] = b"23456789CDFHJKMNPQRTVWX";
const BASE: u8 = 23;
/// Largest multiple of 23 that a byte can reach: bytes from here on are drawn again, so that no symbol is likelier.
const UNBIASED: u8 = 253;
/// As many equal bytes in a row come from a good source once in 2^64 draws: the source is stuck.
const STUCK: u8 = 9;
const MAX_DRAWS: usize = 256;
const MAX_TRIES: usize = 8;

/// The secret that is printed on one device's label: 14 random symbols and a check symbol, shown as `7K4FM-2XQ9R-HT3W8`.
///
/// It can only be drawn from a random source or read from what a person typed. There is no way to make it from a constant:
///
/// ```compile_fail
/// use gabion_provision::LabelSecret;
/// let universal = LabelSecret::parse("7K4FM2XQ9RHT3W8"); // a literal is no buffer that can be wiped
/// ```
///
/// # Security
///
/// 23^14 ≈ 2^63.3 equally likely values; the [`audit`](crate::audit()) refuses less than one in 200 of them, so at least
/// [`LabelSecret::MIN_ENTROPY_MILLIBITS`] remain. No `Clone`, no readable `Debug`, wiped on drop.
pub struct LabelSecret(Secret<[u8; LabelSecret::LEN]>);

impl LabelSecret {
    /// Symbols in all, the check symbol included.
    pub const LEN: usize = 15;
    /// Symbols that are random.
    pub const RANDOM_SYMBOLS: usize = 14;
    /// Number of values before the audit: 23^14.
    pub const SPACE: u128 = 23_u128.pow(14);
    /// Entropy that is left in any case, in thousandths of a bit: 14 · log2 23 = 63.329 bits, less 0.01 for the audit.
    pub const MIN_ENTROPY_MILLIBITS: u32 = 63_319;

    /// Draws a secret. `public` holds what is printed or sent in clear (serial number, MAC address, model): a secret that
    /// shares a piece with any of it, or that shows a pattern, is drawn again.
    ///
    /// # Errors
    ///
    /// [`GenerateError::Entropy`] when the source fails, [`GenerateError::Stuck`] when what it gives cannot be random. Do not
    /// ship the device.
    pub fn generate(entropy: &mut impl Entropy, public: &[&[u8]]) -> Result<Self, GenerateError> {
        for _ in 0..MAX_TRIES {
            let mut secret = Self(Secret::zeroed());
            draw(entropy, &mut secret.0)?;
            if audit(secret.random_part(), public).is_ok() {
                return Ok(secret);
            }
        }
        Err(GenerateError::Stuck)
    }

    /// Reads what a person typed or a scanner saw: case, spaces and `-` do not count. The buffer is wiped.
    ///
    /// # Errors
    ///
    /// [`LabelError::Symbol`], [`LabelError::Length`] or [`LabelError::Check`]: tell the person to look at the label again.
    /// None of these costs an attempt, and none needs the device's secret to find out.
    pub fn parse(typed: &mut [u8]) -> Result<Self, LabelError> {
        let parsed = Self::read(typed);
        typed.zeroize();
        parsed
    }

    fn read(typed: &[u8]) -> Result<Self, LabelError> {
        let mut secret = Secret::<[u8; Self::LEN]>::zeroed();
        let mut places = secret.expose_mut().iter_mut();
        for byte in typed.iter().filter(|b| !matches!(b, b' ' | b'-')) {
            let symbol = byte.to_ascii_uppercase();
            value(symbol).ok_or(LabelError::Symbol)?;
            *places.next().ok_or(LabelError::Length)? = symbol;
        }
        if places.next().is_some() {
            return Err(LabelError::Length);
        }
        let parsed = Self(secret);
        match parsed.0.expose().last() {
            Some(check) if *check == check_symbol(parsed.random_part()) => Ok(parsed),
            _ => Err(LabelError::Check),
        }
    }

    /// Judges the random part: what a device does with a secret that the line brought.
    ///
    /// # Errors
    ///
    /// The [`Pattern`] that was found. Draw another secret.
    pub fn audit(&self, public: &[&[u8]]) -> Result<(), Pattern> {
        audit(self.random_part(), public)
    }

    /// Lends the 15 symbols in upper case, without dashes: the form that is hashed into a verifier.
    #[must_use]
    pub fn expose(&self) -> &[u8; Self::LEN] {
        self.0.expose()
    }

    /// Lends the same, still in custody: what `gabion_auth::label_verifier` takes.
    #[must_use]
    pub const fn as_secret(&self) -> &Secret<[u8; Self::LEN]> {
        &self.0
    }

    /// Returns the form that is printed, in three groups of five. What it is written to holds the secret.
    #[must_use]
    pub fn grouped(&self) -> Grouped<'_> {
        Grouped(self)
    }

    fn random_part(&self) -> &[u8] {
        self.0.expose().get(..Self::RANDOM_SYMBOLS).unwrap_or_default()
    }
}

impl core::fmt::Debug for LabelSecret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("LabelSecret(..)")
    }
}

/// A label secret as it is printed.
pub struct Grouped<'a>(&'a LabelSecret);

impl core::fmt::Display for Grouped<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        for (number, group) in self.0.expose().chunks(5).enumerate() {
            if number > 0 {
                f.write_str("-")?;
            }
            f.write_str(core::str::from_utf8(group).map_err(|_| core::fmt::Error)?)?;
        }
        Ok(())
    }
}

fn draw(
    entropy: &mut impl Entropy,
    secret: &mut Secret<[u8; LabelSecret::LEN]>,
) -> Result<(), GenerateError> {
    let mut byte = [0_u8; 1];
    let (mut last, mut run) = (None, 0_u8);
    let mut draws = 0..MAX_DRAWS;
    for place in secret.expose_mut().iter_mut().take(LabelSecret::RANDOM_SYMBOLS) {
        *place = loop {
            draws.next().ok_or(GenerateError::Stuck)?;
            entropy.try_fill_bytes(&mut byte).map_err(|_| GenerateError::Entropy)?;
            run = if last == Some(byte) { run.saturating_add(1) } else { 1 };
            last = Some(byte);
            if run >= STUCK {
                return Err(GenerateError::Stuck);
            }
            if byte[0] < UNBIASED {
                break symbol(byte[0] % BASE);
            }
        };
    }
    byte.zeroize();
    last.zeroize();
    let [random @ .., check] = secret.expose_mut();
    *check = check_symbol(random);
    Ok(())
}

fn symbol(value: u8) -> u8 {
    SYMBOLS.get(usize::from(value)).copied().unwrap_or(b'2')
}

/// Looks at every symbol of the alphabet, so that time does not depend on which one it is.
fn value(symbol: u8) -> Option<u8> {
    let mut found = None;
    for (value, candidate) in (0_u8..).zip(SYMBOLS) {
        if *candidate == symbol {
            found = Some(value);
        }
    }
    found
}

/// Weighted sum modulo 23 with weights 1, 2, 3 …: as 23 is prime and the weights differ, every wrong symbol and every swap
/// of two symbols changes it.
fn check_symbol(random: &[u8]) -> u8 {
    let sum = (1_u32..).zip(random).fold(0_u32, |sum, (weight, byte)| {
        let value = u32::from(value(*byte).unwrap_or_default());
        sum.wrapping_add(weight.wrapping_mul(value))
    });
    // The check symbol has weight 15 ≡ 15; it is the sum times the inverse of −15 ≡ 8, and 8 · 3 ≡ 1 (mod 23).
    symbol(u8::try_from(sum.wrapping_mul(3) % 23).unwrap_or_default())
}
