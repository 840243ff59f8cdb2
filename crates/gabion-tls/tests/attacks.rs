//! What a hostile server tries. It holds the right keys of the key agreement, which anybody can; what it lacks is said by each
//! test's name. Every one of them ends in a refusal, in bounded time, and nothing of ours is shown.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    unreachable_pub,
    dropping_references,
    clippy::type_complexity,
    reason = "tests"
)]

#[path = "../../gabion-link/tests/mint/mod.rs"]
mod mint;
mod server;

use gabion_link::x509::{PathError, Refusal as PathRefusal, UnixTime};
use gabion_tls::{Refusal, TlsError};
use mint::{BC, CERT_SIGN, CLIENT, Cert, EKU, Ext, KU, Key, basic, dns, purposes, usage};
use server::{Bench, Outcome, Session, chain, extension, message, sized};

/// Runs a plan that has to fail before anything but the hello was sent.
fn refused(plan: impl FnMut(&mut Session) + 'static) -> Refusal {
    unproven(Bench::new(plan)).refusal()
}

fn unproven(bench: Bench) -> Outcome {
    // With a certificate of our own that must not be shown.
    let outcome = bench.run();
    assert!(outcome.result.is_err(), "accepted");
    assert_eq!(outcome.records().len(), 1, "something was shown to a server that proved nothing");
    assert!(outcome.ms <= 20_000);
    outcome
}

fn hello(session: &mut Session) -> &mut Session {
    session.server_hello().encrypted_extensions()
}

#[test]
fn omitted_certificate_and_signature() {
    assert_eq!(refused(|s| drop(hello(s).finished())), Refusal::Unexpected);
    assert_eq!(refused(|s| drop(hello(s).certificate_request().finished())), Refusal::Unexpected);
}

#[test]
fn omitted_certificate() {
    assert_eq!(
        refused(|s| drop(hello(s).certificate_verify(Key(3)).finished())),
        Refusal::Unexpected
    );
}

#[test]
fn omitted_signature() {
    assert_eq!(refused(|s| drop(hello(s).certificate(&chain().0).finished())), Refusal::Unexpected);
}

#[test]
fn omitted_encrypted_extensions() {
    let plan = |s: &mut Session| {
        s.server_hello().certificate(&chain().0).certificate_verify(Key(3)).finished();
    };
    assert_eq!(refused(plan), Refusal::Unexpected);
}

#[test]
fn omitted_finished() {
    let plan = |s: &mut Session| {
        hello(s).certificate(&chain().0).certificate_verify(Key(3)).application_keys();
        s.data(b"do this");
    };
    assert_eq!(refused(plan), Refusal::Crypto);
    let plan = |s: &mut Session| {
        hello(s).certificate(&chain().0).certificate_verify(Key(3)).data(b"do this");
    };
    assert_eq!(refused(plan), Refusal::Unexpected);
}

#[test]
fn signature_before_the_certificate() {
    let plan = |s: &mut Session| {
        drop(hello(s).certificate_verify(Key(3)).certificate(&chain().0).finished())
    };
    assert_eq!(refused(plan), Refusal::Unexpected);
}

#[test]
fn messages_twice() {
    let twice: [fn(&mut Session); 6] = [
        |s| drop(hello(s).encrypted_extensions().certificate(&chain().0)),
        |s| drop(hello(s).certificate_request().certificate_request()),
        |s| drop(hello(s).certificate(&chain().0).certificate(&chain().0)),
        |s| drop(hello(s).certificate(&chain().0).certificate_request()),
        |s| {
            hello(s).certificate(&chain().0).certificate_verify(Key(3));
            s.certificate_verify(Key(3)).finished();
        },
        |s| {
            hello(s).certificate(&chain().0).certificate_verify(Key(3)).certificate(&chain().0);
            s.certificate_verify(Key(3)).finished();
        },
    ];
    for plan in twice {
        assert_eq!(refused(plan), Refusal::Unexpected);
    }
    let second_hello = |s: &mut Session| {
        s.server_hello();
        let body = s.hello_body(&s.hello_extensions());
        s.send(2, &body);
    };
    assert_eq!(refused(second_hello), Refusal::Unexpected);
}

#[test]
fn no_finished_and_another_after_it() {
    let outcome = Bench::new(|s| {
        s.honest(&chain().0, Key(3));
        s.sealed(22, &message(20, &[0; 32]));
    })
    .run();
    assert_eq!(outcome.result, Ok(()));
    assert_eq!(outcome.end, Err(TlsError::Refused(Refusal::Unexpected)));
}

#[test]
fn messages_behind_finished_in_its_record() {
    let plan = |s: &mut Session| {
        hello(s).certificate(&chain().0).certificate_verify(Key(3));
        let key = server::expand(&s.handshake.as_ref().unwrap().secret, "finished", &[], 32);
        use gabion_crypto::HmacSha256;
        let value = gabion_crypto::Software.hmac_sha256(&key, &[&s.hash()]);
        let both = [message(20, &value), message(4, &[0; 20])].concat();
        s.sealed(22, &both);
    };
    assert_eq!(refused(plan), Refusal::Unexpected);
}

#[test]
fn messages_behind_the_hello_in_its_record() {
    let plan = |s: &mut Session| {
        let body = s.hello_body(&s.hello_extensions());
        let both = [message(2, &body), message(8, &[0, 0])].concat();
        s.plain(22, &both);
    };
    assert_eq!(refused(plan), Refusal::Unexpected);
}

#[test]
fn handshake_without_protection() {
    let plan = |s: &mut Session| {
        s.server_hello();
        s.plain(22, &message(8, &[0, 0]));
    };
    assert_eq!(refused(plan), Refusal::Unexpected);
    let plan = |s: &mut Session| s.plain(23, b"do this");
    assert_eq!(refused(plan), Refusal::Unexpected);
    let plan = |s: &mut Session| {
        s.server_hello();
        s.plain(21, &[1, 0]);
    };
    assert_eq!(refused(plan), Refusal::Unexpected);
}

#[test]
fn every_certificate_that_does_not_do() {
    let root = Cert::root("root", Key(1));
    let inter = Cert::inter("inter", Key(2), &root);
    let leaf = || Cert::leaf(Key(3), &inter);
    let below_leaf = Cert::leaf(Key(4), &leaf());
    let short = Cert::inter("short", Key(2), &root).with(Ext::new(BC, true, basic(true, Some(0))));
    let deeper = Cert::inter("deeper", Key(5), &short);
    let cases: Vec<(&str, Vec<Vec<u8>>, Key, PathRefusal)> = vec![
        ("no certificate", vec![], Key(3), PathRefusal::Empty),
        (
            "another name",
            vec![leaf().names(&[dns("evil.example.com")]).der(), inter.der()],
            Key(3),
            PathRefusal::WrongName,
        ),
        (
            "expired",
            vec![leaf().but(|c| c.not_after = mint::utc("260101000000Z")).der(), inter.der()],
            Key(3),
            PathRefusal::Expired,
        ),
        (
            "not yet valid",
            vec![leaf().but(|c| c.not_before = mint::utc("270101000000Z")).der(), inter.der()],
            Key(3),
            PathRefusal::NotYetValid,
        ),
        (
            "issued by a leaf",
            vec![below_leaf.der(), leaf().der(), inter.der()],
            Key(4),
            PathRefusal::NotAuthority,
        ),
        (
            "an authority too deep",
            vec![Cert::leaf(Key(3), &deeper).der(), deeper.der(), short.der()],
            Key(3),
            PathRefusal::PathLength,
        ),
        (
            "an unknown critical extension",
            vec![leaf().with(Ext::other(&[0x2a, 3, 4], true, vec![5, 0])).der(), inter.der()],
            Key(3),
            PathRefusal::UnknownCritical,
        ),
        (
            "a client's certificate",
            vec![leaf().with(Ext::new(EKU, false, purposes(&[CLIENT]))).der(), inter.der()],
            Key(3),
            PathRefusal::Purpose,
        ),
        (
            "may not sign",
            vec![leaf().with(Ext::new(KU, true, usage(CERT_SIGN))).der(), inter.der()],
            Key(3),
            PathRefusal::LeafIsAuthority,
        ),
        (
            "self-signed",
            vec![Cert::root("root", Key(6)).der()],
            Key(6),
            PathRefusal::LeafIsAuthority,
        ),
        (
            "signed by somebody else",
            vec![leaf().but(|c| c.signer = Key(7)).der(), inter.der()],
            Key(3),
            PathRefusal::Signature,
        ),
        ("nonsense", vec![vec![0x30, 3, 2, 1, 1]], Key(3), PathRefusal::Encoding),
    ];
    for (name, chain, key, expected) in cases {
        match refused(move |s| drop(s.honest(&chain, key))) {
            Refusal::Certificate(PathError::Refused { reason, .. }) => {
                assert_eq!(reason, expected, "{name}")
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn too_many_certificates() {
    let many = vec![chain().0[0].clone(); 17];
    assert_eq!(refused(move |s| drop(hello(s).certificate(&many))), Refusal::TooLarge);
}

#[test]
fn a_clock_before_the_firmware_was_built() {
    let bench = Bench::new(|s| drop(s.honest(&chain().0, Key(3))))
        .but(|b| b.clock = UnixTime::from_utc(2020, 1, 1, [0; 3]).unwrap());
    let refusal = unproven(bench).refusal();
    assert!(matches!(
        refusal,
        Refusal::Certificate(PathError::Refused { reason: PathRefusal::TimeUnknown, .. })
    ));
}

#[test]
fn the_right_certificate_without_its_key() {
    assert_eq!(refused(|s| drop(s.honest(&chain().0, Key(4)))), Refusal::Crypto);
}

#[test]
fn a_signature_over_another_handshake() {
    let plan = |s: &mut Session| {
        hello(s).certificate(&chain().0);
        let transcript = core::mem::replace(&mut s.transcript, b"another".to_vec());
        let at = s.out.len();
        s.certificate_verify(Key(3));
        let body = s.transcript[b"another".len() + 4..].to_vec();
        s.out.truncate(at);
        s.handshake.as_mut().unwrap().sequence -= 1;
        s.transcript = transcript;
        s.send(15, &body).finished();
    };
    assert_eq!(refused(plan), Refusal::Crypto);
}

#[test]
fn a_signature_of_another_scheme() {
    for scheme in [[8, 4], [5, 3], [8, 7], [2, 3]] {
        let plan = move |s: &mut Session| {
            hello(s).certificate(&chain().0);
            s.send(15, &[&scheme[..], &sized::<2>(&[0; 70])].concat()).finished();
        };
        assert_eq!(refused(plan), Refusal::Crypto);
    }
}

#[test]
fn a_wrong_finished() {
    let plan = |s: &mut Session| {
        hello(s).certificate(&chain().0).certificate_verify(Key(3)).finished_of(&[0; 32]);
    };
    assert_eq!(refused(plan), Refusal::Crypto);
    let plan = |s: &mut Session| {
        hello(s).certificate(&chain().0).certificate_verify(Key(3)).finished_of(&[]);
    };
    assert_eq!(refused(plan), Refusal::Malformed);
}

#[test]
fn downgrades() {
    let cases: [(fn(&mut Session) -> Vec<u8>, Refusal); 8] = [
        // TLS 1.2, with extensions and without.
        (|s| s.hello_body(&extension(0xff01, &[0])), Refusal::Extension),
        (
            |s| {
                let body = s.hello_body(&[]);
                body[..body.len() - 2].to_vec()
            },
            Refusal::Version,
        ),
        (|s| s.hello_body(&[]), Refusal::Version),
        // The version that counts.
        (
            |s| {
                let mut list = s.hello_extensions();
                list[5] = 3;
                s.hello_body(&list)
            },
            Refusal::Version,
        ),
        // The version that does not.
        (
            |s| {
                let mut body = s.hello_body(&s.hello_extensions());
                body[1] = 1;
                body
            },
            Refusal::Version,
        ),
        // A suite that was not offered: AES-256-GCM, and one of TLS 1.2.
        (
            |s| {
                let mut body = s.hello_body(&s.hello_extensions());
                body[36] = 2;
                body
            },
            Refusal::Suite,
        ),
        // A compression.
        (
            |s| {
                let mut body = s.hello_body(&s.hello_extensions());
                body[37] = 1;
                body
            },
            Refusal::Suite,
        ),
        // Another group.
        (
            |s| {
                let mut list = s.hello_extensions();
                list[11] = 29;
                s.hello_body(&list)
            },
            Refusal::Suite,
        ),
    ];
    for (number, (body, expected)) in cases.into_iter().enumerate() {
        let plan = move |s: &mut Session| {
            let body = body(s);
            s.server_hello_of(&body);
        };
        assert_eq!(refused(plan), expected, "{number}");
    }
}

#[test]
fn a_hello_retry_request() {
    let plan = |s: &mut Session| {
        let mut body = s.hello_body(&[extension(43, &[3, 4]), extension(51, &[0, 24])].concat());
        use gabion_crypto::Sha256;
        body[2..34].copy_from_slice(&gabion_crypto::Software.sha256(&[b"HelloRetryRequest"]));
        s.server_hello_of(&body);
    };
    assert_eq!(refused(plan), Refusal::Retry);
}

#[test]
fn a_share_that_is_no_point_of_the_curve() {
    for point in [[0_u8; 64], [0xff; 64], [4; 64]] {
        let plan = move |s: &mut Session| {
            let share = [&[0, 0x17][..], &sized::<2>(&[&[4][..], &point].concat())].concat();
            let list = [extension(43, &[3, 4]), extension(51, &share)].concat();
            let body = s.hello_body(&list);
            s.server_hello_of(&body);
        };
        assert_eq!(refused(plan), Refusal::Crypto);
    }
}

#[test]
fn extensions_that_were_not_offered() {
    let plan = |s: &mut Session| {
        let list = [s.hello_extensions(), extension(41, &[0, 0])].concat();
        let body = s.hello_body(&list);
        s.server_hello_of(&body);
    };
    assert_eq!(refused(plan), Refusal::Extension);
    for kind in [16_u16, 42, 43, 51, 5, 0xfe0d, 28] {
        let plan = move |s: &mut Session| {
            s.server_hello().send(8, &sized::<2>(&extension(kind, &[0, 64])));
        };
        assert_eq!(refused(plan), Refusal::Extension, "{kind}");
    }
    let twice = |s: &mut Session| {
        let list = [extension(0, &[]), extension(0, &[])].concat();
        s.server_hello().send(8, &sized::<2>(&list));
    };
    assert_eq!(refused(twice), Refusal::Extension);
    let stapled = |s: &mut Session| {
        let entry = [sized::<3>(&chain().0[0]), sized::<2>(&extension(5, &[1, 0]))].concat();
        hello(s).send(11, &[&[0][..], &sized::<3>(&entry)].concat());
    };
    assert_eq!(refused(stapled), Refusal::Extension);
}

#[test]
fn a_server_that_does_not_use_the_key() {
    // Without the extension it proves nothing, whatever else it does.
    let plan = |s: &mut Session| {
        s.psk = None;
        s.honest(&chain().0, Key(3));
    };
    assert_eq!(unproven(Bench::with_key(plan)).refusal(), Refusal::Crypto);
    let plan = |s: &mut Session| {
        let mut list = s.hello_extensions();
        *list.last_mut().unwrap() = 1;
        let body = s.hello_body(&list);
        s.server_hello_of(&body);
    };
    assert_eq!(unproven(Bench::with_key(plan)).refusal(), Refusal::Crypto);
}

#[test]
fn a_server_with_another_key() {
    let plan = |s: &mut Session| {
        s.psk = Some([1; 32]);
        s.honest_psk();
    };
    assert_eq!(unproven(Bench::with_key(plan)).refusal(), Refusal::Crypto);
}

#[test]
fn a_certificate_in_place_of_the_key() {
    let plan = |s: &mut Session| drop(s.honest(&chain().0, Key(3)));
    assert_eq!(unproven(Bench::with_key(plan)).refusal(), Refusal::Unexpected);
}

#[test]
fn change_cipher_spec_where_it_may_not_be() {
    let plan = |s: &mut Session| {
        s.server_hello();
        s.plain(20, &[1]);
        s.plain(20, &[1]);
    };
    assert_eq!(refused(plan), Refusal::Unexpected);
    assert_eq!(refused(|s| s.plain(20, &[2])), Refusal::Unexpected);
    assert_eq!(refused(|s| s.plain(20, &[1, 1])), Refusal::TooLarge);
    let outcome = Bench::new(|s| {
        s.honest(&chain().0, Key(3));
        s.plain(20, &[1]);
    })
    .run();
    assert_eq!(outcome.end, Err(TlsError::Refused(Refusal::Unexpected)));
}

#[test]
fn new_keys_within_the_connection() {
    for request in [0, 1] {
        let outcome = Bench::new(move |s| {
            s.honest(&chain().0, Key(3));
            s.sealed(22, &message(24, &[request]));
        })
        .run();
        assert_eq!(outcome.end, Err(TlsError::Refused(Refusal::KeyUpdate)));
    }
}

#[test]
fn every_message_after_the_handshake_but_tickets() {
    for kind in (0..=255).filter(|kind| ![4, 24].contains(kind)) {
        let outcome = Bench::new(move |s| {
            s.honest(&chain().0, Key(3));
            s.sealed(22, &message(kind, &[0; 40]));
        })
        .run();
        assert_eq!(outcome.end, Err(TlsError::Refused(Refusal::Unexpected)), "{kind}");
    }
}

#[test]
fn endless_tickets_and_empty_records() {
    let outcome = Bench::new(|s| {
        s.honest(&chain().0, Key(3));
        for _ in 0..9 {
            s.sealed(22, &message(4, &[0; 20]));
        }
    })
    .run();
    assert_eq!(outcome.end, Err(TlsError::Refused(Refusal::Unexpected)));
    let outcome = Bench::new(|s| {
        s.honest(&chain().0, Key(3));
        for _ in 0..17 {
            s.data(b"");
        }
    })
    .run();
    assert_eq!(outcome.end, Err(TlsError::Refused(Refusal::Unexpected)));
}

#[test]
fn records_of_nothing_but_padding() {
    for inner in [vec![], vec![0], vec![0; 100], vec![22], vec![21], vec![20], vec![1, 99]] {
        let plan = move |s: &mut Session| {
            s.server_hello().sealed_inner(inner.clone());
        };
        assert!(matches!(refused(plan), Refusal::Unexpected | Refusal::Malformed));
    }
}

#[test]
fn oversized_records_and_messages() {
    let claims = |kind: u8, length: u16| {
        move |s: &mut Session| {
            s.out.extend([kind, 3, 3]);
            s.out.extend(length.to_be_bytes());
        }
    };
    assert_eq!(refused(claims(22, 16_385)), Refusal::TooLarge);
    assert_eq!(refused(claims(22, u16::MAX)), Refusal::TooLarge);
    let sealed = |s: &mut Session| {
        s.server_hello();
        s.out.extend([23, 3, 3]);
        s.out.extend(16_641_u16.to_be_bytes());
    };
    assert_eq!(refused(sealed), Refusal::TooLarge);
    // More than the protocol lets a record hold, though it fits the buffer.
    let full = |s: &mut Session| {
        s.server_hello().sealed_inner([vec![8; 16_385], vec![22]].concat());
    };
    assert_eq!(refused(full), Refusal::TooLarge);
    let long = |s: &mut Session| s.plain(22, &[2, 0xff, 0xff, 0xff, 3, 3]);
    assert_eq!(refused(long), Refusal::TooLarge);
    let small =
        Bench::new(|s| drop(s.honest(&chain().0, Key(3)))).but(|b| b.certificates = vec![0; 600]);
    assert_eq!(unproven(small).refusal(), Refusal::TooLarge);
    let small =
        Bench::new(|s| drop(s.honest(&chain().0, Key(3)))).but(|b| b.receive = vec![0; 400]);
    assert_eq!(unproven(small).refusal(), Refusal::TooLarge);
}

#[test]
fn truncated_anywhere() {
    let length = {
        let outcome = Bench::new(|s| drop(s.honest(&chain().0, Key(3)))).run();
        assert_eq!(outcome.result, Ok(()));
        assert_eq!(outcome.end, Err(TlsError::Truncated), "an end without a farewell is a cut");
        outcome.sent()
    };
    for cut in (0..length).filter(|cut| cut % 5 == 0 || length - cut < 40) {
        let mut bench = Bench::new(|s| drop(s.honest(&chain().0, Key(3))));
        bench.wire.on_wire = Box::new(move |out| out.truncate(cut));
        assert_eq!(unproven(bench).result, Err(TlsError::Truncated), "{cut}");
    }
}

#[test]
fn one_bit_changed_anywhere() {
    let length = {
        let outcome = Bench::with_key(|s| drop(s.honest_psk())).run();
        assert_eq!(outcome.result, Ok(()));
        outcome.sent()
    };
    for bit in (0..length * 8).filter(|bit| bit % 3 == 0) {
        let mut bench = Bench::with_key(|s| drop(s.honest_psk()));
        bench.wire.on_wire = Box::new(move |out| out[bit / 8] ^= 1 << (bit % 8));
        unproven(bench);
    }
}

#[test]
fn slow_or_silent() {
    // Silent at once, in the middle, and one byte a second for ever.
    for cut in [0, 3, 40, 300, 700] {
        let mut bench = Bench::new(|s| drop(s.honest(&chain().0, Key(3))));
        bench.wire.silent = true;
        bench.wire.on_wire = Box::new(move |out| out.truncate(cut));
        let outcome = unproven(bench);
        assert_eq!((outcome.result, outcome.ms), (Err(TlsError::TimedOut), 20_000));
    }
    let mut bench = Bench::new(|s| drop(s.honest(&chain().0, Key(3))));
    bench.wire.ms_per_byte = 1_000;
    let outcome = unproven(bench);
    assert_eq!((outcome.result, outcome.ms), (Err(TlsError::TimedOut), 20_000));
    // And after the handshake.
    let mut bench = Bench::new(|s| drop(s.honest(&chain().0, Key(3)).data(b"welcome")));
    bench.wire.silent = true;
    let outcome = bench.run();
    assert_eq!((outcome.result, outcome.end), (Ok(()), Err(TlsError::TimedOut)));
    assert_eq!((outcome.received, outcome.ms), (b"welcome".to_vec(), 60_000));
}

#[test]
fn our_certificate_is_not_shown_to_a_server_that_did_not_prove_itself() {
    let root = Cert::root("makers", Key(8));
    let own = Cert::leaf(Key(9), &root).der();
    let plans: [fn(&mut Session); 4] = [
        |s| drop(hello(s).certificate_request().finished()),
        |s| drop(hello(s).certificate_request().certificate(&chain().0).finished()),
        |s| {
            hello(s).certificate_request().certificate(&chain().0);
            s.certificate_verify(Key(4)).finished();
        },
        |s| {
            hello(s).certificate_request().certificate(&[Cert::root("x", Key(6)).der()]);
            s.certificate_verify(Key(6)).finished();
        },
    ];
    for plan in plans {
        let own = own.clone();
        unproven(Bench::new(plan).but(|b| b.own = Some((vec![own], Key(9)))));
    }
}

#[test]
fn alerts_end_it() {
    let plan = |s: &mut Session| s.plain(21, &[2, 40]);
    assert_eq!(unproven(Bench::new(plan)).result, Err(TlsError::Alert(40)));
    let plan = |s: &mut Session| hello(s).sealed(21, &[2, 48]);
    assert_eq!(unproven(Bench::new(plan)).result, Err(TlsError::Alert(48)));
    // A farewell in the middle of the handshake is no success either.
    let plan = |s: &mut Session| hello(s).sealed(21, &[1, 0]);
    assert_eq!(unproven(Bench::new(plan)).result, Err(TlsError::Alert(0)));
    let plan = |s: &mut Session| hello(s).sealed(21, &[2, 48, 0]);
    assert_eq!(unproven(Bench::new(plan)).refusal(), Refusal::Malformed);
}
