//! What is too easy to guess.

use gabion_crypto::Secret;

use crate::Entered;

/// Fewest characters of a secret that a person chooses.
const LEAST_CHARS: usize = 10;
const LEAST_DIFFERENT: usize = 5;
/// A fact of as many characters must not be part of a secret; of longer ones, no piece of `PIECE` characters.
const LEAST_FACT: usize = 4;
const PIECE: usize = 6;
/// What is left of a secret without common words and digits must have as many letters.
const LEAST_OWN: usize = 4;

/// Why a new secret is not taken (EN 303 645 5.1-1; EN 18031 AUM-5-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WeakSecret {
    /// Fewer than 10 characters, or none at all.
    TooShort,
    /// More than 128 bytes. Nothing is ever cut off.
    TooLong,
    /// Not UTF-8, or with control characters.
    NotText,
    /// Few different characters, or a piece over and over.
    Repetition,
    /// A row of the alphabet, of the digits, or of a keyboard.
    Sequence,
    /// Digits only: a date or a telephone number.
    OnlyDigits,
    /// A common password, or common words and digits.
    Common,
    /// Holds the name of the account, the model, the serial number or the label's secret.
    Derived,
    /// The old secret again.
    Unchanged,
}

impl core::fmt::Display for WeakSecret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::TooShort => "fewer than 10 characters",
            Self::TooLong => "more than 128 bytes",
            Self::NotText => "not text",
            Self::Repetition => "repeats itself",
            Self::Sequence => "a row of the alphabet or of a keyboard",
            Self::OnlyDigits => "digits only",
            Self::Common => "a common password",
            Self::Derived => "holds something that is known of the device or the account",
            Self::Unchanged => "the old one",
        })
    }
}

impl core::error::Error for WeakSecret {}

/// Rows in which neighbours are easy to guess, in both directions.
const ROWS: &[&[u8]] = &[
    b"1234567890",
    b"abcdefghijklmnopqrstuvwxyz",
    b"qwertyuiop",
    b"asdfghjkl",
    b"zxcvbnm",
    b"qwertzuiop",
    b"yxcvbnm",
    b"azertyuiop",
    b"qsdfghjklm",
    b"wxcvbn",
];

/// Words of universal default passwords and of the most common chosen ones. Longer before shorter where one begins another.
const COMMON: &[&[u8]] = &[
    b"correcthorsebatterystaple",
    b"administrator",
    b"administrador",
    b"administrateur",
    b"motdepasse",
    b"contrasena",
    b"kennwort",
    b"password",
    b"passwort",
    b"passwd",
    b"passphrase",
    b"passw",
    b"pass",
    b"changeme",
    b"letmein",
    b"iloveyou",
    b"ichliebedich",
    b"willkommen",
    b"welcome",
    b"qwertyuiop",
    b"qwerty",
    b"qwertz",
    b"azerty",
    b"asdfghjkl",
    b"asdfgh",
    b"asdf",
    b"yxcvbnm",
    b"zxcvbnm",
    b"default",
    b"standard",
    b"secret",
    b"geheim",
    b"sunshine",
    b"princess",
    b"football",
    b"baseball",
    b"superman",
    b"batman",
    b"dragon",
    b"monkey",
    b"shadow",
    b"master",
    b"michael",
    b"charlie",
    b"login",
    b"logon",
    b"admin",
    b"root",
    b"toor",
    b"user",
    b"owner",
    b"guest",
    b"gast",
    b"test",
    b"demo",
    b"support",
    b"service",
    b"system",
    b"device",
    b"gabion",
    b"smart",
    b"home",
    b"wifi",
    b"wlan",
    b"router",
    b"gateway",
    b"camera",
    b"internet",
    b"computer",
    b"summer",
    b"sommer",
    b"winter",
    b"spring",
    b"autumn",
    b"hallo",
    b"hello",
    b"abc123",
    b"abcd",
    b"abc",
    b"q1w2e3r4t5",
    b"1q2w3e4r5t",
    b"1qaz2wsx3edc",
    b"1qaz2wsx",
    b"q1w2e3r4",
    b"1q2w3e4r",
    b"trustno",
    b"whatever",
    b"starwars",
    b"freedom",
];

/// Text folded for comparison: lower case, ASCII letters and digits and every byte of other characters.
struct Folded {
    bytes: Secret<[u8; Entered::MAX]>,
    len: usize,
}

impl Folded {
    fn new(text: &[u8], map: impl Fn(u8) -> u8) -> Self {
        let mut folded = Self { bytes: Secret::zeroed(), len: 0 };
        let kept = text
            .iter()
            .map(|b| map(b.to_ascii_lowercase()))
            .filter(|b| b.is_ascii_alphanumeric() || !b.is_ascii());
        for (place, byte) in folded.bytes.expose_mut().iter_mut().zip(kept) {
            *place = byte;
            folded.len = folded.len.saturating_add(1);
        }
        folded
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.expose().get(..self.len).unwrap_or_default()
    }
}

const fn plain(byte: u8) -> u8 {
    byte
}

const fn without_disguise(byte: u8) -> u8 {
    match byte {
        b'0' => b'o',
        b'1' | b'!' | b'|' => b'i',
        b'3' => b'e',
        b'4' | b'@' => b'a',
        b'5' | b'$' => b's',
        b'7' | b'+' => b't',
        b'8' => b'b',
        other => other,
    }
}

/// Judges a new secret. `facts` is what an attacker may know of device and account: name, model, serial number, label.
///
/// # Errors
///
/// The first [`WeakSecret`] that holds. Tell the person why.
pub fn judge(secret: &Entered, facts: &[&[u8]]) -> Result<(), WeakSecret> {
    let bytes = secret.expose();
    let text = core::str::from_utf8(bytes).map_err(|_| WeakSecret::NotText)?;
    if text.chars().any(char::is_control) {
        return Err(WeakSecret::NotText);
    }
    if text.trim().chars().count() < LEAST_CHARS {
        return Err(WeakSecret::TooShort);
    }
    let folded = Folded::new(bytes, plain);
    let undisguised = Folded::new(bytes, without_disguise);
    let derived = |fact: &&[u8]| holds_fact(folded.as_bytes(), fact);
    if facts.iter().any(derived) {
        return Err(WeakSecret::Derived);
    }
    if is_repetition(text) || is_cycle(folded.as_bytes()) {
        return Err(WeakSecret::Repetition);
    }
    if is_row(folded.as_bytes()) {
        return Err(WeakSecret::Sequence);
    }
    if folded.as_bytes().iter().all(u8::is_ascii_digit) {
        return Err(WeakSecret::OnlyDigits);
    }
    if own_letters(folded.as_bytes()).min(own_letters(undisguised.as_bytes())) < LEAST_OWN {
        return Err(WeakSecret::Common);
    }
    Ok(())
}

fn is_repetition(text: &str) -> bool {
    let different = text.char_indices().filter(|(at, c)| {
        !text.get(..*at).unwrap_or_default().chars().any(|earlier| earlier == *c)
    });
    different.count() < LEAST_DIFFERENT
}

/// The whole is one piece over and over, at least twice; the last may be cut.
fn is_cycle(text: &[u8]) -> bool {
    let longest = text.len().checked_div(2).unwrap_or_default();
    (1..=longest).any(|period| {
        text.get(period..)
            .unwrap_or_default()
            .iter()
            .zip(text)
            .all(|(later, earlier)| later == earlier)
    })
}

/// Three of four neighbours are equal or stand beside each other in a row.
fn is_row(text: &[u8]) -> bool {
    let pairs = text.windows(2).count();
    let regular = text.windows(2).filter(|pair| match pair {
        [a, b] => a == b || ROWS.iter().any(|row| are_beside(row, *a, *b)),
        _ => false,
    });
    regular.count().saturating_mul(4) >= pairs.saturating_mul(3)
}

fn are_beside(row: &[u8], a: u8, b: u8) -> bool {
    row.windows(2).any(|pair| pair == [a, b] || pair == [b, a])
}

/// Counts what is left without common words and digits.
fn own_letters(text: &[u8]) -> usize {
    let mut rest = text;
    let mut own = 0_usize;
    while let [first, after @ ..] = rest {
        let word =
            COMMON.iter().filter_map(|word| rest.strip_prefix(*word)).min_by_key(|r| r.len());
        rest = match word {
            Some(behind) => behind,
            None => {
                own = own.saturating_add(usize::from(!first.is_ascii_digit()));
                after
            }
        };
    }
    own
}

fn holds_fact(secret: &[u8], fact: &[u8]) -> bool {
    let fact = Folded::new(fact, plain);
    let fact = fact.as_bytes();
    if fact.len() < LEAST_FACT {
        return !fact.is_empty() && secret == fact;
    }
    fact.windows(PIECE.min(fact.len())).any(|piece| {
        secret.windows(piece.len()).any(|part| part == piece || part.iter().eq(piece.iter().rev()))
    })
}
