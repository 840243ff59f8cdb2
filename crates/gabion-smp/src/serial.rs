//! Packets on a console: lines of base64, so that log lines may stand between them.
//!
//! A line is a marker of two bytes (0x06 0x09 for the first of a packet, 0x04 0x14 for the others), base64, and a line feed. What the
//! lines decode to is a length (2, big-endian), the packet, and its CRC-16 (2, big-endian), which the length counts.

const FIRST: [u8; 2] = [0x06, 0x09];
const NEXT: [u8; 2] = [0x04, 0x14];
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Longest line with its marker and line feed, in bytes.
const LINE: usize = 127;
/// Groups of four letters in a line.
const GROUPS: usize = (LINE - 3) / 4;

/// CRC-16 of polynomial 0x1021, from 0, not reflected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Crc16(u16);

impl Crc16 {
    fn update(&mut self, byte: u8) {
        self.0 ^= u16::from(byte) << 8;
        for _ in 0..8 {
            let carry = self.0 & 0x8000 != 0;
            self.0 = (self.0 << 1) ^ if carry { 0x1021 } else { 0 };
        }
    }

    fn of(bytes: &[u8]) -> Self {
        let mut crc = Self(0);
        for byte in bytes {
            crc.update(*byte);
        }
        crc
    }
}

/// Puts packets together from the bytes of a console. `N` is the longest packet in bytes.
///
/// Lines that are not a packet's are passed over; a packet that is damaged or too long is dropped, and its client asks again.
#[derive(Debug)]
pub struct SerialReceiver<const N: usize> {
    packet: [u8; N],
    /// Bytes of the stream that were taken: length, packet, sum.
    taken: usize,
    length: [u8; 2],
    sum: [u8; 2],
    /// A packet was begun and its lines were whole so far.
    open: bool,
    place: Place,
    group: [u8; 4],
    letters: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    LineStart,
    Marker([u8; 2]),
    Letters,
    /// Behind the padding of a line.
    Padded,
    /// In a line that is not for us.
    Other,
}

impl<const N: usize> Default for SerialReceiver<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> SerialReceiver<N> {
    /// Starts at the beginning of a line.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            packet: [0; N],
            taken: 0,
            length: [0; 2],
            sum: [0; 2],
            open: false,
            place: Place::LineStart,
            group: [0; 4],
            letters: 0,
        }
    }

    /// Takes a byte; returns the packet that it completes.
    pub fn push(&mut self, byte: u8) -> Option<&[u8]> {
        if byte == b'\n' {
            return self.end_line();
        }
        self.place = match (self.place, byte) {
            (Place::LineStart, byte) if byte == FIRST[0] => Place::Marker(FIRST),
            (Place::LineStart, byte) if byte == NEXT[0] => Place::Marker(NEXT),
            (Place::Marker([_, second]), byte) if byte != second => Place::Other,
            (Place::Marker(FIRST), _) => {
                (self.open, self.taken, self.letters) = (true, 0, 0);
                Place::Letters
            }
            (Place::Marker(_), _) if self.open => {
                self.letters = 0;
                Place::Letters
            }
            // Terminals end lines with two bytes.
            (place @ (Place::Letters | Place::Padded), b'\r') => place,
            (Place::Letters, byte) => self.letter(byte),
            (Place::Padded, _) => self.drop_packet(),
            _ => Place::Other,
        };
        None
    }

    /// Gives a packet up.
    const fn drop_packet(&mut self) -> Place {
        self.open = false;
        Place::Other
    }

    fn letter(&mut self, byte: u8) -> Place {
        let Some(place) = self.group.get_mut(self.letters) else { return self.drop_packet() };
        *place = byte;
        self.letters = self.letters.saturating_add(1);
        if self.letters < 4 {
            return Place::Letters;
        }
        self.letters = 0;
        match decode(self.group) {
            Some((bytes, count)) => {
                for byte in bytes.iter().take(count) {
                    if !self.take(*byte) {
                        return self.drop_packet();
                    }
                }
                if count < 3 { Place::Padded } else { Place::Letters }
            }
            None => self.drop_packet(),
        }
    }

    /// Takes a byte of the decoded stream; `false` when there is no place for it.
    fn take(&mut self, byte: u8) -> bool {
        let at = self.taken;
        self.taken = self.taken.saturating_add(1);
        if let Some(place) = self.length.get_mut(at) {
            *place = byte;
            return true;
        }
        let Some(len) = self.packet_len() else { return false };
        let at = at.saturating_sub(2);
        let place = match at.checked_sub(len) {
            None => self.packet.get_mut(at),
            Some(at) => self.sum.get_mut(at),
        };
        match place {
            Some(place) => *place = byte,
            None => return false,
        }
        true
    }

    /// Length of the packet without its sum, if it fits.
    fn packet_len(&self) -> Option<usize> {
        usize::from(u16::from_be_bytes(self.length)).checked_sub(2).filter(|len| *len <= N)
    }

    fn end_line(&mut self) -> Option<&[u8]> {
        let place = core::mem::replace(&mut self.place, Place::LineStart);
        if !self.open || !matches!(place, Place::Letters | Place::Padded) {
            return None;
        }
        if self.letters != 0 {
            self.open = false;
            return None;
        }
        if self.taken < 2 {
            return None;
        }
        let len = self.packet_len();
        if len.is_some_and(|len| self.taken < len.saturating_add(4)) {
            return None; // more lines follow
        }
        self.open = false;
        let packet = self.packet.get(..len?)?;
        (Crc16::of(packet).0.to_be_bytes() == self.sum).then_some(packet)
    }
}

/// Decodes four letters to up to three bytes. Bits that stand for nothing must be zero.
fn decode(group: [u8; 4]) -> Option<([u8; 3], usize)> {
    let padding = match group {
        [.., b'=', b'='] => 2,
        [.., b'='] => 1,
        _ => 0,
    };
    let mut bits: u32 = 0;
    for (at, letter) in group.into_iter().enumerate() {
        let value = match letter {
            b'A'..=b'Z' => letter.wrapping_sub(b'A'),
            b'a'..=b'z' => letter.wrapping_sub(b'a').wrapping_add(26),
            b'0'..=b'9' => letter.wrapping_sub(b'0').wrapping_add(52),
            b'+' => 62,
            b'/' => 63,
            b'=' if at >= 4_usize.saturating_sub(padding) => 0,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
    }
    let [_, a, b, c] = bits.to_be_bytes();
    let stray = match padding {
        2 => b != 0 || c != 0,
        1 => c != 0,
        _ => false,
    };
    (!stray).then_some(([a, b, c], 3_usize.saturating_sub(padding)))
}

/// A line to send.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    bytes: [u8; LINE],
    len: usize,
}

impl core::ops::Deref for Line {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl Line {
    fn put(&mut self, bytes: &[u8]) {
        for (to, from) in self.bytes.iter_mut().skip(self.len).zip(bytes) {
            *to = *from;
        }
        self.len = self.len.saturating_add(bytes.len()).min(LINE);
    }
}

/// The lines of a packet, in order.
#[derive(Debug, Clone)]
pub struct SerialLines<'a> {
    packet: &'a [u8],
    length: [u8; 2],
    sum: [u8; 2],
    /// Bytes of length, packet and sum that were sent.
    sent: usize,
}

impl<'a> SerialLines<'a> {
    /// Starts. A packet of more than 65,533 bytes has no lines.
    #[must_use]
    pub fn new(packet: &'a [u8]) -> Self {
        let length = packet.len().checked_add(2).and_then(|len| u16::try_from(len).ok());
        let packet = if length.is_some() { packet } else { &[] };
        let sent = if length.is_some() { 0 } else { usize::MAX };
        let length = length.unwrap_or(0).to_be_bytes();
        Self { packet, length, sum: Crc16::of(packet).0.to_be_bytes(), sent }
    }
}

impl Iterator for SerialLines<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let total = self.packet.len().saturating_add(4);
        if self.sent >= total {
            return None;
        }
        let mut line = Line { bytes: [0; LINE], len: 0 };
        line.put(if self.sent == 0 { &FIRST } else { &NEXT });
        let mut stream =
            self.length.iter().chain(self.packet).chain(&self.sum).copied().skip(self.sent);
        for _ in 0..GROUPS {
            let Some(a) = stream.next() else { break };
            let (b, c) = (stream.next(), stream.next());
            let bits = u32::from_be_bytes([0, a, b.unwrap_or(0), c.unwrap_or(0)]);
            let letter = |shift: u32, there: bool| match usize::try_from((bits >> shift) & 63) {
                Ok(at) if there => ALPHABET.get(at).copied().unwrap_or(b'='),
                _ => b'=',
            };
            line.put(&[
                letter(18, true),
                letter(12, true),
                letter(6, b.is_some()),
                letter(0, c.is_some()),
            ]);
            self.sent = self.sent.saturating_add(3);
        }
        line.put(b"\n");
        Some(line)
    }
}
