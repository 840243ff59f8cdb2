//! Replays the fuzzer's corpus, right packets, and changed ones through the fuzz body.
// A test may stop loudly.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

#[path = "../../../fuzz/src/smp_packet.rs"]
#[allow(unreachable_pub, dead_code, reason = "the fuzz targets see it as public")]
mod body;
mod support;

use std::sync::atomic::Ordering;

use gabion_crypto::Sha256;
use gabion_sim::Rng;
use gabion_smp::SerialLines;
use support::device::mint::{Mint, with_area};
use support::{V, digest_of, request};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/smp_packet");

/// An image that the body's lenient provider takes.
fn image(counter: u32) -> Vec<u8> {
    let signed = Mint::new(counter, 900 + counter as usize).signed();
    let hash = body::Lenient.sha256(&[&signed]);
    let mut signature = b"\x30\x44\x02\x20".to_vec();
    signature.extend([[1; 31].as_slice(), &[hash[0]]].concat());
    signature.extend([b"\x02\x20".as_slice(), &[1; 32]].concat());
    with_area(signed, &[(0x10, hash.to_vec()), (0x01, vec![1; 32]), (0x22, signature)])
}

/// The packets of an update from its upload to its restart.
fn session(choice: u8, counter: u32, chunk: usize) -> Vec<u8> {
    let file = image(counter);
    let tail = 0x40 + 900 + counter as usize;
    let sha = body::Lenient.sha256(&[&file]);
    let part = |off: usize| {
        let data = &file[off..file.len().min(off + chunk)];
        let mut fields = vec![("off", V::U(off as u32)), ("data", V::B(data))];
        if off == 0 {
            fields.extend([("len", V::U(file.len() as u32)), ("sha", V::B(&sha))]);
        }
        request(2, 1, 1, &fields)
    };
    let mut packets = vec![request(0, 1, 0, &[]), request(2, 0, 0, &[("d", V::T("hi"))])];
    packets.extend([0].into_iter().chain((tail..file.len()).step_by(chunk)).map(part));
    packets.extend((32..tail).step_by(chunk).map(part));
    packets.push(request(2, 1, 0, &[("hash", V::B(&digest_of(&file)))]));
    packets.extend([request(2, 1, 0, &[("confirm", V::Is(true))]), request(2, 1, 5, &[])]);
    packets.extend([request(0, 0, 6, &[]), request(2, 0, 5, &[])]);
    let mut out = vec![choice | 1];
    for packet in packets {
        out.extend((packet.len() as u16).to_be_bytes());
        out.extend(packet);
    }
    out
}

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = [(4, 5, 250), (6, 6, 100), (0, 5, 4000), (4, 900, 31)]
        .into_iter()
        .map(|(choice, counter, chunk)| session(choice, counter, chunk))
        .collect();
    for len in [0, 5, 93, 250] {
        let packet: Vec<u8> = (0..len).map(|at| at as u8).collect();
        let lines: Vec<u8> = SerialLines::new(&packet).flat_map(|line| line.to_vec()).collect();
        seeds.push([&[0], b"log line\n".as_slice(), &lines].concat());
    }
    seeds.push([vec![0], request(2, 0, 0, &[("d", V::T("raw"))])].concat());
    seeds
}

/// `GABION_WRITE_CORPUS=1` writes the seeds into the corpus.
#[test]
fn the_corpus() {
    if std::env::var_os("GABION_WRITE_CORPUS").is_some() {
        std::fs::create_dir_all(CORPUS).unwrap();
        for (number, seed) in seeds().iter().enumerate() {
            std::fs::write(format!("{CORPUS}/seed-{number}"), seed).unwrap();
        }
    }
    let mut count = 0;
    for entry in std::fs::read_dir(CORPUS).unwrap() {
        body::smp_packet(&std::fs::read(entry.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count >= 9, "the corpus is missing");
}

#[test]
fn right_packets_install() {
    let before = body::INSTALLED.load(Ordering::Relaxed);
    for seed in seeds() {
        body::smp_packet(&seed);
    }
    assert!(body::INSTALLED.load(Ordering::Relaxed) >= before + 3, "the body gets to the end");
}

#[test]
fn changed_packets() {
    let (seeds, mut rng) = (seeds(), Rng::new(11));
    for _ in 0..20_000 {
        let mut data = seeds[rng.index(seeds.len())].clone();
        for _ in 0..=rng.below(3) {
            let at = rng.index(data.len());
            match rng.below(3) {
                0 => data[at] = rng.byte(),
                1 => data.truncate(at.max(1)),
                _ => drop(data.splice(at..at, [rng.byte()])),
            }
        }
        body::smp_packet(&data);
    }
}
