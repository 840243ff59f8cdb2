//! A chain that OpenSSL made (`tests/data/make.sh`).
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use gabion_crypto::{CryptoError, Software};
use gabion_hal::{TimeQuality, WallTime};
use gabion_link::x509::{
    CertificateVerify, CertificateView, ECDSA_SECP256R1_SHA256, GeneralName, Host, Now, PathError,
    Peer, Pin, Pins, Policy, Refusal, TimeFloor, TrustAnchor, UnixTime, VerifiedPeer, verify_path,
};

const ROOT: &[u8] = include_bytes!("data/root.der");
const INTER: &[u8] = include_bytes!("data/inter.der");
const LEAF: &[u8] = include_bytes!("data/leaf.der");

fn judge(host: &str, year: u16, policy: &Policy<'_>) -> Result<VerifiedPeer<'static>, Refusal> {
    let built = UnixTime::from_utc(2026, 1, 1, [0, 0, 0]).unwrap();
    let time = UnixTime::from_utc(year, 3, 1, [0, 0, 0]).unwrap();
    let wall =
        WallTime { unix_seconds: time.0.try_into().unwrap(), quality: TimeQuality::Authenticated };
    let now = Now::new(TimeFloor::new(built), Some(wall));
    let peer = Peer::Server(Host::parse(host).unwrap());
    verify_path::<3>(&Software, policy, &now, &peer, &[LEAF, INTER]).map_err(|error| match error {
        PathError::Refused { reason, .. } => reason,
        other => panic!("{other}"),
    })
}

#[test]
fn accepts_what_openssl_made() {
    let anchors = [TrustAnchor::from_certificate(ROOT).unwrap()];
    let policy = Policy::new(&anchors);
    for host in ["fleet.example.com", "x.dev.example.com", "192.0.2.7"] {
        let peer = judge(host, 2027, &policy).unwrap();
        assert_eq!((peer.path_length(), peer.anchor(), peer.pin()), (2, Some(0), None));
        assert_eq!(peer.names().count(), 3);
        assert_eq!(peer.names().next(), Some(GeneralName::Dns("fleet.example.com")));
    }
    assert_eq!(judge("dev.example.com", 2027, &policy).unwrap_err(), Refusal::WrongName);
    assert_eq!(judge("192.0.2.8", 2027, &policy).unwrap_err(), Refusal::WrongName);
    assert_eq!(judge("fleet.example.com", 2028, &policy).unwrap_err(), Refusal::Expired);
    assert_eq!(judge("fleet.example.com", 2026, &policy).unwrap_err(), Refusal::NotYetValid);
}

#[test]
fn accepts_the_same_root_as_name_and_key() {
    let root = CertificateView::parse(ROOT).unwrap();
    let anchors =
        [TrustAnchor::new(root.subject(), root.key_info()).limited_to_domains(&["example.com"])];
    let inter = CertificateView::parse(INTER).unwrap();
    let pins = Pins::new(
        Pin::of(&Software, inter.key_info()),
        Pin::of(&Software, b"the offline key"),
        &[],
    );
    let policy = Policy::new(&anchors).with_pins(pins.unwrap());
    assert!(judge("fleet.example.com", 2027, &policy).is_ok());
    assert_eq!(judge("192.0.2.7", 2027, &policy).unwrap_err(), Refusal::NotPermitted);
}

#[test]
fn the_signature_over_the_handshake_is_the_one_of_tls_1_3() {
    let signature = include_bytes!("data/certificate_verify.sig");
    let transcript = [0x2a; 32];
    let anchors = [TrustAnchor::from_certificate(ROOT).unwrap()];
    let policy = Policy::new(&anchors);
    let prove = |transcript: &[u8], scheme, signature: &[u8]| {
        let peer = judge("fleet.example.com", 2027, &policy).unwrap();
        peer.prove_possession(&Software, transcript, CertificateVerify { scheme, signature })
            .map(|proven| proven.peer().path_length())
    };
    assert_eq!(prove(&transcript, ECDSA_SECP256R1_SHA256, signature), Ok(2));
    assert_eq!(prove(&[0x2b; 32], ECDSA_SECP256R1_SHA256, signature), Err(CryptoError::Refused));
    assert_eq!(prove(&[0x2a; 48], ECDSA_SECP256R1_SHA256, signature), Err(CryptoError::Refused));
    assert_eq!(prove(&[0x2a; 31], ECDSA_SECP256R1_SHA256, signature), Err(CryptoError::Misuse));
    // rsa_pss_rsae_sha256 and ecdsa_secp384r1_sha384
    for scheme in [0x0804, 0x0503] {
        assert_eq!(prove(&transcript, scheme, signature), Err(CryptoError::Refused));
    }
    let (cut, longer) = (&signature[..signature.len() - 1], [&signature[..], &[0]].concat());
    assert_eq!(prove(&transcript, ECDSA_SECP256R1_SHA256, cut), Err(CryptoError::Refused));
    assert_eq!(prove(&transcript, ECDSA_SECP256R1_SHA256, &longer), Err(CryptoError::Refused));
    assert_eq!(prove(&transcript, ECDSA_SECP256R1_SHA256, &[]), Err(CryptoError::Refused));
}
