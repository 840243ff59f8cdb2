//! Numbers on the command line: decimal or 0x and hexadecimal.

/// Reads a 32-bit number.
pub(crate) fn parse(text: &str) -> Result<u32, String> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None => (text, 10),
    };
    if digits.starts_with(['+', '-']) {
        return Err("a number has no sign".to_owned());
    }
    u32::from_str_radix(digits, radix)
        .map_err(|error| format!("{error} (decimal or 0x hexadecimal, 32 bits)"))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn decimal_and_hexadecimal() {
        assert_eq!(parse("65496"), Ok(65496));
        assert_eq!(parse("0x1F"), Ok(31));
        assert_eq!(parse("0xffffffff"), Ok(u32::MAX));
        for wrong in ["", "0x", "-1", "+1", "0x+1", "1k", "ff", "4294967296"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
