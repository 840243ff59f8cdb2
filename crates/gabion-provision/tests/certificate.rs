//! The signing request and the certificate, judged by OpenSSL.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

mod double;

use std::io::Write;
use std::process::{Command, Stdio};

use double::Seeded;
use gabion_crypto::Software;
use gabion_provision::{
    CertificateError, Identity, Model, Serial, Time, self_signed_certificate, signing_request,
};

fn identity(seed: u64) -> Identity {
    Identity::generate(&Software, &mut Seeded(seed)).unwrap()
}

fn names() -> (Model, Serial) {
    (Model::new(b"LAMP-2").unwrap(), Serial::new(b"A00017").unwrap())
}

/// Runs OpenSSL and returns what it said, or `None` where there is none. In CI there has to be one.
fn openssl(args: &[&str], input: &[u8]) -> Option<String> {
    let child = Command::new("openssl")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(why) => {
            assert!(std::env::var_os("CI").is_none(), "CI needs openssl: {why}");
            eprintln!("SKIPPED: openssl is not installed ({why}); nothing was judged");
            return None;
        }
    };
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "openssl {args:?}: {said}");
    Some(said)
}

#[test]
fn openssl_accepts_the_signing_request() {
    let (model, serial) = names();
    // Many keys, because the encoding of r and s depends on their leading bits.
    for seed in 0..24 {
        let mut buffer = [0; 512];
        let request =
            signing_request(&Software, &identity(seed), &model, &serial, &mut buffer).unwrap();
        let args = ["req", "-inform", "DER", "-verify", "-noout", "-subject"];
        let Some(said) = openssl(&args, request) else { return };
        assert!(said.contains("verify OK"), "{said}");
        assert!(said.contains("CN = LAMP-2, serialNumber = A00017"), "{said}");
    }
}

#[test]
fn openssl_refuses_a_request_with_one_bit_flipped() {
    let (model, serial) = names();
    let mut buffer = [0; 512];
    let request = signing_request(&Software, &identity(1), &model, &serial, &mut buffer).unwrap();
    let mut forged = request.to_vec();
    let at = forged.windows(6).position(|w| w == b"A00017").unwrap();
    forged[at] ^= 1;
    if openssl(&["version"], b"").is_none() {
        return;
    }
    let mut child = Command::new("openssl")
        .args(["req", "-inform", "DER", "-verify", "-noout"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&forged).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("verify OK"), "{said}");
}

#[test]
fn openssl_accepts_the_certificate_and_finds_what_it_should() {
    let (model, serial) = names();
    let from = Time::day(2026, 2, 28).unwrap();
    for seed in 0..8 {
        let mut buffer = [0; 512];
        let key = identity(seed);
        let certificate =
            self_signed_certificate(&Software, &key, &model, &serial, from, &mut buffer).unwrap();
        let args = ["x509", "-inform", "DER", "-noout", "-text", "-purpose"];
        let Some(said) = openssl(&args, certificate) else { return };
        for part in [
            "Version: 3",
            "ecdsa-with-SHA256",
            "Not Before: Feb 28 00:00:00 2026 GMT",
            "Not After : Dec 31 23:59:59 9999 GMT",
            "CA:FALSE",
            "Digital Signature",
            "X509v3 Subject Key Identifier",
            "prime256v1",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        let Some(pem) = openssl(&["x509", "-inform", "DER"], certificate) else { return };
        let file = std::env::temp_dir().join(format!("gabion-{}-{seed}.pem", std::process::id()));
        std::fs::write(&file, pem).unwrap();
        let path = file.to_str().unwrap();
        // Partial chain: the certificate is its own anchor though it is no CA.
        let said = openssl(
            &["verify", "-partial_chain", "-check_ss_sig", "-x509_strict", "-trusted", path, path],
            b"",
        );
        std::fs::remove_file(&file).unwrap();
        assert!(said.unwrap().contains("OK"));
    }
}

#[test]
fn years_from_2050_on_have_four_digits() {
    let (model, serial) = names();
    let mut buffer = [0; 512];
    let from = Time::day(2051, 12, 31).unwrap();
    let key = identity(1);
    let certificate =
        self_signed_certificate(&Software, &key, &model, &serial, from, &mut buffer).unwrap();
    assert!(certificate.windows(15).any(|w| w == b"20511231000000Z"));
}

#[test]
fn a_small_buffer_is_an_error_and_512_bytes_are_enough() {
    let (model, serial) = (Model::new(&[b'M'; 16]).unwrap(), Serial::new(&[b'7'; 20]).unwrap());
    let key = identity(2);
    let from = Time::day(2026, 1, 1).unwrap();
    let mut buffer = [0; 512];
    let len =
        self_signed_certificate(&Software, &key, &model, &serial, from, &mut buffer).unwrap().len();
    for short in 0..len {
        let got =
            self_signed_certificate(&Software, &key, &model, &serial, from, &mut buffer[..short]);
        assert_eq!(got.unwrap_err(), CertificateError::TooSmall);
    }
}

#[test]
fn no_calendar_has_these_days() {
    for (y, m, d) in
        [(2026, 2, 29), (2026, 0, 1), (2026, 13, 1), (2026, 4, 31), (1949, 1, 1), (2100, 2, 29)]
    {
        assert_eq!(Time::day(y, m, d), Err(CertificateError::Date), "{y}-{m}-{d}");
    }
    for (y, m, d) in [(2028, 2, 29), (2000, 2, 29), (9999, 12, 31)] {
        assert!(Time::day(y, m, d).is_ok(), "{y}-{m}-{d}");
    }
}
