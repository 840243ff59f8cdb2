//! What a channel has to be, in one value.

use core::fmt;

use crate::x509::Host;
use crate::{Agreed, Channel, Proof, Secured, Suite, Version};

/// Who the other side has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PeerIdentity {
    /// A server with a valid certificate for this host.
    Certificate {
        /// The host, a DNS name.
        host: &'static str,
        /// Whether a pinned key must occur in its path.
        pinned: bool,
    },
    /// Whoever has the key of this identity. The key is unique for the device.
    PresharedKey {
        /// The identity.
        identity: &'static str,
    },
}

/// Why a channel may not be used. Close it, send nothing, and log which policy refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChannelRefusal {
    /// The version is below the minimum, or of another protocol, or there is none.
    Version,
    /// The suite is not on the list.
    Suite,
    /// The other side proved nothing, or something else than the policy asks for.
    Peer,
    /// The certificate is for another host.
    Host,
    /// No key of the path is pinned.
    NotPinned,
}

impl fmt::Display for ChannelRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Version => "another protocol version was agreed on",
            Self::Suite => "another cipher suite was agreed on",
            Self::Peer => "the peer has not proved who it is",
            Self::Host => "the peer is another host",
            Self::NotPinned => "the peer's key is not pinned",
        })
    }
}

impl core::error::Error for ChannelRefusal {}

/// What one channel of the device has to be. The one place from which the handshake, the check after it and the conformance
/// statement are made.
///
/// # Examples
///
/// ```
/// use gabion_link::{ChannelPolicy, PeerIdentity, Suite, Version};
///
/// const FLEET: ChannelPolicy = ChannelPolicy::new(
///     "fleet",
///     "reports to the maker and fetches updates",
///     "wifi",
///     Version::Tls13,
///     &[Suite::TlsChaCha20Poly1305, Suite::TlsAes128Gcm],
///     PeerIdentity::Certificate { host: "fleet.example.com", pinned: true },
///     "back-off with jitter; messages are kept until acknowledged",
/// );
/// assert!(FLEET.ixit_11().to_string().starts_with("| fleet | reports to the maker"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelPolicy {
    id: &'static str,
    description: &'static str,
    interface: &'static str,
    minimum: Version,
    suites: &'static [Suite],
    identity: PeerIdentity,
    resilience: &'static str,
}

impl ChannelPolicy {
    /// Describes a channel.
    ///
    /// # Panics
    ///
    /// At compile time: without a name, an interface or a suite, with TLS 1.2, or with a suite of another protocol.
    #[must_use]
    pub const fn new(
        id: &'static str,
        description: &'static str,
        interface: &'static str,
        minimum: Version,
        suites: &'static [Suite],
        identity: PeerIdentity,
        resilience: &'static str,
    ) -> Self {
        assert!(!id.is_empty() && !interface.is_empty(), "a channel has a name and an interface");
        assert!(!matches!(minimum, Version::Tls12), "TLS 1.2 is not offered");
        assert!(!suites.is_empty(), "a channel needs a suite");
        let mut rest = suites;
        while let [first, others @ ..] = rest {
            assert!(first.version() as u8 == minimum as u8, "a suite of another protocol");
            rest = others;
        }
        Self { id, description, interface, minimum, suites, identity, resilience }
    }

    /// Returns its name, the ID of its row in IXIT 11.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// Returns the lowest version to offer.
    #[must_use]
    pub const fn minimum(&self) -> Version {
        self.minimum
    }

    /// Returns the suites to offer, the best first.
    #[must_use]
    pub const fn suites(&self) -> &'static [Suite] {
        self.suites
    }

    /// Returns who the other side has to be.
    #[must_use]
    pub const fn identity(&self) -> PeerIdentity {
        self.identity
    }

    /// Checks what a handshake agreed on, whatever was offered.
    ///
    /// # Errors
    ///
    /// [`ChannelRefusal`].
    pub fn check(&self, agreed: &Agreed<'_>) -> Result<(), ChannelRefusal> {
        if agreed.version != Some(self.minimum) {
            return Err(ChannelRefusal::Version);
        }
        if !agreed.suite.is_some_and(|suite| self.suites.contains(&suite)) {
            return Err(ChannelRefusal::Suite);
        }
        match (self.identity, agreed.peer) {
            (PeerIdentity::Certificate { host, pinned }, Proof::Certificate(proven)) => {
                let peer = proven.peer();
                if !Host::dns(host).is_ok_and(|host| peer.is_server_for(&host)) {
                    Err(ChannelRefusal::Host)
                } else if pinned && peer.pin().is_none() {
                    Err(ChannelRefusal::NotPinned)
                } else {
                    Ok(())
                }
            }
            (PeerIdentity::PresharedKey { identity }, Proof::PresharedKey(proven))
                if identity == proven =>
            {
                Ok(())
            }
            _ => Err(ChannelRefusal::Peer),
        }
    }

    /// Checks what the channel agreed on and makes it one that may carry secrets.
    ///
    /// # Errors
    ///
    /// [`ChannelRefusal`]; the channel is dropped.
    pub fn secure<C: Channel>(self, channel: C) -> Result<Secured<C>, ChannelRefusal> {
        self.check(&channel.agreed())?;
        Ok(Secured { channel, policy: self })
    }

    /// Returns the channel's row in IXIT 11 (TS 103 701), as a line of a Markdown table: ID, description, interface, security
    /// guarantees, cryptographic details, resilience measures.
    #[must_use]
    pub const fn ixit_11(&self) -> Ixit11<'_> {
        Ixit11(self)
    }
}

/// A row of IXIT 11; its `Display` is the row.
#[derive(Debug, Clone, Copy)]
pub struct Ixit11<'a>(&'a ChannelPolicy);

impl fmt::Display for Ixit11<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ChannelPolicy { id, description, interface, minimum, suites, identity, resilience } =
            self.0;
        write!(
            f,
            "| {id} | {description} | {interface} | confidentiality, integrity, authenticity of the peer, \
             no replay | {}, nothing below; ",
            minimum.name()
        )?;
        for (number, suite) in suites.iter().enumerate() {
            let comma = if number == 0 { "" } else { ", " };
            write!(f, "{comma}{}", suite.name())?;
        }
        match identity {
            PeerIdentity::Certificate { host, pinned } => {
                let pin = if *pinned { ", a key of its path pinned with a backup" } else { "" };
                write!(
                    f,
                    "; the peer has a valid certificate (ECDSA P-256, SHA-256) for {host}{pin}"
                )?;
            }
            PeerIdentity::PresharedKey { identity } => {
                write!(f, "; both sides have the key of {identity}, unique for the device")?;
            }
        }
        write!(f, " | {resilience} |")
    }
}
