//! Certificates and chains of any bytes.

use core::cell::Cell;

use gabion_crypto::{CryptoError, EcdsaP256Verify, P256PublicKey, P256Signature, Sha256, Software};
use gabion_hal::{TimeQuality, WallTime};
use gabion_link::x509::{
    CertificateView, GeneralName, Host, Now, Peer, Policy, TimeFloor, TrustAnchor, UnixTime,
    verify_path,
};

/// Signatures that a fuzzer can hit: everything behind the signature check is reached so.
struct Lenient(Cell<u32>);

impl Sha256 for Lenient {
    type Digest = <Software as Sha256>::Digest;

    fn sha256_start(&self) -> Self::Digest {
        Software.sha256_start()
    }
}

impl EcdsaP256Verify for Lenient {
    fn p256_verify(
        &self,
        _key: &P256PublicKey,
        _hash: &[u8; 32],
        signature: &P256Signature,
    ) -> Result<(), CryptoError> {
        self.0.set(self.0.get() + 1);
        // Half of all signatures hold.
        if signature.0[31] & 1 == 0 { Ok(()) } else { Err(CryptoError::Refused) }
    }
}

const CHECKS: u8 = 12;
const HOST: &str = "fleet.example.com";
const TIME: i64 = 1_780_315_200;

/// Takes a list of certificates, each behind its length in two bytes: the first is the root, the others are the chain.
pub fn link_x509(data: &[u8]) {
    let mut parts = Vec::new();
    let mut rest = data;
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length)).min(after.len());
        let (part, after) = after.split_at(length);
        parts.push(part);
        rest = after;
    }
    for part in &parts {
        if let Ok(view) = CertificateView::parse(part) {
            assert_eq!(view.der(), *part, "a certificate is all its bytes");
            assert!(view.not_before() <= view.not_after());
            let names = view.alt_names().map_or(0, Iterator::count);
            assert!(names <= 128);
            assert!(view.alt_names().is_none() || names > 0);
        }
    }
    let Some((root, chain)) = parts.split_first() else { return };
    let Ok(anchor) = TrustAnchor::from_certificate(root) else { return };
    let anchors = [anchor];
    let policy = Policy::new(&anchors).with_signature_checks(CHECKS);
    let wall = WallTime { unix_seconds: TIME as u64, quality: TimeQuality::Authenticated };
    let now = Now::new(TimeFloor::new(UnixTime(0)), Some(wall));
    let peer = Peer::Server(Host::parse(HOST).unwrap());
    let lenient = Lenient(Cell::new(0));
    let verdict = verify_path::<4>(&lenient, &policy, &now, &peer, chain);
    assert!(lenient.0.get() <= u32::from(CHECKS), "work is bounded");
    if let Ok(peer) = verdict {
        let leaf = peer.certificate();
        assert_eq!(leaf.der(), chain[0]);
        assert!(lenient.0.get() >= 1, "accepted without a signature");
        assert!(leaf.not_before().0 <= TIME && TIME <= leaf.not_after().0);
        assert!(peer.path_length() <= 4 && peer.path_length() <= chain.len());
        let named = |name| match name {
            GeneralName::Dns(name) => {
                name.eq_ignore_ascii_case(HOST) || name.eq_ignore_ascii_case("*.example.com")
            }
            _ => false,
        };
        assert!(peer.names().any(named), "accepted for another name");
    }
}
