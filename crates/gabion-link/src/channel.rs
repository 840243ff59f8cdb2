//! Channels, and those that may carry secrets.

use core::fmt;

use gabion_crypto::Secret;

use crate::x509::ProvenPeer;
use crate::{ChannelPolicy, Suite, Version};

/// What a handshake proved about the other side.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Proof<'h> {
    /// Nothing.
    Nobody,
    /// A certificate and the possession of its key.
    Certificate(&'h ProvenPeer<'h>),
    /// The possession of the key of an identity.
    PresharedKey(&'h str),
}

/// What a handshake agreed on.
#[derive(Debug, Clone, Copy)]
pub struct Agreed<'h> {
    /// The version; `None` for a channel without protection.
    pub version: Option<Version>,
    /// The suite.
    pub suite: Option<Suite>,
    /// The other side.
    pub peer: Proof<'h>,
}

/// Bytes to a peer and back. An adapter to a transport or a TLS stack implements it.
pub trait Channel {
    /// What can go wrong below.
    type Error: fmt::Debug;

    /// Tells what was agreed on, as it came out of the handshake that just ended.
    fn agreed(&self) -> Agreed<'_>;

    /// Sends all of `data`.
    fn send(&mut self, data: &[u8]) -> impl Future<Output = Result<(), Self::Error>>;

    /// Receives into `buffer`; 0 at the end.
    fn receive(&mut self, buffer: &mut [u8]) -> impl Future<Output = Result<usize, Self::Error>>;

    /// Says farewell, if the protocol has one, so that the peer can tell an end from a cut. Nothing is sent after it.
    fn close(&mut self) -> impl Future<Output = Result<(), Self::Error>> {
        core::future::ready(Ok(()))
    }
}

/// A channel that a policy accepted: confidential, unforgeable, with a proven peer. Only [`ChannelPolicy::secure`] makes one.
///
/// A channel that was not checked carries no secret:
///
/// ```compile_fail,E0599
/// # use gabion_link::Channel;
/// async fn leak(mut plain: impl Channel, secret: &gabion_crypto::Secret<[u8; 32]>) {
///     plain.send_secret(secret).await;
/// }
/// ```
#[derive(Debug)]
pub struct Secured<C> {
    pub(crate) channel: C,
    pub(crate) policy: ChannelPolicy,
}

mod sealed {
    pub trait Sealed {}
}

/// A channel that may carry secrets and personal data.
pub trait Confidential: sealed::Sealed {}

impl<C> sealed::Sealed for Secured<C> {}
impl<C> Confidential for Secured<C> {}

impl<C: Channel> Secured<C> {
    /// Returns the policy that was satisfied.
    #[must_use]
    pub const fn policy(&self) -> &ChannelPolicy {
        &self.policy
    }

    /// Sends a secret.
    ///
    /// # Errors
    ///
    /// As [`Channel::send`].
    pub async fn send_secret<const N: usize>(
        &mut self,
        secret: &Secret<[u8; N]>,
    ) -> Result<(), C::Error> {
        self.channel.send(secret.expose()).await
    }

    /// Sends all of `data`.
    ///
    /// # Errors
    ///
    /// As [`Channel::send`].
    pub async fn send(&mut self, data: &[u8]) -> Result<(), C::Error> {
        self.channel.send(data).await
    }

    /// Receives into `buffer`; 0 at the end.
    ///
    /// # Errors
    ///
    /// As [`Channel::receive`].
    pub async fn receive(&mut self, buffer: &mut [u8]) -> Result<usize, C::Error> {
        self.channel.receive(buffer).await
    }

    /// Says farewell. Nothing is sent after it.
    ///
    /// # Errors
    ///
    /// As [`Channel::close`].
    pub async fn close(&mut self) -> Result<(), C::Error> {
        self.channel.close().await
    }

    /// Returns what was agreed on, and with whom.
    pub fn agreed(&self) -> Agreed<'_> {
        self.channel.agreed()
    }
}
