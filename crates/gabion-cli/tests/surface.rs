//! `gabion surface`: what listens on this machine, and what images give away.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use std::io::Write;
use std::net::{TcpListener, UdpSocket};
use std::process::Command;

use gabion_cli::surface::image::{Level, scan};
use gabion_cli::surface::network::ranges;

fn gabion(args: &[&str]) -> (i32, String, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_gabion")).arg("surface").args(args).output().unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// A listener on this machine that greets whoever comes.
fn greeter(greeting: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = stream.unwrap().write_all(greeting);
        }
    });
    port
}

#[test]
fn an_open_service_that_is_not_registered_is_caught() {
    let (one, two) = (greeter(b""), greeter(b"telnetd 1.0\r\n"));
    let tcp = format!("{one},{two}");
    let allow = format!("tcp/{one}");
    let (code, told, complaint) = gabion(&["scan", "127.0.0.1", "--tcp", &tcp, "--allow", &allow]);
    assert_eq!(code, 1, "{told}{complaint}");
    assert!(
        told.contains(&format!("UNREGISTERED tcp/{two} listens, says \"telnetd 1.0\\r\\n\"")),
        "{told}"
    );
    assert!(told.contains(&format!("registered   tcp/{one} listens\n")), "{told}");
    assert!(complaint.contains("1 unregistered port(s)"));
    let both = ["--allow", &allow, "--allow", &format!("tcp/{two}")];
    let (code, ..) = gabion(&[&["scan", "127.0.0.1", "--tcp", &tcp][..], &both].concat());
    assert_eq!(code, 0);
}

#[test]
fn a_registered_port_that_does_not_listen_is_told() {
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let (code, told, _) = gabion(&[
        "scan",
        "localhost",
        "--tcp",
        &closed.to_string(),
        "--allow",
        &format!("tcp/{closed}"),
    ]);
    assert_eq!(code, 0);
    assert!(told.contains(&format!("tcp/{closed} does not listen")), "{told}");
}

#[test]
fn udp_that_answers_is_open_and_silence_says_nothing() {
    let answering = UdpSocket::bind("127.0.0.1:0").unwrap();
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let (one, two) = (answering.local_addr().unwrap().port(), silent.local_addr().unwrap().port());
    std::thread::spawn(move || {
        let mut buffer = [0; 8];
        while let Ok((_, from)) = answering.recv_from(&mut buffer) {
            let _ = answering.send_to(b"who?", from);
        }
    });
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (code, told, _) = gabion(&[
        "--json",
        "scan",
        "127.0.0.1",
        "--tcp",
        &free.to_string(),
        "--udp",
        &format!("{one},{two}"),
    ]);
    assert_eq!(code, 1);
    let result: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(result["unregistered"][0]["port"], format!("udp/{one}"));
    assert_eq!(result["silent"], 1);
    drop(silent);
}

#[test]
fn misuse_is_told_apart() {
    for args in [
        vec!["scan", "no such host"],
        vec!["scan", "127.0.0.1", "--allow", "tcp443"],
        vec!["scan", "127.0.0.1", "--allow", "tcp/0"],
        vec!["scan", "127.0.0.1", "--tcp", "5-1"],
        vec!["scan", "127.0.0.1", "--tcp", "0-5"],
        vec!["scan", "127.0.0.1", "--tcp", "70000"],
        vec!["image", "/nowhere"],
    ] {
        assert_eq!(gabion(&args).0, 2, "{args:?}");
    }
    assert_eq!(ranges("1-3,7").unwrap().into_iter().collect::<Vec<_>>(), [1, 2, 3, 7]);
}

/// Bytes that no rule knows, as filler.
fn filler() -> Vec<u8> {
    (0..4096u32).map(|at| (at / 16) as u8).collect()
}

fn found_in_raw(planted: &[u8]) -> Vec<(&'static str, Level, u64)> {
    let mut image = filler();
    image[1024..1024 + planted.len()].copy_from_slice(planted);
    scan(&image, &[]).unwrap().findings.iter().map(|f| (f.rule, f.level, f.at)).collect()
}

#[test]
fn clean_bytes_have_no_finding() {
    assert_eq!(found_in_raw(&[]), []);
}

#[test]
fn a_hard_coded_key_is_caught_in_every_form() {
    let secret: Vec<u8> = (0..32u8).map(|at| at.wrapping_mul(197).wrapping_add(3)).collect();
    for (planted, rule) in [
        (b"-----BEGIN EC PRIVATE KEY-----\nMHc".to_vec(), "pem-private-key"),
        (b"-----BEGIN PRIVATE KEY-----\nMIG".to_vec(), "pem-private-key"),
        ([&[0x30, 0x77, 2, 1, 1, 4, 0x20][..], &secret].concat(), "der-private-key"),
        (
            [
                &[0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20][..],
                &secret,
            ]
            .concat(),
            "der-private-key",
        ),
        (b"wifi psk=hunter22".to_vec(), "credential-text"),
        (b"Default Password".to_vec(), "credential-text"),
    ] {
        let found = found_in_raw(&planted);
        assert!(
            found.iter().any(|(r, level, _)| *r == rule && *level == Level::Refuse),
            "{rule}: {found:?}"
        );
    }
    // What only looks like the beginning of one is an encoder's constant.
    assert_eq!(found_in_raw(&[&[0x30, 0x77, 2, 1, 1, 4, 0x20][..], &[0; 32]].concat()), []);
}

#[test]
fn a_key_that_everybody_has_is_caught() {
    let mcuboot = [
        0x2a, 0xcb, 0x40, 0x3c, 0xe8, 0xfe, 0xed, 0x5b, 0xa4, 0x49, 0x95, 0xa1, 0xa9, 0x1d, 0xae,
        0xe8, 0xdb, 0xbe, 0x19, 0x37, 0xcd, 0x14, 0xfb, 0x2f, 0x24, 0x57, 0x37, 0xe5, 0x95, 0x39,
        0x88, 0xd9,
    ];
    assert_eq!(found_in_raw(&mcuboot), [("published-key", Level::Refuse, 1024)]);
}

#[test]
fn text_of_the_build_machine_is_advice() {
    assert_eq!(
        found_in_raw(concat!("/ho", "me/someone/main.rs").as_bytes()),
        [("debug-text", Level::Advice, 1024)]
    );
}

/// An ELF file in which symbols and sections are told apart: this test's own.
#[test]
fn symbols_name_what_was_found_and_can_be_allowed() {
    #[used]
    #[unsafe(no_mangle)]
    static PLANTED_FOR_THE_SCAN: [u8; 31] = *b"-----BEGIN EC PRIVATE KEY-----\n";
    let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    let report = scan(&own, &[]).unwrap();
    let planted = |report: &gabion_cli::surface::image::Report| {
        report
            .findings
            .iter()
            .filter(|f| f.symbol.as_deref() == Some("PLANTED_FOR_THE_SCAN"))
            .count()
    };
    assert_eq!(planted(&report), 1);
    assert!(!report.is_clean());
    let sizes = report.sizes.as_ref().unwrap();
    assert!(sizes.text > 100_000 && sizes.largest.len() == 20);
    assert!(report.findings.iter().any(|f| f.rule == "panic-linked"));
    let allowed = scan(&own, &["PLANTED_FOR_THE_SCAN".to_owned()]).unwrap();
    assert_eq!(planted(&allowed), 0);
    assert_eq!(PLANTED_FOR_THE_SCAN[0], b'-');
}

#[test]
fn a_lone_random_constant_is_advice() {
    #[used]
    #[unsafe(no_mangle)]
    static RANDOM_FOR_THE_SCAN: [u8; 32] =
        *b"\x91\x04\xe7\x5a\x1c\xf3\x88\x2d\xb6\x43\xd0\x7e\x09\xaf\x62\x35\
        \xcb\x18\xfe\x50\x97\x2b\x6c\xd4\x81\x3e\xe9\x74\x0d\xa2\x5f\xb8";
    let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    let report = scan(&own, &[]).unwrap();
    let about = |f: &&gabion_cli::surface::image::Finding| {
        f.symbol.as_deref() == Some("RANDOM_FOR_THE_SCAN")
    };
    let found: Vec<_> = report.findings.iter().filter(about).map(|f| (f.rule, f.level)).collect();
    assert_eq!(found, [("high-entropy", Level::Advice)]);
    // Raw bytes may be code, where entropy says nothing.
    assert_eq!(found_in_raw(&RANDOM_FOR_THE_SCAN), []);
}

#[test]
fn damaged_elf_is_misuse_not_a_verdict() {
    assert!(scan(b"\x7fELF\x02\x01\x01", &[]).is_err());
    assert!(scan(b"", &[]).is_err());
}

#[test]
fn the_command_never_shows_the_secret() {
    let path = std::env::temp_dir().join(format!("gabion-surface-{}.bin", std::process::id()));
    std::fs::write(&path, [&filler()[..], b"psk=correct-horse-battery"].concat()).unwrap();
    let (code, told, complaint) = gabion(&["image", path.to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(told.contains("REFUSE 5.4-3 credential-text at 0x00001000"), "{told}");
    assert!(!told.contains("correct-horse") && complaint.contains("1 finding(s)"));
}
