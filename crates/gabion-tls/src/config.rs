//! What a connection is made with.

use gabion_crypto::Secret;
use gabion_link::ChannelPolicy;
use gabion_link::x509::{Now, Policy};

/// How the server proves who it is. It has to fit the [`PeerIdentity`](gabion_link::PeerIdentity) of the channel's policy.
#[derive(Debug, Clone, Copy)]
pub enum Authenticate<'a> {
    /// By a certificate for the policy's host, and a signature.
    Certificate {
        /// What is trusted: anchors, pins.
        trust: &'a Policy<'a>,
        /// What is known about the time.
        now: &'a Now,
    },
    /// By the key of the policy's identity, unique for the device and drawn at random: a key that a person chose can be
    /// guessed by whoever listens. Each connection has a key agreement on top.
    PresharedKey(&'a Secret<[u8; 32]>),
}

/// What the device proves itself with when the server asks for a certificate.
#[derive(Debug, Clone, Copy)]
pub struct Identity<'a> {
    /// Its certificate and those above, in DER. They have to fit into one record of the send buffer.
    pub chain: &'a [&'a [u8]],
    /// The key of the first.
    pub key: &'a Secret<[u8; 32]>,
}

/// How long things may take, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The whole handshake.
    pub handshake_ms: u32,
    /// Each call of send or receive after it.
    pub idle_ms: u32,
}

impl Limits {
    /// 20 seconds for the handshake, which includes the key agreement of a slow chip, and 60 for each call after it.
    pub const DEFAULT: Self = Self { handshake_ms: 20_000, idle_ms: 60_000 };
}

/// What one connection has to be.
#[derive(Debug, Clone, Copy)]
pub struct ClientConfig<'a> {
    /// What the channel has to be, and whom it leads to.
    pub policy: ChannelPolicy,
    /// How the server proves it.
    pub authenticate: Authenticate<'a>,
    /// The device's own certificate, shown only to a server that has proved itself. None is shown with a pre-shared key.
    pub identity: Option<Identity<'a>>,
    /// How long things may take.
    pub limits: Limits,
}

/// The memory of a connection. What lies in `receive` is wiped when the connection ends.
#[derive(Debug)]
pub struct Buffers<'b> {
    /// One record of the server. It is told what fits (RFC 8449), but not every server listens: 16,640 bytes always do.
    pub receive: &'b mut [u8],
    /// One record of ours: at least 512 bytes, and the device's own certificates if it has any.
    pub send: &'b mut [u8],
    /// The server's certificates, and 512 bytes.
    pub certificates: &'b mut [u8],
}
