//! Frames on a byte stream: `docs/spec/setup.md` section 4.

use gabion_crypto::Secret;

/// Longest body of a frame in bytes.
pub const MAX_BODY: usize = 288;
/// Longest frame in bytes.
pub const MAX_FRAME: usize = HEADER + MAX_BODY;
const HEADER: usize = 3;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    Hello = 1,
    Offer = 2,
    Share = 3,
    Answer = 4,
    Confirm = 5,
    Sealed = 6,
    Refused = 0x7f,
}

impl Kind {
    const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Hello,
            2 => Self::Offer,
            3 => Self::Share,
            4 => Self::Answer,
            5 => Self::Confirm,
            6 => Self::Sealed,
            0x7f => Self::Refused,
            _ => return None,
        })
    }
}

/// The peer sends what is no frame. Nothing that follows can be trusted to begin where it seems to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoFrame;

/// Collects bytes until a frame is whole. Wiped with each frame.
pub(crate) struct Inbox {
    bytes: Secret<[u8; MAX_FRAME]>,
    len: usize,
}

impl Inbox {
    pub(crate) const fn new() -> Self {
        Self { bytes: Secret::zeroed(), len: 0 }
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.expose_mut().fill(0);
        self.len = 0;
    }

    /// Takes bytes. Both sides take turns, so that nothing may follow a whole frame.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<Option<Kind>, NoFrame> {
        for byte in bytes {
            if self.is_whole()? {
                return Err(NoFrame);
            }
            *self.bytes.expose_mut().get_mut(self.len).ok_or(NoFrame)? = *byte;
            self.len = self.len.saturating_add(1);
            // A length that is too long or a kind that is unknown is refused before the body comes.
            self.is_whole()?;
        }
        Ok(if self.is_whole()? { self.kind() } else { None })
    }

    fn kind(&self) -> Option<Kind> {
        self.bytes.expose().first().copied().and_then(Kind::from_number)
    }

    fn is_whole(&self) -> Result<bool, NoFrame> {
        if self.len == 0 {
            return Ok(false);
        }
        self.kind().ok_or(NoFrame)?;
        if self.len < HEADER {
            return Ok(false);
        }
        let body = self.body_len();
        if body > MAX_BODY {
            return Err(NoFrame);
        }
        Ok(self.len >= HEADER.saturating_add(body))
    }

    fn body_len(&self) -> usize {
        match self.bytes.expose() {
            [_, high, low, ..] => u16::from_be_bytes([*high, *low]).into(),
        }
    }

    /// The body of a whole frame.
    pub(crate) fn body(&self) -> &[u8] {
        self.bytes.expose().get(HEADER..self.len).unwrap_or_default()
    }

    /// The header, which is authenticated with a sealed body, and the body.
    pub(crate) fn parts_mut(&mut self) -> ([u8; HEADER], &mut [u8]) {
        let header = self.bytes.expose().first_chunk().copied().unwrap_or_default();
        (header, self.bytes.expose_mut().get_mut(HEADER..self.len).unwrap_or_default())
    }
}

/// A frame to be sent. Wiped on drop.
pub struct Outbox {
    bytes: Secret<[u8; MAX_FRAME]>,
    len: usize,
}

impl Outbox {
    /// Makes an empty one; it is reused.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Secret::zeroed(), len: 0 }
    }

    /// Lends what is to be sent; empty when there is nothing.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.expose().get(..self.len).unwrap_or_default()
    }

    pub(crate) fn clear(&mut self) {
        self.len = 0;
    }

    /// Begins a frame with a body of zeros of `body` bytes, at most [`MAX_BODY`], and lends header and body.
    pub(crate) fn begin(&mut self, kind: Kind, body: usize) -> ([u8; HEADER], &mut [u8]) {
        let body = body.min(MAX_BODY);
        let [high, low] = u16::try_from(body).unwrap_or_default().to_be_bytes();
        let header = [kind as u8, high, low];
        self.len = HEADER.saturating_add(body);
        let place = self.bytes.expose_mut();
        place.fill(0);
        for (to, from) in place.iter_mut().zip(header) {
            *to = from;
        }
        (header, place.get_mut(HEADER..self.len).unwrap_or_default())
    }

    /// Puts a whole frame together from parts; what does not fit, which no caller has, is cut.
    pub(crate) fn put(&mut self, kind: Kind, parts: &[&[u8]]) {
        let len = parts.iter().fold(0_usize, |len, part| len.saturating_add(part.len()));
        let (_, body) = self.begin(kind, len);
        for (to, from) in body.iter_mut().zip(parts.iter().copied().flatten()) {
            *to = *from;
        }
    }
}

impl Default for Outbox {
    fn default() -> Self {
        Self::new()
    }
}

impl core::fmt::Debug for Outbox {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Outbox").field("len", &self.len).finish_non_exhaustive()
    }
}
