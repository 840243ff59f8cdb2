//! Five thousand handshakes that a server changed at random, and the same number that the wire changed. `GABION_FUZZ=<count>`
//! asks for more, `GABION_FUZZ_SEED=<number>` for others; a failure says which one it was.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    unreachable_pub,
    dropping_references,
    reason = "tests"
)]

#[path = "../../gabion-link/tests/mint/mod.rs"]
mod mint;
mod server;

use gabion_hal::rand_core::TryRng;
use mint::Key;
use server::{Bench, Outcome, Seeded, Session, chain};

fn count() -> u64 {
    std::env::var("GABION_FUZZ").ok().and_then(|count| count.parse().ok()).unwrap_or(2500)
}

fn seed() -> u64 {
    std::env::var("GABION_FUZZ_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1)
}

fn below(random: &mut Seeded, limit: usize) -> usize {
    (random.try_next_u64().unwrap() % limit.max(1) as u64) as usize
}

/// Changes bytes in one of the ways that parsers get wrong.
fn mutate(random: &mut Seeded, bytes: &mut Vec<u8>) {
    let at = below(random, bytes.len());
    match below(random, 8) {
        0 if !bytes.is_empty() => bytes[at] ^= 1 << below(random, 8),
        1 if !bytes.is_empty() => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][below(random, 5)],
        2 => bytes.truncate(at),
        3 => bytes.insert(at, below(random, 256) as u8),
        4 if !bytes.is_empty() => drop(bytes.remove(at)),
        5 => {
            let piece = bytes[at..].iter().take(below(random, 40)).copied().collect::<Vec<_>>();
            let to = below(random, bytes.len() + 1);
            bytes.splice(to..to, piece);
        }
        6 => bytes.extend((0..below(random, 60)).map(|_| 0)),
        _ => {
            let end = (at + below(random, 30)).min(bytes.len());
            bytes.drain(at..end);
        }
    }
}

/// Nothing but an unchanged handshake connects, and the client always comes to an end.
fn check(name: &str, outcome: &Outcome, is_changed: bool) {
    if is_changed {
        assert!(outcome.result.is_err(), "{name}: accepted");
        assert_eq!(outcome.records().len(), 1, "{name}: something was shown");
    } else {
        assert_eq!(outcome.result, Ok(()), "{name}");
    }
    assert!(outcome.ms <= 80_000, "{name}");
}

/// The server changes what it says before it seals it: everything below the records is reached. What it says stays consistent,
/// so that a change can be harmless: then it must be one that leaves the certificate, the signature and the order alone.
#[test]
fn messages_changed_by_the_server() {
    let (chain, _) = chain();
    let mut connected = 0;
    for number in 0..count() {
        let mut random = Seeded(seed() << 32 | number);
        let name = format!("seed {} number {number}", seed());
        let with_key = below(&mut random, 4) == 0;
        let target = below(&mut random, if with_key { 3 } else { 6 });
        let chain = chain.clone();
        let changed = std::rc::Rc::new(std::cell::Cell::new(false));
        let seen = changed.clone();
        let plan = move |session: &mut Session| {
            let (mut at, mut random, seen) = (0, Seeded(random.0), seen.clone());
            session.tamper = Box::new(move |bytes| {
                let before = bytes.clone();
                if at == target {
                    for _ in 0..=below(&mut random, 3) {
                        mutate(&mut random, bytes);
                    }
                    // Half of them with a length that is right again.
                    if below(&mut random, 2) == 0 && bytes.len() >= 4 {
                        let length = (bytes.len() as u32 - 4).to_be_bytes();
                        bytes[1..4].copy_from_slice(&length[1..]);
                    }
                    seen.set(*bytes != before);
                }
                at += 1;
            });
            if session.psk.is_some() {
                session.honest_psk();
            } else {
                session.server_hello().encrypted_extensions().certificate_request();
                session.certificate(&chain).certificate_verify(Key(3)).finished();
            }
            session.sealed(21, &[1, 0]);
        };
        let outcome = if with_key { Bench::with_key(plan) } else { Bench::new(plan) }.run();
        if outcome.result.is_ok() {
            if !changed.get() {
                continue;
            }
            connected += 1;
            // A random that differs, a request with other schemes, a name that was acknowledged: nothing that proves anybody.
            assert!(matches!(target, 0..=2), "{name}: message {target} was changed and accepted");
        } else {
            assert_eq!(outcome.records().len(), 1, "{name}: something was shown");
        }
        assert!(outcome.ms <= 80_000, "{name}");
    }
    println!("{connected} of {} changes were harmless", count());
}

#[test]
fn bytes_changed_on_the_wire() {
    let (chain, _) = chain();
    for number in 0..count() {
        let mut random = Seeded(seed() << 32 | number | 1 << 63);
        let name = format!("seed {} number {number}", seed());
        let with_key = below(&mut random, 4) == 0;
        let chain = chain.clone();
        let changed = std::rc::Rc::new(std::cell::Cell::new(false));
        let plan = move |session: &mut Session| {
            if session.psk.is_some() {
                session.honest_psk()
            } else {
                session.honest(&chain, Key(3))
            };
        };
        let mut bench = if with_key { Bench::with_key(plan) } else { Bench::new(plan) };
        let seen = changed.clone();
        bench.wire.on_wire = Box::new(move |out| {
            let before = out.clone();
            for _ in 0..=below(&mut random, 3) {
                mutate(&mut random, out);
            }
            // What was added behind the handshake comes too late to change it.
            seen.set(!out.starts_with(&before));
        });
        let outcome = bench.run();
        check(&name, &outcome, changed.get());
    }
}
