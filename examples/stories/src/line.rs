//! A line that somebody typed.

use zeroize::Zeroize;

use crate::console::Console;

/// Longest line in bytes: 256 bytes as hexadecimal digits, and a little.
pub(crate) const LONGEST: usize = 520;

/// One line, wiped on drop: it may hold a secret.
pub(crate) struct Line {
    bytes: [u8; LONGEST],
    len: usize,
}

/// The line is longer than [`LONGEST`]: nothing of it is used.
pub(crate) struct TooLong;

impl Line {
    /// Reads up to the next carriage return or line feed. With `echo` what comes is sent back, as a person expects; a secret is
    /// not echoed.
    pub(crate) async fn read<C: Console>(console: &mut C, echo: bool) -> Result<Self, TooLong> {
        let mut line = Self { bytes: [0; LONGEST], len: 0 };
        let mut fits = true;
        loop {
            match console.read().await {
                b'\r' | b'\n' => break,
                0x08 | 0x7f => {
                    if line.len > 0 {
                        line.len = line.len.saturating_sub(1);
                        if echo {
                            console.write(b"\x08 \x08").await;
                        }
                    }
                }
                byte => match line.bytes.get_mut(line.len) {
                    Some(place) => {
                        *place = byte;
                        line.len = line.len.saturating_add(1);
                        if echo {
                            console.write(&[byte]).await;
                        }
                    }
                    None => fits = false,
                },
            }
        }
        console.write(b"\r\n").await;
        if fits { Ok(line) } else { Err(TooLong) }
    }

    /// A line without anything on it.
    pub(crate) const fn empty() -> Self {
        Self { bytes: [0; LONGEST], len: 0 }
    }

    /// Drops the first word.
    pub(crate) fn keep_argument(&mut self) {
        let rest = self.as_bytes().trim_ascii_start();
        let skipped = rest.iter().position(|b| *b == b' ').map_or(self.len, |at| {
            self.len.saturating_sub(rest.len()).saturating_add(at).saturating_add(1)
        });
        let len = self.len.saturating_sub(skipped);
        let Some(bytes) = self.bytes.get_mut(..self.len) else { return };
        bytes.copy_within(skipped.min(self.len).., 0);
        self.len = len;
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    pub(crate) fn as_mut_bytes(&mut self) -> &mut [u8] {
        self.bytes.get_mut(..self.len).unwrap_or_default()
    }

    /// The first word and the rest.
    pub(crate) fn words(&self) -> (&str, &str) {
        let text = core::str::from_utf8(self.as_bytes()).unwrap_or("");
        let text = text.trim();
        text.split_once(' ').map_or((text, ""), |(word, rest)| (word, rest.trim()))
    }

    /// Reads hexadecimal digits into `out`; returns how many bytes there were.
    pub(crate) fn unhex(&self, out: &mut [u8]) -> Option<usize> {
        let digits = self.as_bytes().trim_ascii();
        let (pairs, rest) = digits.as_chunks::<2>();
        if !rest.is_empty() || pairs.len() > out.len() {
            return None;
        }
        for (pair, byte) in pairs.iter().zip(out.iter_mut()) {
            let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
            let value = high?.checked_mul(16)?.checked_add(low?)?;
            *byte = u8::try_from(value).ok()?;
        }
        Some(pairs.len())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}
