//! Protocols and suites, by the names that a handshake and a statement use.

/// A protocol in a version, from the weakest of its family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Version {
    /// TLS 1.2. There is no suite for it: it can only be refused.
    Tls12,
    /// TLS 1.3 (RFC 8446) or DTLS 1.3 (RFC 9147).
    Tls13,
    /// OSCORE (RFC 8613) keyed by EDHOC (RFC 9528).
    Edhoc,
}

/// What encrypts and authenticates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Suite {
    /// `TLS_AES_128_GCM_SHA256`.
    TlsAes128Gcm,
    /// `TLS_AES_256_GCM_SHA384`.
    TlsAes256Gcm,
    /// `TLS_CHACHA20_POLY1305_SHA256`.
    TlsChaCha20Poly1305,
    /// `TLS_AES_128_CCM_SHA256`.
    TlsAes128Ccm,
    /// EDHOC cipher suite 2: AES-CCM-16-64-128, SHA-256, P-256.
    EdhocSuite2,
}

impl Version {
    /// Returns its name in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
            Self::Edhoc => "OSCORE with EDHOC",
        }
    }
}

impl Suite {
    /// Returns the protocol that it belongs to.
    #[must_use]
    pub const fn version(self) -> Version {
        match self {
            Self::EdhocSuite2 => Version::Edhoc,
            _ => Version::Tls13,
        }
    }

    /// Returns its registered name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TlsAes128Gcm => "TLS_AES_128_GCM_SHA256",
            Self::TlsAes256Gcm => "TLS_AES_256_GCM_SHA384",
            Self::TlsChaCha20Poly1305 => "TLS_CHACHA20_POLY1305_SHA256",
            Self::TlsAes128Ccm => "TLS_AES_128_CCM_SHA256",
            Self::EdhocSuite2 => "EDHOC cipher suite 2 (AES-CCM-16-64-128, SHA-256, P-256)",
        }
    }
}
