//! The messages of a handshake, read strictly (RFC 8446 §4). What was not offered is refused.

use gabion_codec::Reader;
use gabion_crypto::P256PublicKey;
use gabion_link::x509::{CertificateVerify, ECDSA_SECP256R1_SHA256, MAX_PRESENTED};

use crate::Refusal;
use crate::format::{
    LEGACY_VERSION, MESSAGE_HEADER, RETRY_RANDOM, SECP256R1, TLS_13, extension, message,
};

/// What a ServerHello says that may differ.
pub(crate) struct ServerHello {
    pub(crate) share: P256PublicKey,
}

/// Takes the body of the message of type `kind` out of `bytes`, which it fills.
pub(crate) fn body(bytes: &[u8], kind: u8) -> Result<Reader<'_>, Refusal> {
    let mut reader = Reader::new(bytes);
    if reader.u8()? != kind {
        return Err(Refusal::Unexpected);
    }
    reader.skip(MESSAGE_HEADER - 1)?;
    Ok(reader)
}

fn list16<'a>(reader: &mut Reader<'a>) -> Result<Reader<'a>, Refusal> {
    let length = reader.u16_be()?;
    Ok(reader.nested(usize::from(length))?)
}

fn list24<'a>(reader: &mut Reader<'a>) -> Result<Reader<'a>, Refusal> {
    let [high, middle, low] = reader.array()?;
    let length = u32::from_be_bytes([0, high, middle, low]);
    Ok(reader.nested(usize::try_from(length).map_err(|_| Refusal::TooLarge)?)?)
}

/// Takes the extensions that fill the rest of a message, and gives each of the wanted ones once.
fn extensions<'a, const N: usize>(
    mut from: Reader<'a>,
    wanted: [u16; N],
    stranger: impl Fn(u16) -> Result<(), Refusal>,
) -> Result<[Option<Reader<'a>>; N], Refusal> {
    let mut list = list16(&mut from)?;
    from.finish()?;
    let mut found = [const { None }; N];
    while !list.is_empty() {
        let kind = list.u16_be()?;
        let content = list16(&mut list)?;
        match found.iter_mut().zip(wanted).find(|(_, wanted)| *wanted == kind) {
            Some((place @ None, _)) => *place = Some(content),
            Some(_) => return Err(Refusal::Extension),
            None => stranger(kind)?,
        }
    }
    Ok(found)
}

impl ServerHello {
    /// Reads it and holds it against what was offered.
    pub(crate) fn parse(bytes: &[u8], suite: u16, with_psk: bool) -> Result<Self, Refusal> {
        let mut reader = body(bytes, message::SERVER_HELLO)?;
        if reader.u16_be()? != LEGACY_VERSION {
            return Err(Refusal::Version);
        }
        let random: [u8; 32] = reader.array()?;
        // We sent no session id, so there is none to echo.
        let session = reader.u8()?;
        let chosen = reader.u16_be()?;
        let compression = reader.u8()?;
        if session != 0 {
            return Err(Refusal::Malformed);
        }
        let wanted =
            [extension::SUPPORTED_VERSIONS, extension::KEY_SHARE, extension::PRE_SHARED_KEY];
        if reader.is_empty() {
            // TLS 1.2 and below may come without any extension.
            return Err(Refusal::Version);
        }
        let is_retry = random == RETRY_RANDOM;
        let [version, share, psk] = extensions(reader, wanted, |_| Err(Refusal::Extension))
            .map_err(|refusal| if is_retry { Refusal::Retry } else { refusal })?;
        let mut version = version.ok_or(Refusal::Version)?;
        if version.u16_be()? != TLS_13 || version.finish().is_err() {
            return Err(Refusal::Version);
        }
        if is_retry {
            return Err(Refusal::Retry);
        }
        if chosen != suite || compression != 0 {
            return Err(Refusal::Suite);
        }
        match (psk, with_psk) {
            (Some(mut selected), true) => {
                if selected.u16_be()? != 0 {
                    return Err(Refusal::Crypto);
                }
                selected.finish()?;
            }
            (None, false) => {}
            // A server that does not use the key has proved nothing.
            (None, true) => return Err(Refusal::Crypto),
            (Some(_), false) => return Err(Refusal::Extension),
        }
        let mut share = share.ok_or(Refusal::Malformed)?;
        if share.u16_be()? != SECP256R1 {
            return Err(Refusal::Suite);
        }
        let mut point = list16(&mut share)?;
        share.finish()?;
        point.expect(&[4])?;
        let key = point.array()?;
        point.finish()?;
        Ok(Self { share: P256PublicKey(key) })
    }
}

/// Reads EncryptedExtensions and returns how much a record to the server may hold, if it says so.
pub(crate) fn encrypted_extensions(
    bytes: &[u8],
    offered_name: bool,
    offered_limit: bool,
) -> Result<Option<u16>, Refusal> {
    let reader = body(bytes, message::ENCRYPTED_EXTENSIONS)?;
    let wanted =
        [extension::SERVER_NAME, extension::SUPPORTED_GROUPS, extension::RECORD_SIZE_LIMIT];
    let [name, _groups, limit] = extensions(reader, wanted, |_| Err(Refusal::Extension))?;
    match name {
        Some(_) if !offered_name => return Err(Refusal::Extension),
        Some(name) => name.finish()?,
        None => {}
    }
    let Some(mut limit) = limit else { return Ok(None) };
    let most = limit.u16_be()?;
    limit.finish()?;
    if !offered_limit {
        return Err(Refusal::Extension);
    }
    // Less than 64 is not allowed (RFC 8449 §4).
    if most < 64 { Err(Refusal::Malformed) } else { Ok(Some(most)) }
}

/// Reads a CertificateRequest and tells whether it can be answered with ECDSA on P-256.
pub(crate) fn certificate_request(bytes: &[u8]) -> Result<bool, Refusal> {
    let mut reader = body(bytes, message::CERTIFICATE_REQUEST)?;
    // In the handshake it has no context.
    reader.expect(&[0])?;
    // Others may be there and mean nothing to us (§4.3.2).
    let [schemes] = extensions(reader, [extension::SIGNATURE_ALGORITHMS], |_| Ok(()))?;
    let mut schemes = schemes.ok_or(Refusal::Malformed)?;
    let mut list = list16(&mut schemes)?;
    schemes.finish()?;
    let mut can = false;
    while !list.is_empty() {
        can |= list.u16_be()? == ECDSA_SECP256R1_SHA256;
    }
    Ok(can)
}

/// Takes the certificates out of a Certificate message, the peer's own first.
pub(crate) fn certificates(bytes: &[u8]) -> Result<([&[u8]; MAX_PRESENTED], usize), Refusal> {
    let mut reader = body(bytes, message::CERTIFICATE)?;
    reader.expect(&[0])?;
    let mut list = list24(&mut reader)?;
    reader.finish()?;
    let mut found: [&[u8]; MAX_PRESENTED] = [&[]; MAX_PRESENTED];
    let mut count = 0_usize;
    let mut places = found.iter_mut();
    while !list.is_empty() {
        let place = places.next().ok_or(Refusal::TooLarge)?;
        *place = list24(&mut list)?.rest();
        // None was offered.
        if !list16(&mut list)?.is_empty() {
            return Err(Refusal::Extension);
        }
        count = count.saturating_add(1);
    }
    Ok((found, count))
}

/// Reads a CertificateVerify.
pub(crate) fn certificate_verify(bytes: &[u8]) -> Result<CertificateVerify<'_>, Refusal> {
    let mut reader = body(bytes, message::CERTIFICATE_VERIFY)?;
    let scheme = reader.u16_be()?;
    let signature = list16(&mut reader)?.rest();
    reader.finish()?;
    Ok(CertificateVerify { scheme, signature })
}

/// Reads a Finished.
pub(crate) fn finished(bytes: &[u8]) -> Result<[u8; 32], Refusal> {
    let mut reader = body(bytes, message::FINISHED)?;
    let value = reader.array()?;
    reader.finish()?;
    Ok(value)
}
