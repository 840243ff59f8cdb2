//! What works between honest parties.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    unreachable_pub,
    reason = "tests"
)]

#[path = "../../gabion-link/tests/mint/mod.rs"]
mod mint;
mod server;

use gabion_tls::TlsError;
use mint::{CLIENT, Cert, EKU, Ext, Key, purposes};
use server::{Bench, chain, sized};

fn honest(session: &mut server::Session) {
    session.honest(&chain().0, Key(3)).data(b"welcome");
    session.sealed(21, &[1, 0]);
}

/// Checks the client's side: Finished, and the data it sent.
fn check_client(outcome: &server::Outcome) {
    let records = outcome.records();
    let mut seen = outcome.seen.borrow_mut();
    let session = seen.session.as_mut().unwrap();
    let mut lane = session.client_handshake.clone().unwrap();
    let (last, flight) = records[1..].split_last().unwrap();
    for record in flight {
        let (kind, content) = lane.open(record);
        assert_eq!(kind, 22);
        if content[0] == 20 {
            let key = server::expand(&lane.secret, "finished", &[], 32);
            use gabion_crypto::HmacSha256;
            let value = gabion_crypto::Software.hmac_sha256(&key, &[&session.hash()]);
            assert_eq!(content[4..], value);
        }
        session.transcript.extend(content);
    }
    let (kind, content) = session.client_application.clone().unwrap().open(last);
    assert_eq!((kind, &content[..]), (23, &b"hello"[..]));
}

#[test]
fn a_server_with_a_certificate_is_talked_to() {
    for chacha in [false, true] {
        let bench = Bench::new(honest);
        let bench = if chacha { bench.chacha() } else { bench };
        let outcome = bench.run();
        assert_eq!(outcome.result, Ok(()));
        assert_eq!(outcome.received, b"welcome");
        assert_eq!(outcome.end, Ok(0));
        check_client(&outcome);
    }
}

#[test]
fn a_server_with_the_key_is_talked_to() {
    for chacha in [false, true] {
        let bench = Bench::with_key(|session| {
            // The binder proves that the client has the key.
            let (start, binder) = session.hello.split_at(session.hello.len() - 35);
            use gabion_crypto::{HmacSha256, Sha256, Software};
            let early = Software.hmac_sha256(&[0; 32], &[&session.psk.unwrap()]);
            let empty = Software.sha256(&[]);
            let key = server::expand(&early, "ext binder", &empty, 32).try_into().unwrap();
            let key = server::expand(&key, "finished", &[], 32);
            let expected = Software.hmac_sha256(&key, &[&Software.sha256(&[start])]);
            assert_eq!(binder[3..], expected);
            session.honest_psk().data(b"welcome");
            session.sealed(21, &[1, 0]);
        });
        let outcome = if chacha { bench.chacha() } else { bench }.run();
        assert_eq!(outcome.result, Ok(()));
        assert_eq!(outcome.received, b"welcome");
        assert_eq!(outcome.end, Ok(0));
        check_client(&outcome);
    }
}

#[test]
fn a_certificate_of_our_own_is_shown_when_it_is_asked_for() {
    let root = Cert::root("makers", Key(8));
    let own = Cert::leaf(Key(9), &root).with(Ext::new(EKU, false, purposes(&[CLIENT]))).der();
    let shown = own.clone();
    let outcome = Bench::new(|session| {
        session.server_hello().encrypted_extensions().certificate_request();
        session.certificate(&chain().0).certificate_verify(Key(3)).finished().data(b"welcome");
        session.sealed(21, &[1, 0]);
    })
    .but(|bench| bench.own = Some((vec![own], Key(9))))
    .run();
    assert_eq!((outcome.result, outcome.end), (Ok(()), Ok(0)));
    let records = outcome.records();
    let mut lane =
        outcome.seen.borrow().session.as_ref().unwrap().client_handshake.clone().unwrap();
    let certificate = lane.open(&records[1]).1;
    assert_eq!(certificate[0], 11);
    assert!(certificate.windows(shown.len()).any(|window| window == shown));
    let verify = lane.open(&records[2]).1;
    assert_eq!(verify[..6], [15, 0, 0, verify[3], 4, 3]);
    check_client(&outcome);
}

#[test]
fn without_one_the_answer_is_none() {
    let outcome = Bench::new(|session| {
        session.server_hello().encrypted_extensions().certificate_request();
        session.certificate(&chain().0).certificate_verify(Key(3)).finished();
        session.sealed(21, &[1, 0]);
    })
    .run();
    assert_eq!((outcome.result, outcome.end), (Ok(()), Ok(0)));
    let mut lane =
        outcome.seen.borrow().session.as_ref().unwrap().client_handshake.clone().unwrap();
    assert_eq!(lane.open(&outcome.records()[1]).1, [11, 0, 0, 4, 0, 0, 0, 0]);
    check_client(&outcome);
}

#[test]
fn tickets_are_passed_over_padding_too_and_messages_may_come_in_pieces() {
    let outcome = Bench::new(|session| {
        session.honest(&chain().0, Key(3));
        let ticket = server::message(4, &[7; 300]);
        session.sealed(22, &ticket);
        session.sealed(22, &ticket[..150]);
        session.sealed(22, &ticket[150..]);
        session.sealed_inner([b"wel".as_slice(), &[23], &[0; 90]].concat());
        session.data(b"").data(b"come");
        session.sealed(21, &[1, 0]);
    })
    .run();
    assert_eq!((outcome.result, outcome.end), (Ok(()), Ok(0)));
    assert_eq!(outcome.received, b"welcome");
}

#[test]
fn a_handshake_in_one_record_or_in_many_is_the_same() {
    for piece in [1, 7, 100, 16_000] {
        let outcome = Bench::new(move |session| {
            session.server_hello();
            let sealed_from = session.out.len();
            session.encrypted_extensions().certificate(&chain().0).certificate_verify(Key(3));
            session.finished();
            // Once more, in pieces: what was sealed message by message is thrown away.
            session.out.truncate(sealed_from);
            session.handshake.as_mut().unwrap().sequence = 0;
            let hellos = session.hello.len() + sealed_from - 5;
            let flight = session.transcript[hellos..].to_vec();
            let application = session.application.take();
            for part in flight.chunks(piece) {
                session.sealed(22, part);
            }
            session.application = application;
            session.data(b"welcome");
            session.sealed(21, &[1, 0]);
        })
        .run();
        assert_eq!(outcome.result, Ok(()), "{piece}");
        assert_eq!(outcome.received, b"welcome");
    }
}

#[test]
fn small_buffers_are_announced_and_limits_are_kept() {
    let outcome = Bench::new(|session| {
        // record_size_limit: 1,024 bytes of buffer less header and tag.
        let wanted = server::extension(28, &1003_u16.to_be_bytes());
        assert!(session.hello.windows(wanted.len()).any(|window| window == wanted));
        session.server_hello();
        session.send(8, &sized::<2>(&server::extension(28, &64_u16.to_be_bytes())));
        let (chain, _) = chain();
        let list: Vec<u8> =
            chain.iter().flat_map(|one| [sized::<3>(one), vec![0, 0]].concat()).collect();
        let message = server::message(11, &[&[0][..], &sized::<3>(&list)].concat());
        session.transcript.extend(&message);
        for part in message.chunks(1000) {
            session.sealed(22, part);
        }
        session.certificate_verify(Key(3)).finished();
        session.sealed(21, &[1, 0]);
    })
    .but(|bench| bench.receive = vec![0; 1024])
    .run();
    assert_eq!((outcome.result, outcome.end), (Ok(()), Ok(0)));
    assert!(outcome.records()[1..].iter().all(|record| record.len() <= 5 + 64 + 16));
}

#[test]
fn what_does_not_fit_together_sends_nothing() {
    let plans: [fn(&mut Bench); 3] = [
        |bench| bench.policy = server::BY_KEY,
        |bench| bench.with_key = true,
        |bench| bench.send = vec![0; 100],
    ];
    for change in plans {
        let outcome = Bench::new(honest).but(change).run();
        assert_eq!(outcome.result, Err(TlsError::Misuse));
        assert!(outcome.seen.borrow().sent.is_empty());
    }
}
