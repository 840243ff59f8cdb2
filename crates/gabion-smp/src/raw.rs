//! Packets as they are, one after the other: for streams that need no text framing. Datagrams need no receiver at all.

use crate::format::HEADER_LEN;

/// Puts packets together from a stream of bytes. `N` is the longest packet in bytes.
#[derive(Debug)]
pub struct RawReceiver<const N: usize> {
    packet: [u8; N],
    filled: usize,
    /// Bytes of a packet that was too long and is passed over.
    skip: usize,
}

impl<const N: usize> Default for RawReceiver<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> RawReceiver<N> {
    /// Starts at the beginning of a packet.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(N > HEADER_LEN, "room for a header and more") }
        Self { packet: [0; N], filled: 0, skip: 0 }
    }

    /// Takes a byte; returns the packet that it completes. A packet that does not fit is passed over.
    pub fn push(&mut self, byte: u8) -> Option<&[u8]> {
        if self.skip > 0 {
            self.skip = self.skip.saturating_sub(1);
            return None;
        }
        *self.packet.get_mut(self.filled)? = byte;
        self.filled = self.filled.saturating_add(1);
        if self.filled < HEADER_LEN {
            return None;
        }
        let [_, _, l0, l1, ..] = self.packet.as_slice() else { return None };
        let whole = usize::from(u16::from_be_bytes([*l0, *l1])).saturating_add(HEADER_LEN);
        if whole > N {
            self.skip = whole.saturating_sub(HEADER_LEN);
            self.filled = 0;
            return None;
        }
        if self.filled < whole {
            return None;
        }
        self.filled = 0;
        self.packet.get(..whole)
    }

    /// Forgets a packet that was begun: after a silence, or when the connection is new.
    pub const fn reset(&mut self) {
        self.filled = 0;
        self.skip = 0;
    }
}
