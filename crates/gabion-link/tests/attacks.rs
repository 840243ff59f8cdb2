//! Each test is named after the attack.
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

use core::cell::Cell;

use gabion_crypto::{CryptoError, EcdsaP256Verify, P256PublicKey, P256Signature, Sha256, Software};
use gabion_hal::{TimeQuality, WallTime};
use gabion_link::x509::{
    Host, MAX_PRESENTED, Now, PathError, Peer, Pin, Pins, Policy, Refusal, TimeFloor,
    TimeJudgement, TimeTrust, TrustAnchor, UnixTime, verify_path,
};
use mint::*;
use proptest::prelude::*;

fn now() -> Now {
    let unix_seconds = noon().0.try_into().unwrap();
    let wall = WallTime { unix_seconds, quality: TimeQuality::Authenticated };
    Now::new(TimeFloor::new(UnixTime(0)), Some(wall))
}

fn server() -> Peer<'static> {
    Peer::Server(Host::parse(HOST).unwrap())
}

fn good() -> (Vec<u8>, Vec<Vec<u8>>) {
    let root = Cert::root("Root", Key(1));
    let inter = Cert::inter("Inter", Key(2), &root);
    (root.der(), vec![Cert::leaf(Key(3), &inter).der(), inter.der()])
}

fn refusal(verdict: Result<impl Sized, PathError>) -> Refusal {
    match verdict {
        Err(PathError::Refused { reason, .. }) => reason,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("accepted"),
    }
}

fn views(chain: &[Vec<u8>]) -> Vec<&[u8]> {
    chain.iter().map(Vec::as_slice).collect()
}

/// Counts the signature checks that a peer costs.
struct Counting(Cell<u32>);

impl Sha256 for Counting {
    type Digest = <Software as Sha256>::Digest;

    fn sha256_start(&self) -> Self::Digest {
        Software.sha256_start()
    }
}

impl EcdsaP256Verify for Counting {
    fn p256_verify(
        &self,
        key: &P256PublicKey,
        hash: &[u8; 32],
        signature: &P256Signature,
    ) -> Result<(), CryptoError> {
        self.0.set(self.0.get() + 1);
        Software.p256_verify(key, hash, signature)
    }
}

#[test]
fn burn_the_battery_with_a_maze_of_authorities() {
    let root = Cert::root("Root", Key(1));
    let a = Cert::inter("A", Key(30), &Cert::root("B", Key(31)));
    let b = Cert::inter("B", Key(31), &Cert::root("A", Key(30)));
    let mut chain = vec![Cert::leaf(Key(3), &a).der()];
    while chain.len() < MAX_PRESENTED {
        chain.extend([a.der(), b.der()]);
    }
    chain.truncate(MAX_PRESENTED);
    let root = root.der();
    let anchors = [TrustAnchor::from_certificate(&root).unwrap()];
    for budget in [0, 1, 5, 8, 255] {
        let counting = Counting(Cell::new(0));
        let policy = Policy::new(&anchors).with_signature_checks(budget);
        let verdict = verify_path::<8>(&counting, &policy, &now(), &server(), &views(&chain));
        assert_eq!(refusal(verdict), Refusal::Exhausted);
        assert_eq!(counting.0.get(), u32::from(budget));
    }
}

#[test]
fn burn_the_battery_with_names_of_the_wrong_host() {
    // What can be refused without a signature check is.
    let (root, chain) = good();
    let anchors = [TrustAnchor::from_certificate(&root).unwrap()];
    let counting = Counting(Cell::new(0));
    let peer = Peer::Server(Host::parse("other.example.com").unwrap());
    let verdict =
        verify_path::<4>(&counting, &Policy::new(&anchors), &now(), &peer, &views(&chain));
    assert_eq!(refusal(verdict), Refusal::WrongName);
    assert_eq!(counting.0.get(), 0);
}

#[test]
fn fail_the_accelerator() {
    struct Broken;
    impl Sha256 for Broken {
        type Digest = <Software as Sha256>::Digest;
        fn sha256_start(&self) -> Self::Digest {
            Software.sha256_start()
        }
    }
    impl EcdsaP256Verify for Broken {
        fn p256_verify(
            &self,
            _: &P256PublicKey,
            _: &[u8; 32],
            _: &P256Signature,
        ) -> Result<(), CryptoError> {
            Err(CryptoError::Hardware)
        }
    }
    let (root, chain) = good();
    let anchors = [TrustAnchor::from_certificate(&root).unwrap()];
    let verdict =
        verify_path::<4>(&Broken, &Policy::new(&anchors), &now(), &server(), &views(&chain));
    assert_eq!(verdict.unwrap_err(), PathError::Hardware);
}

#[test]
fn trust_nobody_and_be_told_yes() {
    let (_, chain) = good();
    for chain in [&views(&chain)[..], &[]] {
        assert!(verify_path::<4>(&Software, &Policy::new(&[]), &now(), &server(), chain).is_err());
    }
    let (root, chain) = good();
    let anchors = [TrustAnchor::from_certificate(&root).unwrap()];
    let policy = Policy::new(&anchors);
    assert!(verify_path::<0>(&Software, &policy, &now(), &server(), &views(&chain)).is_err());
    let none = verify_path::<4>(&Software, &policy, &now(), &server(), &[]);
    assert_eq!(refusal(none), Refusal::Empty);
}

#[test]
fn take_the_clock_away() {
    let (root, chain) = good();
    let anchors = [TrustAnchor::from_certificate(&root).unwrap()];
    let floor = |year| TimeFloor::new(UnixTime::from_utc(year, 1, 1, [0, 0, 0]).unwrap());
    let judge = |now: Now, trust| {
        let policy = Policy::new(&anchors).with_time(trust);
        verify_path::<4>(&Software, &policy, &now, &server(), &views(&chain))
            .map(|peer| peer.time())
            .map_err(|error| refusal(Err::<(), _>(error)))
    };
    let wall = |year, quality| {
        let time = UnixTime::from_utc(year, 1, 1, [0, 0, 0]).unwrap().0;
        Some(WallTime { unix_seconds: time.try_into().unwrap(), quality })
    };
    use TimeQuality::{Authenticated as Sure, Floor, Unauthenticated as Unsure};
    use TimeTrust::{Any, Authenticated, FloorSuffices};
    // The chain is valid from 2025 to 2034.
    for trust in [Authenticated, Any] {
        assert_eq!(judge(Now::new(floor(2026), None), trust), Err(Refusal::TimeUnknown));
        assert_eq!(
            judge(Now::new(floor(2026), wall(2027, Floor)), trust),
            Err(Refusal::TimeUnknown)
        );
        // A clock below the floor is no clock.
        assert_eq!(
            judge(Now::new(floor(2026), wall(2025, Sure)), trust),
            Err(Refusal::TimeUnknown)
        );
    }
    assert_eq!(judge(Now::new(floor(2026), None), FloorSuffices), Ok(TimeJudgement::FloorOnly));
    assert_eq!(judge(Now::new(floor(2020), None), FloorSuffices), Ok(TimeJudgement::FloorOnly));
    for trust in [Authenticated, Any, FloorSuffices] {
        assert_eq!(judge(Now::new(floor(2036), None), trust), Err(Refusal::Expired));
        assert_eq!(judge(Now::new(floor(2026), wall(2036, Floor)), trust), Err(Refusal::Expired));
        assert_eq!(judge(Now::new(floor(2026), wall(2036, Sure)), trust), Err(Refusal::Expired));
        assert_eq!(
            judge(Now::new(floor(2020), wall(2024, Sure)), trust),
            Err(Refusal::NotYetValid)
        );
        assert_eq!(judge(Now::new(floor(2026), wall(2027, Sure)), trust), Ok(TimeJudgement::Clock));
    }
    assert_eq!(judge(Now::new(floor(2026), wall(2027, Unsure)), Any), Ok(TimeJudgement::Clock));
    assert_eq!(
        judge(Now::new(floor(2026), wall(2027, Unsure)), Authenticated),
        Err(Refusal::TimeUnknown)
    );
}

#[test]
fn set_the_clock_back_over_the_network() {
    // An unauthenticated time may not bring back what ended before the floor, nor be asked to.
    let (root, chain) = good();
    let anchors = [TrustAnchor::from_certificate(&root).unwrap()];
    let floor = TimeFloor::new(UnixTime::from_utc(2020, 1, 1, [0, 0, 0]).unwrap())
        .raised_to(UnixTime::from_utc(2036, 1, 1, [0, 0, 0]).unwrap())
        .raised_to(UnixTime(0));
    let unix_seconds = noon().0.try_into().unwrap();
    for trust in [TimeTrust::Authenticated, TimeTrust::Any, TimeTrust::FloorSuffices] {
        for quality in [TimeQuality::Unauthenticated, TimeQuality::Authenticated] {
            let now = Now::new(floor, Some(WallTime { unix_seconds, quality }));
            let policy = Policy::new(&anchors).with_time(trust);
            let verdict = verify_path::<4>(&Software, &policy, &now, &server(), &views(&chain));
            assert_eq!(refusal(verdict), Refusal::Expired);
        }
    }
}

#[test]
fn buy_a_certificate_from_a_trusted_authority_when_the_key_is_pinned() {
    let (root, chain) = good();
    let anchors = [TrustAnchor::from_certificate(&root).unwrap()];
    let pin = |key: u8| Pin::of(&Software, &Key(key).info());
    let judge = |pins: Pins<'_>| {
        let policy = Policy::new(&anchors).with_pins(pins);
        verify_path::<4>(&Software, &policy, &now(), &server(), &views(&chain))
            .map(|peer| peer.pin())
            .map_err(|error| refusal(Err::<(), _>(error)))
    };
    use gabion_link::x509::PinMatch::{Backup, Current};
    for key in [1, 2, 3] {
        assert_eq!(judge(Pins::new(pin(key), pin(9), &[]).unwrap()), Ok(Some(Current)));
        assert_eq!(judge(Pins::new(pin(9), pin(key), &[]).unwrap()), Ok(Some(Backup)));
        assert_eq!(judge(Pins::new(pin(9), pin(8), &[pin(key)]).unwrap()), Ok(Some(Backup)));
    }
    assert_eq!(judge(Pins::new(pin(9), pin(8), &[pin(7)]).unwrap()), Err(Refusal::NotPinned));
    assert!(Pins::new(pin(1), pin(1), &[]).is_err(), "a backup that is none");
}

#[test]
fn present_a_copy_of_an_exact_certificate() {
    let alone = Cert::leaf(Key(5), &Cert::root("x", Key(5)))
        .but(|c| c.issuer = c.subject.clone())
        .without(AKI);
    let trusted = [Software.sha256(&[&alone.der()])];
    let policy = Policy::new(&[]).with_exact(&trusted);
    let judge = |cert: &Cert, peer: Peer<'_>| {
        let der = cert.der();
        verify_path::<1>(&Software, &policy, &now(), &peer, &[&der])
            .map(|peer| (peer.anchor(), peer.path_length()))
            .map_err(|error| refusal(Err::<(), _>(error)))
    };
    assert_eq!(judge(&alone, server()), Ok((None, 1)));
    // The same names and key in other bytes.
    let copy = alone.clone().but(|c| c.serial = vec![2, 1, 9]);
    assert_eq!(judge(&copy, server()), Err(Refusal::SelfSigned));
    // It issues nothing.
    let below = Cert::leaf(Key(6), &alone);
    let (der, top) = (below.der(), alone.der());
    let verdict = verify_path::<4>(&Software, &policy, &now(), &server(), &[&der, &top]);
    assert_eq!(refusal(verdict), Refusal::NotAuthority);
    // Names, purposes and time hold for it as well.
    let other = Peer::Server(Host::parse("other.example.com").unwrap());
    assert_eq!(judge(&alone, other), Err(Refusal::WrongName));
    assert_eq!(judge(&alone, Peer::Client), Err(Refusal::Purpose));
}

#[test]
fn use_a_server_certificate_as_a_client_and_the_other_way_round() {
    let root = Cert::root("Root", Key(1));
    let der = root.der();
    let anchors = [TrustAnchor::from_certificate(&der).unwrap()];
    let policy = Policy::new(&anchors);
    let server_leaf = Cert::leaf(Key(3), &root).der();
    let client_leaf =
        Cert::leaf(Key(4), &root).with(Ext::new(EKU, false, purposes(&[CLIENT]))).der();
    let judge =
        |leaf: &[u8], peer| verify_path::<4>(&Software, &policy, &now(), &peer, &[leaf]).is_ok();
    assert!(judge(&server_leaf, server()) && judge(&client_leaf, Peer::Client));
    assert!(!judge(&server_leaf, Peer::Client) && !judge(&client_leaf, server()));
}

#[test]
fn speak_for_a_domain_that_the_anchor_may_not() {
    let root = Cert::root("Root", Key(1));
    let (name, key) = (root.subject.clone(), Key(1).info());
    let inter = Cert::inter("Inter", Key(2), &root);
    let chain =
        [Cert::leaf(Key(3), &inter).names(&[dns(HOST), ip("192.0.2.7")]).der(), inter.der()];
    let judge = |anchor: TrustAnchor<'_>, peer| {
        let anchors = [anchor];
        verify_path::<4>(&Software, &Policy::new(&anchors), &now(), &peer, &views(&chain))
            .map(drop)
            .map_err(|error| refusal(Err::<(), _>(error)))
    };
    let anchor = || TrustAnchor::new(&name, &key);
    let address = || Peer::Server(Host::parse("192.0.2.7").unwrap());
    assert_eq!(judge(anchor(), server()), Ok(()));
    assert_eq!(judge(anchor().limited_to_path(1), server()), Ok(()));
    assert_eq!(judge(anchor().limited_to_path(0), server()), Err(Refusal::PathLength));
    assert_eq!(judge(anchor().limited_to_domains(&["example.com"]), server()), Ok(()));
    assert_eq!(judge(anchor().limited_to_domains(&["a.org", HOST]), server()), Ok(()));
    for domains in [&["ample.com"][..], &["example.org"], &["a.fleet.example.com"], &[]] {
        let verdict = judge(anchor().limited_to_domains(domains), server());
        assert_eq!(verdict, Err(Refusal::NotPermitted));
    }
    assert_eq!(judge(anchor(), address()), Ok(()));
    assert_eq!(
        judge(anchor().limited_to_domains(&["example.com"]), address()),
        Err(Refusal::NotPermitted)
    );
    // A key that is no P-256 key never matches.
    let wrong = TrustAnchor::new(&name, &key[1..]);
    assert_eq!(judge(wrong, server()), Err(Refusal::UnsupportedKey));
}

#[test]
fn change_any_single_bit_of_a_good_chain() {
    let (root, chain) = good();
    let anchors = [TrustAnchor::from_certificate(&root).unwrap()];
    let policy = Policy::new(&anchors);
    assert!(verify_path::<4>(&Software, &policy, &now(), &server(), &views(&chain)).is_ok());
    let mut chain = chain;
    let mut tried = 0;
    for certificate in 0..chain.len() {
        for at in 0..chain[certificate].len() {
            // All eight bits where the reading is decided, one elsewhere: the signature covers that.
            let bits = if at % 3 == 0 { 0..8 } else { (at % 8)..(at % 8 + 1) };
            for bit in bits {
                chain[certificate][at] ^= 1 << bit;
                let verdict =
                    verify_path::<4>(&Software, &policy, &now(), &server(), &views(&chain));
                assert!(verdict.is_err(), "bit {bit} of byte {at} of certificate {certificate}");
                chain[certificate][at] ^= 1 << bit;
                tried += 1;
            }
        }
    }
    assert!(tried > 2000);
}

#[test]
fn cut_a_good_chain_off_anywhere() {
    let (root, chain) = good();
    let anchors = [TrustAnchor::from_certificate(&root).unwrap()];
    let policy = Policy::new(&anchors);
    for length in 0..chain[0].len() {
        let cut = [&chain[0][..length], &chain[1]];
        assert!(verify_path::<4>(&Software, &policy, &now(), &server(), &cut).is_err());
    }
    for length in 0..chain[1].len() {
        let cut = [&chain[0][..], &chain[1][..length]];
        assert!(verify_path::<4>(&Software, &policy, &now(), &server(), &cut).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn change_any_single_byte_of_a_good_chain(
        certificate in 0..2_usize,
        at in any::<prop::sample::Index>(),
        mask in 1..=255_u8,
    ) {
        let (root, mut chain) = GOOD.with(Clone::clone);
        let anchors = [TrustAnchor::from_certificate(&root).unwrap()];
        let at = at.index(chain[certificate].len());
        chain[certificate][at] ^= mask;
        let policy = Policy::new(&anchors);
        prop_assert!(verify_path::<4>(&Software, &policy, &now(), &server(), &views(&chain)).is_err());
    }

    #[test]
    fn insert_or_remove_bytes_of_a_good_chain(
        certificate in 0..2_usize,
        at in any::<prop::sample::Index>(),
        removed in 0..4_usize,
        inserted in prop::collection::vec(any::<u8>(), 0..4),
    ) {
        let (root, mut chain) = GOOD.with(Clone::clone);
        let before = chain[certificate].clone();
        let anchors = [TrustAnchor::from_certificate(&root).unwrap()];
        let at = at.index(before.len());
        chain[certificate].splice(at..(at + removed).min(before.len()), inserted);
        let policy = Policy::new(&anchors);
        let verdict = verify_path::<4>(&Software, &policy, &now(), &server(), &views(&chain));
        prop_assert_eq!(verdict.is_ok(), chain[certificate] == before);
    }
}

thread_local! {
    static GOOD: (Vec<u8>, Vec<Vec<u8>>) = good();
}
