//! The handshake, from the first byte to a channel that may carry secrets (RFC 8446 §2).
//!
//! It is one straight road: each message is asked for by name, in the only order there is, and the types of what was proved are
//! what the next step takes.

use embedded_io_async::{Read, Write};
use gabion_codec::{Writer, der};
use gabion_crypto::{
    CryptoError, Digest, EcdhP256, EcdsaP256Sign, EcdsaP256Verify, HmacSha256, P256PublicKey,
    Secret, Sha256, ct_eq,
};
use gabion_hal::Entropy;
use gabion_link::x509::{Host, Peer, ProvenPeer, verify_path};
use gabion_link::{PeerIdentity, Secured, Version};

use crate::channel::Proven;
use crate::cipher::code;
use crate::emit::{
    BINDERS, ClientHello, emit_certificate_verify, emit_certificates, emit_finished,
};
use crate::format::{MAX_PLAINTEXT, content, message};
use crate::handshake::{
    ServerHello, certificate_request, certificate_verify, certificates, encrypted_extensions,
    finished,
};
use crate::io::{Io, Timer};
use crate::record::{Protection, Receiver, Sender};
use crate::schedule::{self, Early, Traffic};
use crate::transcript::Transcript;
use crate::{
    Authenticate, Buffers, ClientConfig, Identity, RecordCipher, Refusal, TlsChannel, TlsError,
};

/// Certificates from the server's own to the one below the anchor.
const DEPTH: usize = 4;
/// Draws of a private key before the random source counts as broken: each fails with a chance of 2^-32.
const DRAWS: u8 = 4;

/// Connects over `transport`, checks who is at the other end, and returns the channel that the policy asks for. Nothing else in
/// this crate sends application data.
///
/// The future is dropped to give up; the transport then has to be closed.
///
/// # Errors
///
/// [`TlsError`]. Close the transport. Nothing but a ClientHello was sent unless the server proved itself, and then at most a
/// certificate, a signature and a Finished.
///
/// # Panics
///
/// Never.
///
/// # Security
///
/// The entropy decides: with a random source that can be guessed, whoever recorded the connection reads it. Revocation of
/// certificates is not checked.
pub async fn connect<'b, T, W, C, S>(
    transport: T,
    timer: W,
    entropy: &mut impl Entropy,
    crypto: &C,
    cipher: &S,
    config: &ClientConfig<'_>,
    buffers: Buffers<'b>,
) -> Result<Secured<TlsChannel<'b, T, W, S::Key>>, TlsError>
where
    T: Read + Write,
    W: Timer,
    C: Sha256<Digest: Clone> + HmacSha256 + EcdhP256 + EcdsaP256Verify + EcdsaP256Sign,
    S: RecordCipher,
{
    let (suite, _) = code(S::SUITE).ok_or(TlsError::Misuse)?;
    let fits = match (config.policy.identity(), &config.authenticate) {
        (PeerIdentity::Certificate { .. }, Authenticate::Certificate { .. }) => true,
        (PeerIdentity::PresharedKey { .. }, Authenticate::PresharedKey(_)) => {
            config.identity.is_none()
        }
        _ => false,
    };
    // A policy that cannot be satisfied does not make the device talk to anybody.
    let is_wanted =
        config.policy.minimum() == Version::Tls13 && config.policy.suites().contains(&S::SUITE);
    if !fits || !is_wanted {
        return Err(TlsError::Misuse);
    }
    let mut io = Io::new(transport, timer);
    io.allow(config.limits.handshake_ms);
    let mut receiver = Receiver::new(buffers.receive);
    let mut sender = Sender::new(buffers.send);
    let room = buffers.certificates;
    let mut transcript = Transcript::new(crypto);

    // ClientHello
    let mut random = [0; 32];
    entropy.try_fill_bytes(&mut random).map_err(|_| TlsError::Entropy)?;
    let (private, share) = draw_share(entropy, crypto)?;
    let psk = match &config.authenticate {
        Authenticate::PresharedKey(key) => Some(*key),
        Authenticate::Certificate { .. } => None,
    };
    let (host, psk_identity) = match config.policy.identity() {
        PeerIdentity::Certificate { host, .. } => (Some(host), None),
        PeerIdentity::PresharedKey { identity } => (None, Some(identity)),
        _ => return Err(TlsError::Misuse),
    };
    let early = Early::new(crypto, psk);
    let hello = ClientHello {
        random: &random,
        suite,
        share: &share,
        host,
        psk_identity,
        record_limit: receiver.limit(),
    };
    let length = hello.emit(sender.room())?;
    let bytes = sender.room().get_mut(..length).ok_or(TlsError::Misuse)?;
    if psk.is_some() {
        let (start, rest) = length
            .checked_sub(BINDERS)
            .and_then(|at| bytes.split_at_mut_checked(at))
            .ok_or(TlsError::Misuse)?;
        transcript.add(start);
        let binder = rest.last_chunk_mut::<32>().ok_or(TlsError::Misuse)?;
        *binder = early.binder(crypto, &transcript.hash());
        transcript.add(rest);
    } else {
        transcript.add(bytes);
    }
    sender.send(&mut io, content::HANDSHAKE, length).await?;

    // ServerHello
    let length = receiver.message(&mut io, room).await?;
    let bytes = room.get(..length).ok_or(TlsError::Misuse)?;
    let server = ServerHello::parse(bytes, suite, psk.is_some())?;
    transcript.add(bytes);
    let mut shared = Secret::zeroed();
    crypto.p256_agree(&private, &server.share, &mut shared).map_err(|_| Refusal::Crypto)?;
    drop(private);
    let secrets = early.agree(crypto, &shared);
    drop(shared);
    let handshake = secrets.traffic(crypto, &transcript.hash());
    receiver.protect(Protection::new(crypto, cipher, &handshake.server)?)?;

    // EncryptedExtensions
    let length = receiver.message(&mut io, room).await?;
    let bytes = room.get(..length).ok_or(TlsError::Misuse)?;
    let limit = encrypted_extensions(bytes, host.is_some(), receiver.limit() < MAX_PLAINTEXT)?;
    transcript.add(bytes);

    // CertificateRequest, Certificate, CertificateVerify; or nothing, for whoever has the key proves it in what follows
    let (proven, request, room) = match (&config.authenticate, psk_identity) {
        (Authenticate::PresharedKey(_), Some(identity)) => (Proven::Key(identity), None, room),
        (Authenticate::Certificate { trust, now }, _) => {
            let host = Host::dns(host.ok_or(TlsError::Misuse)?).map_err(|_| TlsError::Misuse)?;
            let check = |chain: &[&'b [u8]]| {
                verify_path::<DEPTH>(crypto, trust, now, &Peer::Server(host), chain)
            };
            let (peer, request, rest) =
                prove(&mut receiver, &mut io, crypto, &mut transcript, room, check).await?;
            (Proven::Certificate(peer), request, rest)
        }
        _ => return Err(TlsError::Misuse),
    };

    // Finished
    let expected = schedule::finished(crypto, &handshake.server, &transcript.hash());
    let length = receiver.message(&mut io, room).await?;
    let bytes = room.get(..length).ok_or(TlsError::Misuse)?;
    if !ct_eq(&finished(bytes)?, &expected) {
        return Err(Refusal::Crypto.into());
    }
    transcript.add(bytes);
    let application = secrets.application(crypto, &transcript.hash());
    receiver.protect(Protection::new(crypto, cipher, &application.server)?)?;
    receiver.expect_no_change_cipher();

    // Ours: only now, and only sealed. The policy is asked before a certificate of ours is shown.
    config.policy.check(&proven.agreed(S::SUITE)).map_err(Refusal::Channel)?;
    sender.protect(Protection::new(crypto, cipher, &handshake.client)?);
    if let Some(limit) = limit {
        sender.limit_to(limit);
    }
    if let Some(can_sign) = request {
        let identity = config.identity.filter(|_| can_sign);
        show(&mut sender, &mut io, crypto, &mut transcript, identity).await?;
    }
    let value = schedule::finished(crypto, &handshake.client, &transcript.hash());
    let length = emit_finished(&value, sender.room())?;
    sender.send(&mut io, content::HANDSHAKE, length).await?;
    let Traffic { client, .. } = application;
    sender.protect(Protection::new(crypto, cipher, &client)?);

    let channel = TlsChannel::new(io, receiver, sender, proven, S::SUITE, config.limits.idle_ms);
    config.policy.secure(channel).map_err(|refusal| Refusal::Channel(refusal).into())
}

fn draw_share(
    entropy: &mut impl Entropy,
    crypto: &impl EcdhP256,
) -> Result<(Secret<[u8; 32]>, P256PublicKey), TlsError> {
    let mut private = Secret::zeroed();
    for _ in 0..DRAWS {
        entropy.try_fill_bytes(private.expose_mut()).map_err(|_| TlsError::Entropy)?;
        if let Ok(share) = crypto.p256_share(&private) {
            return Ok((private, share));
        }
    }
    Err(TlsError::Entropy)
}

/// What a server with a certificate has proved, whether it asked for ours (and whether that can be given), and the room that its
/// certificates left.
type Proof<'b> = (ProvenPeer<'b>, Option<bool>, &'b mut [u8]);

/// Takes the server's certificates and the signature that goes with them, in this order, once.
async fn prove<'b, T: Read + Write, W: Timer, K: gabion_crypto::AeadKey, D: Digest + Clone>(
    receiver: &mut Receiver<'_, K>,
    io: &mut Io<T, W>,
    crypto: &(impl EcdsaP256Verify + Sha256),
    transcript: &mut Transcript<D>,
    room: &'b mut [u8],
    check: impl FnOnce(
        &[&'b [u8]],
    ) -> Result<gabion_link::x509::VerifiedPeer<'b>, gabion_link::x509::PathError>,
) -> Result<Proof<'b>, TlsError> {
    let mut request = None;
    let mut length = receiver.message(io, room).await?;
    if room.first() == Some(&message::CERTIFICATE_REQUEST) {
        let bytes = room.get(..length).ok_or(TlsError::Misuse)?;
        request = Some(certificate_request(bytes)?);
        transcript.add(bytes);
        length = receiver.message(io, room).await?;
    }
    let (bytes, rest) = room.split_at_mut_checked(length).ok_or(TlsError::Misuse)?;
    let bytes: &'b [u8] = bytes;
    let (chain, count) = certificates(bytes)?;
    let chain = chain.get(..count).ok_or(TlsError::Misuse)?;
    let verified = check(chain).map_err(Refusal::Certificate)?;
    transcript.add(bytes);
    let signed = transcript.hash();

    let length = receiver.message(io, rest).await?;
    let bytes = rest.get(..length).ok_or(TlsError::Misuse)?;
    let proven = verified
        .prove_possession(crypto, &signed, certificate_verify(bytes)?)
        .map_err(|_| Refusal::Crypto)?;
    transcript.add(bytes);
    Ok((proven, request, rest))
}

/// Answers a CertificateRequest: with our certificate and a signature, or with none.
async fn show<T: Read + Write, W: Timer, K: gabion_crypto::AeadKey, D: Digest + Clone>(
    sender: &mut Sender<'_, K>,
    io: &mut Io<T, W>,
    crypto: &(impl EcdsaP256Sign + Sha256),
    transcript: &mut Transcript<D>,
    identity: Option<Identity<'_>>,
) -> Result<(), TlsError> {
    let length = emit_certificates(identity.map_or(&[], |own| own.chain), sender.room())?;
    transcript.add(sender.room().get(..length).ok_or(TlsError::Misuse)?);
    sender.send(io, content::HANDSHAKE, length).await?;
    let Some(identity) = identity else { return Ok(()) };

    let context = b"TLS 1.3, client CertificateVerify\0";
    let hash = crypto.sha256(&[&[0x20; 64], context, &transcript.hash()]);
    let signature = crypto.p256_sign(identity.key, &hash).map_err(|error| match error {
        CryptoError::Hardware => TlsError::Entropy,
        _ => TlsError::Misuse,
    })?;
    let mut der = [0; 72];
    let mut writer = Writer::new(&mut der);
    der::emit_p256_signature(&signature.0, &mut writer).map_err(|_| TlsError::Misuse)?;
    let length = emit_certificate_verify(writer.written(), sender.room())?;
    transcript.add(sender.room().get(..length).ok_or(TlsError::Misuse)?);
    sender.send(io, content::HANDSHAKE, length).await
}
