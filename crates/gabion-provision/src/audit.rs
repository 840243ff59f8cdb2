//! What no random secret should look like.

/// A regularity that helps an attacker (EN 303 645 5.1-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Pattern {
    /// Too few different symbols, or one four times in a row.
    Repetition,
    /// Five symbols in a row that count up or down by a constant step.
    Sequence,
    /// A piece that is repeated to the end.
    Cycle,
    /// A common string.
    Common,
    /// Five symbols in a row that also stand in a public fact of the device, forwards or backwards.
    Derived,
}

impl core::fmt::Display for Pattern {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Repetition => "too few different symbols",
            Self::Sequence => "a counting sequence",
            Self::Cycle => "a repeated piece",
            Self::Common => "a common string",
            Self::Derived => "a piece of a public fact of the device",
        })
    }
}

impl core::error::Error for Pattern {}

/// Strings of at least four symbols that people and factories like and that need no vowel.
const COMMON: &[&[u8]] = &[
    b"QWRT", b"TRWQ", b"XCVN", b"PSWD", b"PWRD", b"PWD2", b"TST2", b"TMP2", b"HTTP", b"DMN2",
    b"2468", b"4444", b"WPWP", b"RTRT", b"NTWRK", b"DVC2", b"DFT2", b"PRVT", b"KXKX",
];
const RUN: usize = 4;
const STEPS: usize = 5;
const SHARED: usize = 5;
const LEAST_DIFFERENT: usize = 6;
const LONGEST_CYCLE: usize = 7;

/// Refuses a secret that shows a pattern or shares a piece with a public fact (serial number, MAC address, model, network
/// name). Case and separators in facts do not count.
///
/// # Errors
///
/// The first [`Pattern`] that was found. Draw another secret.
///
/// # Security
///
/// It cannot find a secret that is *computed* from a public fact: only drawing it from a random source prevents that.
pub fn audit(secret: &[u8], public: &[&[u8]]) -> Result<(), Pattern> {
    if is_repetition(secret) {
        return Err(Pattern::Repetition);
    }
    if secret.windows(STEPS).any(counts) {
        return Err(Pattern::Sequence);
    }
    if (1..=LONGEST_CYCLE).any(|period| is_cycle(secret, period)) {
        return Err(Pattern::Cycle);
    }
    let holds = |word: &&[u8]| secret.windows(word.len()).any(|part| part == *word);
    if COMMON.iter().any(holds) {
        return Err(Pattern::Common);
    }
    if public.iter().any(|fact| shares(secret, fact)) {
        return Err(Pattern::Derived);
    }
    Ok(())
}

fn is_repetition(secret: &[u8]) -> bool {
    let run = secret.windows(RUN).any(|w| w.windows(2).all(|pair| pair.first() == pair.last()));
    let first_seen = secret
        .iter()
        .enumerate()
        .filter(|(at, byte)| !secret.get(..*at).unwrap_or_default().contains(byte));
    run || first_seen.count() < LEAST_DIFFERENT.min(secret.len())
}

fn counts(window: &[u8]) -> bool {
    let step = |pair: &[u8]| match pair {
        [a, b] => rank(*b).wrapping_sub(rank(*a)),
        _ => 0,
    };
    let mut steps = window.windows(2).map(step);
    let first = steps.next().unwrap_or_default();
    steps.all(|next| next == first)
}

/// The place of a symbol among digits, then letters without those that the alphabet leaves out: so that `89CDF`, which is a
/// sequence to whoever knows the alphabet, counts as one.
fn rank(byte: u8) -> u8 {
    const ORDER: &[u8] = b"23456789CDFHJKMNPQRTVWX";
    let found = (0_u8..).zip(ORDER).find(|(_, symbol)| **symbol == byte.to_ascii_uppercase());
    found.map_or(byte, |(rank, _)| rank)
}

fn is_cycle(secret: &[u8], period: usize) -> bool {
    let shifted = secret.get(period..).unwrap_or_default();
    shifted.len() >= period
        && !shifted.is_empty()
        && shifted.iter().eq(secret.iter().take(shifted.len()))
}

fn shares(secret: &[u8], fact: &[u8]) -> bool {
    let plain = || fact.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_uppercase);
    let length = plain().count();
    let Some(last) = length.checked_sub(SHARED) else { return false };
    secret.windows(SHARED).any(|piece| {
        (0..=last).any(|start| {
            let here = || plain().skip(start).take(SHARED);
            here().eq(piece.iter().copied()) || here().eq(piece.iter().rev().copied())
        })
    })
}
