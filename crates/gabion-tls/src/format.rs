//! Bytes on the wire (RFC 8446; docs/spec/tls.md).

/// The first byte of a record, and the last of what it protects (§5.1, §5.2).
pub(crate) mod content {
    pub(crate) const CHANGE_CIPHER_SPEC: u8 = 20;
    pub(crate) const ALERT: u8 = 21;
    pub(crate) const HANDSHAKE: u8 = 22;
    pub(crate) const DATA: u8 = 23;
}

/// Handshake messages (§4).
pub(crate) mod message {
    pub(crate) const CLIENT_HELLO: u8 = 1;
    pub(crate) const SERVER_HELLO: u8 = 2;
    pub(crate) const NEW_SESSION_TICKET: u8 = 4;
    pub(crate) const ENCRYPTED_EXTENSIONS: u8 = 8;
    pub(crate) const CERTIFICATE: u8 = 11;
    pub(crate) const CERTIFICATE_REQUEST: u8 = 13;
    pub(crate) const CERTIFICATE_VERIFY: u8 = 15;
    pub(crate) const FINISHED: u8 = 20;
    pub(crate) const KEY_UPDATE: u8 = 24;
}

/// Extensions (§4.2).
pub(crate) mod extension {
    pub(crate) const SERVER_NAME: u16 = 0;
    pub(crate) const SUPPORTED_GROUPS: u16 = 10;
    pub(crate) const SIGNATURE_ALGORITHMS: u16 = 13;
    pub(crate) const RECORD_SIZE_LIMIT: u16 = 28;
    pub(crate) const PRE_SHARED_KEY: u16 = 41;
    pub(crate) const SUPPORTED_VERSIONS: u16 = 43;
    pub(crate) const PSK_MODES: u16 = 45;
    pub(crate) const KEY_SHARE: u16 = 51;
}

/// The version that every record and hello claims, for boxes in between.
pub(crate) const LEGACY_VERSION: u16 = 0x0303;
/// TLS 1.3, where it counts.
pub(crate) const TLS_13: u16 = 0x0304;
/// The one group: P-256.
pub(crate) const SECP256R1: u16 = 0x0017;
/// A PSK always comes with a key agreement (§4.2.9).
pub(crate) const PSK_DHE_KE: u8 = 1;
/// A ServerHello with this random asks for another key share (§4.1.3).
pub(crate) const RETRY_RANDOM: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

pub(crate) const RECORD_HEADER: usize = 5;
pub(crate) const TAG: usize = 16;
/// The most that a record protects (§5.1).
pub(crate) const MAX_PLAINTEXT: usize = 1 << 14;
/// The most that padding, type and tag may add (§5.2).
pub(crate) const MAX_EXPANSION: usize = 256;
/// Messages' headers: type and a length of three bytes.
pub(crate) const MESSAGE_HEADER: usize = 4;
