//! Failures.

use core::fmt;

use gabion_link::ChannelRefusal;
use gabion_link::x509::PathError;

/// What the other side did that ends the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Not TLS 1.3, whatever else it offered.
    Version,
    /// A cipher suite that was not offered.
    Suite,
    /// It asked for another key share. There is only one to have.
    Retry,
    /// A message that is not well-formed, or has bytes too many.
    Malformed,
    /// A well-formed message or record where another one had to come, or a second time.
    Unexpected,
    /// An extension that was not offered, or not for this message, or twice.
    Extension,
    /// More than the buffers hold or the protocol allows.
    TooLarge,
    /// The certificates do not prove what the policy asks for.
    Certificate(PathError),
    /// Something did not stand up to cryptography. There is no reason on purpose.
    Crypto,
    /// The handshake is sound, but not what the channel's policy asks for.
    Channel(ChannelRefusal),
    /// It wants new keys within the connection. Connect again.
    KeyUpdate,
}

/// Why there is no connection, or no longer. In each case the connection is over and its keys are wiped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsError {
    /// The transport failed. Connect again, with back-off.
    Transport(embedded_io_async::ErrorKind),
    /// The deadline passed. Connect again, with back-off.
    TimedOut,
    /// The transport ended without a farewell: what was received may be cut short. Connect again, with back-off.
    Truncated,
    /// The connection was closed or has failed before. Connect again.
    Closed,
    /// The random source failed. Nothing was sent.
    Entropy,
    /// The other side ended it with this alert (RFC 8446 §6). Connect again, with a long pause.
    Alert(u8),
    /// The other side is not who it has to be, or not sound. Log it, and make the pause long.
    Refused(Refusal),
    /// As many records as the keys are good for were sent or received. Connect again.
    KeysUsedUp,
    /// The caller: policy and credentials do not belong together, or buffers are too small. Fix the caller.
    Misuse,
}

impl From<Refusal> for TlsError {
    fn from(reason: Refusal) -> Self {
        Self::Refused(reason)
    }
}

impl From<gabion_codec::CodecError> for Refusal {
    fn from(_: gabion_codec::CodecError) -> Self {
        Self::Malformed
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Version => "the peer does not speak TLS 1.3",
            Self::Suite => "the peer chose a cipher suite that was not offered",
            Self::Retry => "the peer asked for another key share",
            Self::Malformed => "a message of the peer is malformed",
            Self::Unexpected => "the peer sent a message out of order",
            Self::Extension => "the peer sent an extension that was not offered",
            Self::TooLarge => "a message of the peer is too large",
            Self::Certificate(error) => return write!(f, "the peer's certificate: {error}"),
            Self::Crypto => "refused by cryptography",
            Self::Channel(refusal) => return refusal.fmt(f),
            Self::KeyUpdate => "the peer asked for new keys",
        })
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transport(kind) => write!(f, "the transport failed: {kind:?}"),
            Self::TimedOut => f.write_str("the peer was too slow"),
            Self::Truncated => f.write_str("the connection was cut"),
            Self::Closed => f.write_str("the connection is closed"),
            Self::Entropy => f.write_str("the random source failed"),
            Self::Alert(code) => write!(f, "the peer ended the connection with alert {code}"),
            Self::Refused(reason) => reason.fmt(f),
            Self::KeysUsedUp => f.write_str("the keys have done their work"),
            Self::Misuse => f.write_str("policy, credentials and buffers do not fit together"),
        }
    }
}

impl core::error::Error for Refusal {}
impl core::error::Error for TlsError {}

impl embedded_io_async::Error for TlsError {
    fn kind(&self) -> embedded_io_async::ErrorKind {
        match self {
            Self::Transport(kind) => *kind,
            Self::TimedOut => embedded_io_async::ErrorKind::TimedOut,
            Self::Truncated | Self::Closed => embedded_io_async::ErrorKind::ConnectionReset,
            _ => embedded_io_async::ErrorKind::Other,
        }
    }
}
