//! CBOR for people: diagnostic notation (RFC 8949 §8) of anything that is well-formed, deterministic or not.

use std::fmt::Write;

use gabion_codec::{CodecError, CodecErrorKind, Reader, cbor::Budget};

/// What the command looks at: 16 MiB, and as deep as a budget can say.
pub const BUDGET: Budget = Budget { bytes: 1 << 24, items: 1 << 24, depth: u8::MAX };

/// Longest bignum in bytes that is shown as a number.
const LONGEST_NUMBER: usize = 256;

const ARRAY: u8 = 4;
const MAP: u8 = 5;
const BREAK: u8 = 0xff;

/// Writes one item in diagnostic notation. Text outside ASCII is escaped, so that no control character or change of the
/// writing direction reaches a terminal.
///
/// # Errors
///
/// The first place that is not well-formed, not UTF-8, or over [`BUDGET`].
pub fn diagnostic(input: &[u8]) -> Result<String, CodecError> {
    if input.len() > BUDGET.bytes {
        return Err(CodecError::new(CodecErrorKind::OverBudget, BUDGET.bytes));
    }
    let mut printer = Printer { reader: Reader::new(input), out: String::new() };
    printer.item(BUDGET.depth)?;
    printer.reader.finish()?;
    Ok(printer.out)
}

struct Printer<'a> {
    reader: Reader<'a>,
    out: String,
}

/// Major type, the low five bits, the argument where it is definite.
struct Head {
    major: u8,
    info: u8,
    argument: Option<u64>,
}

impl<'a> Printer<'a> {
    fn item(&mut self, depth: u8) -> Result<(), CodecError> {
        let start = self.reader.clone();
        let over_budget = start.error(CodecErrorKind::OverBudget);
        let inside = || depth.checked_sub(1).ok_or(over_budget);
        let head = self.head()?;
        let Some(argument) = head.argument else {
            return match head.major {
                2 | 3 => self.chunks(head.major),
                ARRAY | MAP => self.container(head.major, None, inside()?),
                _ => Err(start.error(CodecErrorKind::Unexpected)),
            };
        };
        match head.major {
            0 => self.put(argument),
            1 => self.put(-1 - i128::from(argument)),
            2 | 3 => self.string(head.major, argument)?,
            ARRAY | MAP => self.container(head.major, Some(argument), inside()?)?,
            6 => self.tagged(argument, inside()?)?,
            _ => self.other(&head, argument, &start)?,
        }
        Ok(())
    }

    fn put(&mut self, value: impl std::fmt::Display) {
        // writing to a string cannot fail
        let _ = write!(self.out, "{value}");
    }

    fn head(&mut self) -> Result<Head, CodecError> {
        let start = self.reader.clone();
        let first = self.reader.u8()?;
        let info = first & 31;
        let argument = match info {
            0..24 => Some(info.into()),
            24 => Some(self.reader.u8()?.into()),
            25 => Some(self.reader.u16_be()?.into()),
            26 => Some(self.reader.u32_be()?.into()),
            27 => Some(self.reader.u64_be()?),
            31 => None,
            _ => return Err(start.error(CodecErrorKind::Unexpected)),
        };
        Ok(Head { major: first >> 5, info, argument })
    }

    fn content(&mut self, length: u64) -> Result<&'a [u8], CodecError> {
        let length =
            usize::try_from(length).map_err(|_| self.reader.error(CodecErrorKind::Truncated))?;
        self.reader.bytes(length)
    }

    fn string(&mut self, major: u8, length: u64) -> Result<(), CodecError> {
        let at = self.reader.position();
        let content = self.content(length)?;
        if major == 2 {
            self.hex(content);
            return Ok(());
        }
        let text = std::str::from_utf8(content)
            .map_err(|e| CodecError::new(CodecErrorKind::NotUtf8, at + e.valid_up_to()))?;
        self.text(text);
        Ok(())
    }

    fn hex(&mut self, bytes: &[u8]) {
        self.put("h'");
        for byte in bytes {
            self.put(format_args!("{byte:02x}"));
        }
        self.put('\'');
    }

    fn text(&mut self, text: &str) {
        self.put('"');
        for unit in text.encode_utf16() {
            match u8::try_from(unit) {
                Ok(byte @ (b'"' | b'\\')) => self.put(format_args!("\\{}", char::from(byte))),
                Ok(b'\n') => self.put("\\n"),
                Ok(b'\r') => self.put("\\r"),
                Ok(b'\t') => self.put("\\t"),
                Ok(byte @ 0x20..0x7f) => self.put(char::from(byte)),
                _ => self.put(format_args!("\\u{unit:04x}")),
            }
        }
        self.put('"');
    }

    /// Strings of definite length up to a break.
    fn chunks(&mut self, major: u8) -> Result<(), CodecError> {
        self.put("(_ ");
        let mut first = true;
        while !self.at_break()? {
            if !first {
                self.put(", ");
            }
            first = false;
            let start = self.reader.clone();
            let head = self.head()?;
            match head.argument {
                Some(length) if head.major == major => self.string(major, length)?,
                _ => return Err(start.error(CodecErrorKind::Unexpected)),
            }
        }
        self.put(')');
        Ok(())
    }

    /// Tells whether the next byte is the break, and passes over it.
    fn at_break(&mut self) -> Result<bool, CodecError> {
        match self.reader.peek() {
            Some(BREAK) => self.reader.skip(1).map(|()| true),
            Some(_) => Ok(false),
            None => Err(self.reader.error(CodecErrorKind::Truncated)),
        }
    }

    /// An array or a map, of so many items or entries or up to a break.
    fn container(&mut self, major: u8, count: Option<u64>, depth: u8) -> Result<(), CodecError> {
        let [open, close] = if major == ARRAY { ['[', ']'] } else { ['{', '}'] };
        self.put(open);
        if count.is_none() {
            self.put("_ ");
        }
        let mut done = 0;
        while match count {
            Some(count) => done < count,
            None => !self.at_break()?,
        } {
            if done > 0 {
                self.put(", ");
            }
            self.item(depth)?;
            if major == MAP {
                self.put(": ");
                self.item(depth)?;
            }
            done += 1;
        }
        self.put(close);
        Ok(())
    }

    fn tagged(&mut self, tag: u64, depth: u8) -> Result<(), CodecError> {
        if matches!(tag, 2 | 3) {
            let before = self.reader.clone();
            let head = self.head()?;
            if let (2, Some(length)) = (head.major, head.argument) {
                let bytes = self.content(length)?;
                if bytes.len() <= LONGEST_NUMBER {
                    let sum = if tag == 2 { decimal(bytes, 0) } else { decimal(bytes, 1) };
                    self.put(if tag == 2 { "" } else { "-" });
                    self.put(sum);
                    return Ok(());
                }
            }
            self.reader = before;
        }
        self.put(format_args!("{tag}("));
        self.item(depth)?;
        self.put(')');
        Ok(())
    }

    fn other(&mut self, head: &Head, argument: u64, start: &Reader<'_>) -> Result<(), CodecError> {
        match (head.info, argument) {
            (25, bits) => self.float(half(bits as u16)),
            (26, bits) => self.float(f32::from_bits(bits as u32).into()),
            (27, bits) => self.float(f64::from_bits(bits)),
            (24, 0..32) => return Err(start.error(CodecErrorKind::Unexpected)),
            (_, 20) => self.put("false"),
            (_, 21) => self.put("true"),
            (_, 22) => self.put("null"),
            (_, 23) => self.put("undefined"),
            (_, simple) => self.put(format_args!("simple({simple})")),
        }
        Ok(())
    }

    /// As RFC 8949 writes them: always with a point, and with an exponent from 1e21 and below 1e-6.
    fn float(&mut self, number: f64) {
        let size = number.abs();
        if number.is_nan() {
            self.put("NaN");
        } else if number.is_infinite() {
            self.put(if number > 0.0 { "Infinity" } else { "-Infinity" });
        } else if number == 0.0 || (1e-6..1e21).contains(&size) {
            let text = number.to_string();
            let point = if text.contains('.') { "" } else { ".0" };
            self.put(format_args!("{text}{point}"));
        } else {
            let text = format!("{number:e}");
            let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
            let point = if digits.contains('.') { "" } else { ".0" };
            let sign = if power.starts_with('-') { "" } else { "+" };
            self.put(format_args!("{digits}{point}e{sign}{power}"));
        }
    }
}

/// Decodes a floating-point number of 16 bits, the odd NaNs included.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (fraction + 1024.0) * 2_f64.powi(exponent - 25),
    };
    if bits >> 15 == 1 { -size } else { size }
}

/// The number that the bytes are, most significant first, plus `add`, in decimal.
fn decimal(bytes: &[u8], add: u32) -> String {
    let mut digits = vec![0_u8];
    let mut times_and_plus = |factor: u32, plus: u32| {
        let mut carry = plus;
        for digit in &mut digits {
            carry += u32::from(*digit) * factor;
            *digit = (carry % 10) as u8;
            carry /= 10;
        }
        while carry > 0 {
            digits.push((carry % 10) as u8);
            carry /= 10;
        }
    };
    for byte in bytes {
        times_and_plus(256, (*byte).into());
    }
    times_and_plus(1, add);
    digits.iter().rev().map(|digit| char::from(b'0' + digit)).collect()
}
