//! What the public parts promise.
// A test may stop loudly.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

mod mint;

use core::future::{Future, ready};
use core::pin::pin;
use core::task::{Context, Poll, Waker};

use gabion_crypto::{Secret, Software};
use gabion_hal::{TimeQuality, WallTime};
use gabion_link::x509::{
    CertificateVerify, ECDSA_SECP256R1_SHA256, Host, Misuse, Now, PathError, Peer, Pin, Pins,
    Policy, ProvenPeer, Refusal, TimeFloor, TrustAnchor, UnixTime, verify_path,
};
use gabion_link::{
    Agreed, Caller, Channel, ChannelPolicy, ChannelRefusal, Denied, Endpoint, Endpoints,
    PeerIdentity, Proof, Suite, Version,
};
use gabion_profile::{Authenticator, Exposure};
use mint::*;

#[test]
fn codes_and_names_of_refusals_are_distinct_and_stable() {
    let codes: Vec<u8> = Refusal::ALL.iter().map(|one| one.code()).collect();
    assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
    let mut names: Vec<&str> = Refusal::ALL.iter().map(|one| one.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), codes.len());
    assert_eq!((Refusal::Encoding.code(), Refusal::Expired.code()), (3, 40));
    assert_eq!((Refusal::UnknownIssuer.code(), Refusal::NotPinned.code()), (60, 72));
    let error = PathError::Refused { reason: Refusal::Expired, at: Some(1) };
    assert_eq!(error.to_string(), "certificate 1: the validity has ended");
    assert_eq!(
        PathError::Misuse(Misuse::NoDepth).to_string(),
        "a path of no certificates was asked for"
    );
}

#[test]
fn times_are_those_of_the_calendar() {
    let at = |y, m, d, clock| UnixTime::from_utc(y, m, d, clock).map(|time| time.0);
    assert_eq!(at(1970, 1, 1, [0, 0, 0]), Some(0));
    assert_eq!(at(1969, 12, 31, [23, 59, 59]), Some(-1));
    assert_eq!(at(1950, 1, 1, [0, 0, 0]), Some(-631_152_000));
    assert_eq!(at(2000, 2, 29, [12, 0, 0]), Some(951_825_600));
    assert_eq!(at(2038, 1, 19, [3, 14, 8]), Some(1 << 31));
    assert_eq!(at(2100, 3, 1, [0, 0, 0]), Some(4_107_542_400));
    assert_eq!(at(9999, 12, 31, [23, 59, 59]), Some(253_402_300_799));
    // Every day follows the one before.
    let mut before = at(1949, 12, 31, [0, 0, 0]).unwrap();
    for year in 1950..=2110 {
        for month in 1..=12 {
            for day in 1..=31 {
                if let Some(today) = at(year, month, day, [0, 0, 0]) {
                    assert_eq!(today - before, 86_400, "{year}-{month}-{day}");
                    before = today;
                }
            }
        }
    }
    for (month, day, clock) in [
        (0, 1, [0, 0, 0]),
        (13, 1, [0, 0, 0]),
        (1, 0, [0, 0, 0]),
        (4, 31, [0, 0, 0]),
        (1, 1, [24, 0, 0]),
        (1, 1, [0, 60, 0]),
        (1, 1, [0, 0, 60]),
    ] {
        assert_eq!(at(2026, month, day, clock), None);
    }
    assert_eq!((at(0, 1, 1, [0, 0, 0]), at(10_000, 1, 1, [0, 0, 0])), (None, None));
}

#[test]
fn hosts_are_names_or_addresses() {
    for name in ["a", "localhost", "a.b", "A-1.example.com", "1.a", "a_b.example.com", "xn--a"] {
        assert!(matches!(Host::parse(name), Ok(Host::Dns(_))), "{name}");
    }
    for address in ["192.0.2.7", "::", "2001:db8::7"] {
        assert!(matches!(Host::parse(address), Ok(Host::Ip(_))), "{address}");
    }
    let long = format!("{}.com", "a".repeat(64));
    for neither in [
        "",
        ".",
        "a.",
        ".a",
        "a..b",
        "*.a.b",
        "a b",
        "a\0",
        "ä.de",
        "-a.de",
        "a-.de",
        "127.1",
        "1.2.3.4.5",
        "a.0",
        "0x7f.1",
        "[::1]",
        "a:443",
        "https://a.b",
        "a/b",
        &long,
    ] {
        assert!(Host::parse(neither).is_err(), "{neither}");
    }
}

fn proven(names: &[Vec<u8>], pinned: bool, check: impl FnOnce(&ProvenPeer<'_>)) {
    let root = Cert::root("Root", Key(1));
    let leaf = Cert::leaf(Key(3), &root).names(names).der();
    let root = root.der();
    let anchors = [TrustAnchor::from_certificate(&root).unwrap()];
    let mut policy = Policy::new(&anchors);
    if pinned {
        let key = |key: u8| Pin::of(&Software, &Key(key).info());
        policy = policy.with_pins(Pins::new(key(3), key(9), &[]).unwrap());
    }
    let unix_seconds = noon().0.try_into().unwrap();
    let wall = WallTime { unix_seconds, quality: TimeQuality::Authenticated };
    let now = Now::new(TimeFloor::new(UnixTime(0)), Some(wall));
    let peer = Peer::Server(Host::parse(HOST).unwrap());
    let peer = verify_path::<2>(&Software, &policy, &now, &peer, &[&leaf]).unwrap();
    let transcript = [7; 32];
    let content = [&[0x20; 64][..], b"TLS 1.3, server CertificateVerify\0", &transcript].concat();
    let signature = Key(3).sign(&content);
    let verify = CertificateVerify { scheme: ECDSA_SECP256R1_SHA256, signature: &signature };
    check(&peer.prove_possession(&Software, &transcript, verify).unwrap());
}

const FLEET: ChannelPolicy = ChannelPolicy::new(
    "fleet",
    "reports to the maker; remotely accessible: no",
    "wifi",
    Version::Tls13,
    &[Suite::TlsChaCha20Poly1305, Suite::TlsAes128Gcm],
    PeerIdentity::Certificate { host: HOST, pinned: true },
    "back-off with jitter",
);
const HUB: ChannelPolicy = ChannelPolicy::new(
    "hub",
    "the hub in the house",
    "thread",
    Version::Edhoc,
    &[Suite::EdhocSuite2],
    PeerIdentity::PresharedKey { identity: "hub-7" },
    "none",
);

fn agreed(suite: Suite, peer: Proof<'_>) -> Agreed<'_> {
    Agreed { version: Some(suite.version()), suite: Some(suite), peer }
}

#[test]
fn a_channel_is_what_its_policy_says_or_it_is_refused() {
    use ChannelRefusal::{
        Host as OtherHost, NotPinned, Peer, Suite as OtherSuite, Version as OtherVersion,
    };
    proven(&[dns(HOST)], true, |peer| {
        let proof = Proof::Certificate(peer);
        for suite in FLEET.suites() {
            assert_eq!(FLEET.check(&agreed(*suite, proof)), Ok(()));
        }
        let good = agreed(Suite::TlsAes128Gcm, proof);
        let check = |change: fn(&mut Agreed<'_>)| {
            let mut agreed = good;
            change(&mut agreed);
            FLEET.check(&agreed)
        };
        assert_eq!(check(|a| a.version = None), Err(OtherVersion));
        assert_eq!(check(|a| a.version = Some(Version::Tls12)), Err(OtherVersion));
        assert_eq!(check(|a| a.version = Some(Version::Edhoc)), Err(OtherVersion));
        assert_eq!(check(|a| a.suite = None), Err(OtherSuite));
        assert_eq!(check(|a| a.suite = Some(Suite::TlsAes128Ccm)), Err(OtherSuite));
        assert_eq!(check(|a| a.peer = Proof::Nobody), Err(Peer));
        assert_eq!(check(|a| a.peer = Proof::PresharedKey(HOST)), Err(Peer));
        assert_eq!(HUB.check(&agreed(Suite::EdhocSuite2, proof)), Err(Peer));
    });
    // Verified for this host, then used where another one or a pin is asked for.
    proven(&[dns(HOST)], false, |peer| {
        let agreed = agreed(Suite::TlsAes128Gcm, Proof::Certificate(peer));
        assert_eq!(FLEET.check(&agreed), Err(NotPinned));
        let other = ChannelPolicy::new(
            "other",
            "another host",
            "wifi",
            Version::Tls13,
            &[Suite::TlsAes128Gcm],
            PeerIdentity::Certificate { host: "other.example.com", pinned: false },
            "none",
        );
        assert_eq!(other.check(&agreed), Err(OtherHost));
    });
    assert_eq!(HUB.check(&agreed(Suite::EdhocSuite2, Proof::PresharedKey("hub-7"))), Ok(()));
    assert_eq!(HUB.check(&agreed(Suite::EdhocSuite2, Proof::PresharedKey("hub-8"))), Err(Peer));
    assert_eq!(HUB.check(&agreed(Suite::EdhocSuite2, Proof::Nobody)), Err(Peer));
}

#[test]
fn a_channel_prints_its_row_of_ixit_11() {
    assert_eq!(
        FLEET.ixit_11().to_string(),
        "| fleet | reports to the maker; remotely accessible: no | wifi \
         | confidentiality, integrity, authenticity of the peer, no replay \
         | TLS 1.3, nothing below; TLS_CHACHA20_POLY1305_SHA256, TLS_AES_128_GCM_SHA256; \
         the peer has a valid certificate (ECDSA P-256, SHA-256) for fleet.example.com, \
         a key of its path pinned with a backup | back-off with jitter |"
    );
    assert_eq!(
        HUB.ixit_11().to_string(),
        "| hub | the hub in the house | thread \
         | confidentiality, integrity, authenticity of the peer, no replay \
         | OSCORE with EDHOC, nothing below; EDHOC cipher suite 2 (AES-CCM-16-64-128, SHA-256, P-256); \
         both sides have the key of hub-7, unique for the device | none |"
    );
}

/// A channel that keeps what is sent, and claims a key.
struct Wire(Vec<u8>, Option<&'static str>);

impl Channel for Wire {
    type Error = ();

    fn agreed(&self) -> Agreed<'_> {
        let peer = self.1.map_or(Proof::Nobody, Proof::PresharedKey);
        agreed(Suite::EdhocSuite2, peer)
    }

    fn send(&mut self, data: &[u8]) -> impl Future<Output = Result<(), ()>> {
        self.0.extend(data);
        ready(Ok(()))
    }

    fn receive(&mut self, buffer: &mut [u8]) -> impl Future<Output = Result<usize, ()>> {
        buffer[0] = 7;
        ready(Ok(1))
    }
}

fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("waits"),
    }
}

#[test]
fn only_a_secured_channel_sends_secrets() {
    let refused = HUB.secure(Wire(vec![], None)).map(drop);
    assert_eq!(refused.unwrap_err(), ChannelRefusal::Peer);
    let mut channel = HUB.secure(Wire(vec![], Some("hub-7"))).unwrap();
    at_once(channel.send_secret(&Secret::new(*b"sesame"))).unwrap();
    at_once(channel.send(b"!")).unwrap();
    let mut buffer = [0];
    assert_eq!((at_once(channel.receive(&mut buffer)), buffer), (Ok(1), [7]));
    assert_eq!(channel.policy(), &HUB);
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Role {
    Owner,
    User,
}

const fn endpoint(
    name: &'static str,
    authenticator: Authenticator,
    roles: &'static [Role],
    configures: bool,
) -> Endpoint<Role> {
    Endpoint {
        name,
        exposure: Exposure::Local,
        authenticator,
        roles,
        configures,
        purpose: "a test",
    }
}

const ENDPOINTS: Endpoints<Role> = Endpoints::new(&[
    endpoint("/lamp", Authenticator::UserSecret, &[Role::Owner, Role::User], false),
    endpoint("/wifi", Authenticator::UserSecret, &[Role::Owner], true),
    endpoint("/update", Authenticator::MachineKey, &[Role::Owner], true),
    endpoint("/.well-known/core", Authenticator::Public("discovery, fixed content"), &[], false),
]);

#[test]
fn every_endpoint_is_closed_to_all_but_those_it_names() {
    use Authenticator::{MachineKey, PhysicalPresence, Public, UserSecret};
    let mut open = vec![];
    for name in ["/lamp", "/wifi", "/update", "/.well-known/core", "/debug", "", "/LAMP", "/lamp/"]
    {
        for role in [Role::Owner, Role::User] {
            for authenticator in [UserSecret, MachineKey, PhysicalPresence, Public("because")] {
                if ENDPOINTS.admit(name, Some(&Caller { role, authenticator })).is_ok() {
                    open.push((name, role, authenticator));
                }
            }
        }
        assert_eq!(ENDPOINTS.admit(name, None).is_ok(), name == "/.well-known/core");
    }
    open.retain(|(name, ..)| *name != "/.well-known/core");
    let expected = [
        ("/lamp", Role::Owner, UserSecret),
        ("/lamp", Role::User, UserSecret),
        ("/wifi", Role::Owner, UserSecret),
        ("/update", Role::Owner, MachineKey),
    ];
    assert_eq!(open, expected);
    assert_eq!(ENDPOINTS.admit("/debug", None), Err(Denied));
    assert_eq!(ENDPOINTS.all().len(), 4);
}
