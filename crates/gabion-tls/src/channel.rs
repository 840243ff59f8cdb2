//! The channel that a handshake leaves.

use embedded_io_async::{Read, Write};
use gabion_crypto::AeadKey;
use gabion_link::x509::ProvenPeer;
use gabion_link::{Agreed, Channel, Proof, Suite, Version};

use crate::format::{MESSAGE_HEADER, content, message};
use crate::io::{Io, Timer};
use crate::record::{CLOSE_NOTIFY, Receiver, Sender};
use crate::{Refusal, TlsError};

/// Session tickets that a server may send in a row before any data: we resume nothing.
const MAX_TICKETS: u8 = 8;

/// What the server proved. One lives in each connection: a pointer to it would need a heap.
#[allow(clippy::large_enum_variant, reason = "no heap to box the larger one")]
pub(crate) enum Proven<'b> {
    Certificate(ProvenPeer<'b>),
    Key(&'static str),
}

impl Proven<'_> {
    pub(crate) const fn agreed(&self, suite: Suite) -> Agreed<'_> {
        let peer = match self {
            Self::Certificate(peer) => Proof::Certificate(peer),
            Self::Key(identity) => Proof::PresharedKey(identity),
        };
        Agreed { version: Some(Version::Tls13), suite: Some(suite), peer }
    }
}

/// A TLS 1.3 connection. It comes only in a [`Secured`](gabion_link::Secured), which sends and receives.
///
/// After any error it is over. Dropping it ends the connection without a farewell: [`Channel::close`] says one.
pub struct TlsChannel<'b, T, W, K> {
    io: Io<T, W>,
    receiver: Receiver<'b, K>,
    sender: Sender<'b, K>,
    proven: Proven<'b>,
    suite: Suite,
    idle_ms: u32,
    state: State,
    tickets: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The server said farewell: it sends nothing more.
    Ended,
    Broken,
}

impl<K, T, W> core::fmt::Debug for TlsChannel<'_, T, W, K> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("TlsChannel").field("state", &self.state).finish_non_exhaustive()
    }
}

impl<'b, T: Read + Write, W: Timer, K: AeadKey> TlsChannel<'b, T, W, K> {
    pub(crate) const fn new(
        io: Io<T, W>,
        receiver: Receiver<'b, K>,
        sender: Sender<'b, K>,
        proven: Proven<'b>,
        suite: Suite,
        idle_ms: u32,
    ) -> Self {
        Self { io, receiver, sender, proven, suite, idle_ms, state: State::Open, tickets: 0 }
    }

    async fn send_all(&mut self, data: &[u8]) -> Result<(), TlsError> {
        let mut rest = data;
        while !rest.is_empty() {
            let mut count = 0_usize;
            for (to, from) in self.sender.room().iter_mut().zip(rest) {
                *to = *from;
                count = count.saturating_add(1);
            }
            rest = match rest.get(count..) {
                Some(less) if count > 0 => less,
                _ => return Err(TlsError::Misuse),
            };
            self.sender.send(&mut self.io, content::DATA, count).await?;
        }
        Ok(())
    }

    async fn receive_some(&mut self, buffer: &mut [u8]) -> Result<usize, TlsError> {
        while self.receiver.unread().is_empty() {
            match self.receiver.next(&mut self.io).await? {
                content::DATA => self.tickets = 0,
                content::HANDSHAKE => self.ticket().await?,
                _ => match self.receiver.alert() {
                    TlsError::Alert(CLOSE_NOTIFY) => {
                        self.state = State::Ended;
                        return Ok(0);
                    }
                    alert => return Err(alert),
                },
            }
        }
        Ok(self.receiver.take(buffer))
    }

    /// Passes over a session ticket: the only message that may come now.
    async fn ticket(&mut self) -> Result<(), TlsError> {
        while !self.receiver.unread().is_empty() {
            self.tickets = self.tickets.saturating_add(1);
            let mut header = [0; MESSAGE_HEADER];
            self.pass(&mut header).await?;
            let [kind, high, middle, low] = header;
            match kind {
                message::NEW_SESSION_TICKET if high == 0 && self.tickets <= MAX_TICKETS => {}
                message::KEY_UPDATE => return Err(Refusal::KeyUpdate.into()),
                _ => return Err(Refusal::Unexpected.into()),
            }
            let mut length = usize::from(u16::from_be_bytes([middle, low]));
            while length > 0 {
                let mut piece = [0; 32];
                let count = length.min(piece.len());
                self.pass(piece.get_mut(..count).unwrap_or_default()).await?;
                length = length.saturating_sub(count);
            }
        }
        Ok(())
    }

    async fn pass(&mut self, into: &mut [u8]) -> Result<(), TlsError> {
        self.receiver.fill(&mut self.io, into).await
    }
}

impl<T: Read + Write, W: Timer, K: AeadKey> Channel for TlsChannel<'_, T, W, K> {
    type Error = TlsError;

    fn agreed(&self) -> Agreed<'_> {
        self.proven.agreed(self.suite)
    }

    async fn send(&mut self, data: &[u8]) -> Result<(), TlsError> {
        if self.state == State::Broken {
            return Err(TlsError::Closed);
        }
        // Until it is done it has failed: a future that is dropped half-way leaves half a record behind.
        let before = core::mem::replace(&mut self.state, State::Broken);
        self.io.allow(self.idle_ms);
        self.send_all(data).await?;
        self.state = before;
        Ok(())
    }

    async fn receive(&mut self, buffer: &mut [u8]) -> Result<usize, TlsError> {
        match self.state {
            State::Open => {}
            State::Ended => return Ok(0),
            State::Broken => return Err(TlsError::Closed),
        }
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.receiver.unread().is_empty() {
            // As in `send`.
            self.state = State::Broken;
            self.io.allow(self.idle_ms);
            let count = self.receive_some(buffer).await?;
            if self.state == State::Broken {
                self.state = State::Open;
            }
            return Ok(count);
        }
        Ok(self.receiver.take(buffer))
    }

    async fn close(&mut self) -> Result<(), TlsError> {
        if core::mem::replace(&mut self.state, State::Broken) == State::Broken {
            return Err(TlsError::Closed);
        }
        self.io.allow(self.idle_ms);
        let [level, code, ..] = self.sender.room() else { return Err(TlsError::Misuse) };
        (*level, *code) = (1, CLOSE_NOTIFY);
        self.sender.send(&mut self.io, content::ALERT, 2).await
    }
}
