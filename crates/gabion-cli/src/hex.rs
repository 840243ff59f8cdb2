//! Hexadecimal digits, both ways.

use anyhow::{Context, ensure};

/// Writes bytes as hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads `2 N` hexadecimal digits.
///
/// # Errors
///
/// When it is anything else.
pub fn parse_hex<const N: usize>(text: &str) -> anyhow::Result<[u8; N]> {
    let digits = text.trim();
    let sound = digits.len() == 2 * N && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    ensure!(sound, "not {} hexadecimal digits", 2 * N);
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(digits.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(core::str::from_utf8(pair)?, 16).context("not hexadecimal")?;
    }
    Ok(out)
}
