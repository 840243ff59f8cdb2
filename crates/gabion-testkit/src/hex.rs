//! Hexadecimal text as bytes, at compile time.

/// Reads exactly `N` bytes.
///
/// # Panics
///
/// At compile time, for another length or a character that is no digit.
pub(crate) const fn hex<const N: usize>(text: &str) -> [u8; N] {
    let text = text.as_bytes();
    assert!(text.len() == 2 * N, "wrong length");
    let mut out = [0; N];
    let mut i = 0;
    while i < N {
        out[i] = digit(text[2 * i]) << 4 | digit(text[2 * i + 1]);
        i += 1;
    }
    out
}

const fn digit(character: u8) -> u8 {
    match character {
        b'0'..=b'9' => character - b'0',
        b'a'..=b'f' => character - b'a' + 10,
        _ => panic!("no hexadecimal digit"),
    }
}
