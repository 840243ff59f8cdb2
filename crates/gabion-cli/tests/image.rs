//! `gabion image`: exit codes and verdicts.
// A test may stop loudly.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const IMAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../gabion-boot/tests/data/images");

fn gabion(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gabion")).args(args).output().unwrap()
}

fn code(args: &[&str]) -> i32 {
    gabion(args).status.code().unwrap()
}

fn file(name: &str) -> String {
    format!("{IMAGES}/{name}")
}

fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn every_sample_gets_its_verdict() {
    let index: serde_json::Value =
        serde_json::from_slice(&std::fs::read(file("index.json")).unwrap()).unwrap();
    let images = index["images"].as_array().unwrap();
    assert_eq!(images.len(), 20);
    for image in images {
        let policy = &image["policy"];
        let mut args = vec!["image".to_owned(), "verify".to_owned(), "--json".to_owned()];
        for key in policy["trusted_keys"].as_array().unwrap() {
            args.extend([
                "--pubkey".to_owned(),
                file(&format!("keys/{}.pem", key.as_str().unwrap())),
            ]);
        }
        args.extend(["--max-size".to_owned(), policy["max_image_size"].to_string()]);
        if let Some(floor) = policy["security_counter_min"].as_u64() {
            args.extend(["--min-counter".to_owned(), format!("{floor:#x}")]);
        }
        args.push(file(image["file"].as_str().unwrap()));
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let output = gabion(&args);
        let accepted = image["expect"] == "accept";
        assert_eq!(output.status.code(), Some(i32::from(!accepted)), "{image}");
        let verdict: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(verdict["verdict"] == "accepted", accepted);
        assert_eq!(output.stderr.is_empty(), accepted, "the reason stands on stderr");
    }
}

#[test]
fn misuse_is_not_a_refusal() {
    let (key, image) = (file("keys/pub_p256_a.pem"), file("01_p256_basic.bin"));
    assert_eq!(code(&["image", "verify", "--pubkey", &key, &image]), 0);
    assert_eq!(code(&["image", "verify", &image, "--pubkey", &key]), 0);
    let second = file("keys/pub_p256_b.pem");
    assert_eq!(code(&["image", "verify", "--pubkey", &second, &key, &image]), 0, "several values");
    assert_eq!(code(&["image", "verify", "--pubkey", &second, "--pubkey", &key, &image]), 0);
    assert_eq!(code(&["image", "verify", "--pubkey", &second, &image]), 1);
    for wrong in [
        vec!["image", "verify", &image],
        vec!["image", "verify", "--pubkey", &key],
        vec!["image", "verify", "--pubkey", &image, &image],
        vec!["image", "verify", "--pubkey", "/nowhere.pem", &image],
        vec!["image", "verify", "--pubkey", &key, "/nowhere.bin"],
        vec!["image", "verify", "--pubkey", &key, "--min-counter", "many", &image],
        vec!["image", "verify", "--pubkey", &key, "--max-size", "-1", &image],
        vec!["image", "verify", "--pubkey", &key, "--slot-address", "4294967296", &image],
        vec!["image", "verify", "--pubkey", &key, "--unknown", &image],
        vec!["image"],
        vec![],
    ] {
        assert_eq!(code(&wrong), 2, "{wrong:?}");
    }
}

#[test]
fn a_policy_on_the_command_line() {
    let (key, image) = (file("keys/pub_p256_a.pem"), file("02_p256_seccnt5.bin"));
    let verify = |extra: &[&str]| {
        let mut args = vec!["image", "verify", "--pubkey", &key];
        args.extend(extra);
        args.push(&image);
        code(&args)
    };
    assert_eq!(verify(&["--min-counter", "5"]), 0);
    assert_eq!(verify(&["--min-counter", "0x6"]), 1);
    assert_eq!(verify(&["--max-size", "3175"]), 0);
    assert_eq!(verify(&["--max-size", "3174"]), 1);
}

#[test]
fn keys_in_every_file_format() {
    let pkcs8 = file("keys/pub_p256_a.pem");
    let image = file("01_p256_basic.bin");
    let (sec1, public) = (scratch("sec1.pem"), scratch("public.pem"));
    let secret = <p256::SecretKey as p256::pkcs8::DecodePrivateKey>::from_pkcs8_pem(
        &std::fs::read_to_string(&pkcs8).unwrap(),
    )
    .unwrap();
    let parameters =
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    let pem = secret.to_sec1_pem(p256::pkcs8::LineEnding::LF).unwrap();
    std::fs::write(&sec1, format!("{parameters}{}", pem.as_str())).unwrap();
    let pem = p256::pkcs8::EncodePublicKey::to_public_key_pem(
        &secret.public_key(),
        p256::pkcs8::LineEnding::CRLF,
    )
    .unwrap();
    std::fs::write(&public, pem).unwrap();
    for key in [pkcs8.as_str(), sec1.to_str().unwrap(), public.to_str().unwrap()] {
        assert_eq!(code(&["image", "verify", "--pubkey", key, &image]), 0, "{key}");
    }
}

#[test]
fn keygen_sign_verify_dump() {
    let (private, public) = (scratch("made.pem"), scratch("made-public.pem"));
    let _ = std::fs::remove_file(&private);
    let _ = std::fs::remove_file(&public);
    let (private, public) = (private.to_str().unwrap(), public.to_str().unwrap());
    let made = gabion(&["image", "keygen", "--out", private, "--public", public]);
    assert_eq!(made.status.code(), Some(0));
    assert!(String::from_utf8(made.stdout).unwrap().contains("TrustedKey::p256_with_hash"));
    assert_eq!(code(&["image", "keygen", "--out", private]), 2, "a key is never overwritten");
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(private).unwrap());
        assert_eq!(mode & 0o777, 0o600);
    }
    let (input, output) = (scratch("zeros.bin"), scratch("signed.img"));
    let (input_name, output_name) = (input.to_str().unwrap(), output.to_str().unwrap());
    std::fs::write(&input, [vec![0; 0x100], vec![7; 999]].concat()).unwrap();
    let sign = ["image", "sign", "--key", private, "--version", "2.1", "--header-size", "0x100"];
    let signed =
        gabion(&[&sign[..], &["--security-counter", "4", input_name, output_name]].concat());
    assert_eq!(signed.status.code(), Some(0), "{signed:?}");
    assert_eq!(
        code(&["image", "verify", "--pubkey", public, "--min-counter", "4", output_name]),
        0
    );
    assert_eq!(
        code(&["image", "verify", "--pubkey", public, "--min-counter", "5", output_name]),
        1
    );
    let dump = gabion(&["image", "dump", "--json", output_name]);
    let dump: serde_json::Value = serde_json::from_slice(&dump.stdout).unwrap();
    assert_eq!((&dump["version"], &dump["body_size"]), (&"2.1.0+0".into(), &999.into()));
    assert_eq!(dump["tlvs"].as_array().unwrap().len(), 4);
    assert_eq!(code(&["image", "dump", input_name]), 1);
    // Without room for the header and without --pad-header nothing is signed.
    std::fs::write(&input, [7; 999]).unwrap();
    assert_eq!(code(&[&sign[..], &[input_name, output_name]].concat()), 2);
}

#[test]
fn a_dump_shows_what_a_device_refuses() {
    let mut image = std::fs::read(file("01_p256_basic.bin")).unwrap();
    let shown = |image: &[u8], name: &str| {
        let path = scratch(name);
        std::fs::write(&path, image).unwrap();
        let output = gabion(&["image", "dump", "--json", path.to_str().unwrap()]);
        let value = serde_json::from_slice::<serde_json::Value>(&output.stdout);
        (output.status.code().unwrap(), value.unwrap_or_default())
    };
    let (code, plain) = shown(&image, "plain.img");
    assert_eq!((code, &plain["header_refusal"]), (0, &serde_json::Value::Null));
    // Encrypted, and a flag that nobody knows.
    image[16..20].copy_from_slice(&0x8000_0004_u32.to_le_bytes());
    let (code, flagged) = shown(&image, "flagged.img");
    assert_eq!((code, &flagged["header_refusal"]), (0, &"UnsupportedFlags".into()));
    assert_eq!(flagged["tlvs"], plain["tlvs"], "and all of its TLVs");
    assert_eq!(flagged["flags"], 0x8000_0004_u32);
    image[0] ^= 1;
    assert_eq!(shown(&image, "none.img").0, 1);
}

#[test]
fn versions_are_digits_and_dots() {
    let (input, output) = (scratch("versions.bin"), scratch("versions.img"));
    std::fs::write(&input, [7; 99]).unwrap();
    let key = file("keys/pub_p256_a.pem");
    let sign = |version: &str| {
        let (input, output) = (input.to_str().unwrap(), output.to_str().unwrap());
        let args = ["image", "sign", "--key", &key, "--pad-header", "--version"];
        code(&[&args[..], &[version, input, output]].concat())
    };
    for right in ["1", "1.2", "255.255.65535+4294967295", "0.0.0+0", "01.2.3"] {
        assert_eq!(sign(right), 0, "{right}");
    }
    for wrong in
        ["1.2.3++4", "+1.2.3", "1.+2.3", "1.2.3+", "1.2.3+4+5", "1.2.3.4", "", "1..3", "256", "-1"]
    {
        assert_eq!(sign(wrong), 2, "{wrong}");
    }
}

#[cfg(unix)]
#[test]
fn an_external_signer_signs() {
    use std::os::unix::fs::PermissionsExt;
    // Stands for a hardware module: openssl where it is installed.
    if Command::new("openssl").arg("version").output().is_err() {
        println!("skipped: no openssl");
        return;
    }
    let key = file("keys/pub_p256_a.pem");
    let (script, input, output) =
        (scratch("signer.sh"), scratch("external.bin"), scratch("external.img"));
    std::fs::write(&script, format!("#!/bin/sh\nexec openssl pkeyutl -sign -inkey '{key}'\n"))
        .unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::write(&input, [7; 999]).unwrap();
    let (input, output) = (input.to_str().unwrap(), output.to_str().unwrap());
    let sign = |pubkey: &str| {
        code(&[
            "image",
            "sign",
            "--signer",
            script.to_str().unwrap(),
            "--pubkey",
            pubkey,
            "--version",
            "1.0",
            "--pad-header",
            input,
            output,
        ])
    };
    assert_eq!(sign(&key), 0);
    assert_eq!(code(&["image", "verify", "--pubkey", &key, output]), 0);
    assert_eq!(
        sign(&file("keys/pub_p256_b.pem")),
        2,
        "a signature by another key does not leave the tool"
    );
}

#[test]
fn a_forgotten_file_is_misuse() {
    let (a, b) = (file("keys/pub_p256_a.pem"), file("keys/pub_p256_b.pem"));
    assert_eq!(code(&["image", "verify", "--pubkey", &a, "--pubkey", &b]), 2);
    assert_eq!(code(&["image", "verify", "--pubkey", &a, &b]), 2);
}

#[test]
fn a_file_with_two_keys_is_misuse() {
    let mut both = std::fs::read(file("keys/pub_p256_b.pem")).unwrap();
    both.extend(std::fs::read(file("keys/pub_p256_a.pem")).unwrap());
    let path = scratch("both.pem");
    std::fs::write(&path, both).unwrap();
    let image = file("01_p256_basic.bin");
    assert_eq!(code(&["image", "verify", "--pubkey", path.to_str().unwrap(), &image]), 2);
}

#[test]
fn keygen_never_overwrites_a_key() {
    let (private, public) = (scratch("keygen-private.pem"), scratch("keygen-public.pem"));
    let (private, public) = (private.to_str().unwrap(), public.to_str().unwrap());
    for path in [private, public] {
        let _ = std::fs::remove_file(path);
    }
    assert_eq!(code(&["image", "keygen", "--out", private, "--public", private]), 2);
    assert!(!Path::new(private).exists(), "half a key pair was left");
    assert_eq!(code(&["image", "keygen", "--out", private, "--public", public]), 0);
    let before = (std::fs::read(private).unwrap(), std::fs::read(public).unwrap());
    assert_eq!(code(&["image", "keygen", "--out", private, "--public", public]), 2);
    assert_eq!(before, (std::fs::read(private).unwrap(), std::fs::read(public).unwrap()));
}

#[cfg(target_os = "linux")]
#[test]
fn the_verdict_stands_although_nobody_reads_it() {
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let key = file("keys/pub_p256_a.pem");
    for (image, wanted) in [("01_p256_basic.bin", 0), ("10_flip_body_bit.bin", 1)] {
        let status = Command::new(env!("CARGO_BIN_EXE_gabion"))
            .args(["image", "verify", "--json", "--pubkey", &key, &file(image)])
            .stdout(full())
            .stderr(full())
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(wanted), "{image}");
    }
}
