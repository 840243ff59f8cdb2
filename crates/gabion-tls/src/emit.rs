//! The messages of the client (RFC 8446 §4).

use gabion_crypto::P256PublicKey;
use gabion_link::x509::ECDSA_SECP256R1_SHA256;

use crate::TlsError;
use crate::format::{
    LEGACY_VERSION, MAX_PLAINTEXT, PSK_DHE_KE, SECP256R1, TLS_13, extension, message,
};

/// Bytes that are written one behind the other, with lengths that are known afterwards.
struct Out<'a> {
    buffer: &'a mut [u8],
    at: usize,
}

impl<'a> Out<'a> {
    const fn new(buffer: &'a mut [u8]) -> Self {
        Self { buffer, at: 0 }
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), TlsError> {
        let end = self.at.saturating_add(bytes.len());
        let place = self.buffer.get_mut(self.at..end).ok_or(TlsError::Misuse)?;
        for (to, from) in place.iter_mut().zip(bytes) {
            *to = *from;
        }
        self.at = end;
        Ok(())
    }

    fn u8(&mut self, value: u8) -> Result<(), TlsError> {
        self.bytes(&[value])
    }

    fn u16(&mut self, value: u16) -> Result<(), TlsError> {
        self.bytes(&value.to_be_bytes())
    }

    /// Content behind its length in `N` bytes.
    fn nested<const N: usize>(
        &mut self,
        content: impl FnOnce(&mut Self) -> Result<(), TlsError>,
    ) -> Result<(), TlsError> {
        let start = self.at;
        self.bytes(&[0; N])?;
        content(self)?;
        let length = self.at.saturating_sub(start.saturating_add(N));
        let length = u32::try_from(length).map_err(|_| TlsError::Misuse)?.to_be_bytes();
        let place = self.buffer.get_mut(start..).and_then(|rest| rest.first_chunk_mut::<N>());
        *place.ok_or(TlsError::Misuse)? = *length.last_chunk::<N>().ok_or(TlsError::Misuse)?;
        // A length of two bytes cannot tell more.
        if N == 2 && length > [0, 0, 0xff, 0xff] { Err(TlsError::Misuse) } else { Ok(()) }
    }
}

/// What a ClientHello says.
pub(crate) struct ClientHello<'a> {
    pub(crate) random: &'a [u8; 32],
    pub(crate) suite: u16,
    pub(crate) share: &'a P256PublicKey,
    pub(crate) host: Option<&'a str>,
    pub(crate) psk_identity: Option<&'a str>,
    /// The most that a record of the server may hold.
    pub(crate) record_limit: usize,
}

/// What stands behind the identities when there is one binder of 32 bytes: two lengths and the binder.
pub(crate) const BINDERS: usize = 2 + 1 + 32;

impl ClientHello<'_> {
    /// Writes the message and returns its length. With a PSK its last [`BINDERS`] bytes are for the binder to fill.
    pub(crate) fn emit(&self, into: &mut [u8]) -> Result<usize, TlsError> {
        let mut w = Out::new(into);
        w.u8(message::CLIENT_HELLO)?;
        w.nested::<3>(|w| {
            w.u16(LEGACY_VERSION)?;
            w.bytes(self.random)?;
            w.u8(0)?;
            w.nested::<2>(|w| w.u16(self.suite))?;
            w.bytes(&[1, 0])?;
            w.nested::<2>(|w| self.extensions(w))
        })?;
        Ok(w.at)
    }

    fn extensions(&self, w: &mut Out<'_>) -> Result<(), TlsError> {
        let add = |w: &mut Out<'_>, kind: u16, content: &[u8]| {
            w.u16(kind)?;
            w.nested::<2>(|w| w.bytes(content))
        };
        let [t0, t1] = TLS_13.to_be_bytes();
        add(w, extension::SUPPORTED_VERSIONS, &[2, t0, t1])?;
        let [g0, g1] = SECP256R1.to_be_bytes();
        add(w, extension::SUPPORTED_GROUPS, &[0, 2, g0, g1])?;
        w.u16(extension::KEY_SHARE)?;
        w.nested::<2>(|w| {
            w.nested::<2>(|w| {
                w.u16(SECP256R1)?;
                w.nested::<2>(|w| {
                    w.u8(4)?;
                    w.bytes(&self.share.0)
                })
            })
        })?;
        if self.record_limit < MAX_PLAINTEXT {
            let limit = u16::try_from(self.record_limit.saturating_add(1)).unwrap_or(u16::MAX);
            add(w, extension::RECORD_SIZE_LIMIT, &limit.to_be_bytes())?;
        }
        if let Some(host) = self.host {
            w.u16(extension::SERVER_NAME)?;
            w.nested::<2>(|w| {
                w.nested::<2>(|w| {
                    w.u8(0)?;
                    w.nested::<2>(|w| w.bytes(host.as_bytes()))
                })
            })?;
        }
        let Some(identity) = self.psk_identity else {
            let [s0, s1] = ECDSA_SECP256R1_SHA256.to_be_bytes();
            return add(w, extension::SIGNATURE_ALGORITHMS, &[0, 2, s0, s1]);
        };
        add(w, extension::PSK_MODES, &[1, PSK_DHE_KE])?;
        // Last of all (§4.2.11).
        w.u16(extension::PRE_SHARED_KEY)?;
        w.nested::<2>(|w| {
            w.nested::<2>(|w| {
                w.nested::<2>(|w| w.bytes(identity.as_bytes()))?;
                // An external key has no age.
                w.bytes(&[0; 4])
            })?;
            w.u16(33)?;
            w.u8(32)?;
            w.bytes(&[0; 32])
        })
    }
}

/// Writes a Certificate message and returns its length.
pub(crate) fn emit_certificates(chain: &[&[u8]], into: &mut [u8]) -> Result<usize, TlsError> {
    let mut w = Out::new(into);
    w.u8(message::CERTIFICATE)?;
    w.nested::<3>(|w| {
        w.u8(0)?;
        w.nested::<3>(|w| {
            chain.iter().try_for_each(|one| {
                w.nested::<3>(|w| w.bytes(one))?;
                w.u16(0)
            })
        })
    })?;
    Ok(w.at)
}

/// Writes a CertificateVerify and returns its length.
pub(crate) fn emit_certificate_verify(der: &[u8], into: &mut [u8]) -> Result<usize, TlsError> {
    let mut w = Out::new(into);
    w.u8(message::CERTIFICATE_VERIFY)?;
    w.nested::<3>(|w| {
        w.u16(ECDSA_SECP256R1_SHA256)?;
        w.nested::<2>(|w| w.bytes(der))
    })?;
    Ok(w.at)
}

/// Writes a Finished and returns its length.
pub(crate) fn emit_finished(value: &[u8; 32], into: &mut [u8]) -> Result<usize, TlsError> {
    let mut w = Out::new(into);
    w.u8(message::FINISHED)?;
    w.nested::<3>(|w| w.bytes(value))?;
    Ok(w.at)
}
