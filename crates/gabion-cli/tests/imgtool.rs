//! What MCUboot's imgtool signs is accepted here, and what is signed here imgtool accepts.
//!
//! imgtool 2.5.0 comes with `cargo xtask setup` (into target/python) or stands on the PATH. In CI it must be there.
// A test may stop loudly.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The tool, if there is one.
fn imgtool() -> Option<PathBuf> {
    let own = Path::new(ROOT).join("target/python/bin/imgtool");
    let found = [own, PathBuf::from("imgtool")].into_iter().find(|tool| {
        Command::new(tool).arg("version").output().is_ok_and(|out| out.status.success())
    });
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "imgtool is missing: cargo xtask setup");
        println!("skipped: imgtool is missing, cargo xtask setup installs it");
    }
    found
}

fn run(program: &Path, args: &[&str]) -> Output {
    Command::new(program).args(args).output().unwrap()
}

fn gabion(args: &[&str]) -> Output {
    run(Path::new(env!("CARGO_BIN_EXE_gabion")), args)
}

fn key(name: &str) -> String {
    format!("{ROOT}/crates/gabion-boot/tests/data/images/keys/{name}.pem")
}

/// A directory of this test's own with a firmware binary in it.
fn workshop(name: &str, len: usize) -> (PathBuf, String) {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&dir).unwrap();
    let body: Vec<u8> = (0..len).map(|at| (at % 251) as u8).collect();
    let path = dir.join("firmware.bin");
    std::fs::write(&path, body).unwrap();
    (dir, path.to_str().unwrap().to_owned())
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn what_imgtool_signs_is_accepted() {
    let Some(tool) = imgtool() else { return };
    let (dir, firmware) = workshop("imgtool-signs", 3001);
    let options: &[&[&str]] = &[
        &[],
        &["--security-counter", "7"],
        &["--security-counter", "auto", "--boot-record", "APP"],
        &["--dependencies", "(1, 1.2.3+4)"],
        &[
            "--vid",
            "00112233-4455-6677-8899-aabbccddeeff",
            "--cid",
            "ffeeddcc-bbaa-9988-7766-554433221100",
        ],
        &["--public-key-format", "full"],
        &["--rom-fixed", "0x10000"],
        &["--custom-tlv", "0x67a0", "0xf0070c1f", "--custom-tlv", "0x00b0", "0x01"],
        &["--pad", "--confirm"],
    ];
    for key_name in ["pub_p256_a", "pub_ed25519_a"] {
        for (number, extra) in options.iter().enumerate() {
            let image = dir.join(format!("{key_name}-{number}.img"));
            let image = image.to_str().unwrap();
            let key = key(key_name);
            let mut args = vec!["sign", "--key", &key, "--version", "1.2.3+4", "--align", "4"];
            args.extend(["--header-size", "0x200", "--pad-header", "--slot-size", "0x10000"]);
            args.extend(*extra);
            args.extend([firmware.as_str(), image]);
            let signed = run(&tool, &args);
            assert!(signed.status.success(), "{extra:?}: {}", text(&signed));
            let verdict =
                gabion(&["image", "verify", "--pubkey", &key, "--slot-address", "0x10000", image]);
            assert_eq!(verdict.status.code(), Some(0), "{extra:?}: {}", text(&verdict));
        }
    }
}

#[test]
fn what_imgtool_signs_with_more_than_we_do_is_refused() {
    let Some(tool) = imgtool() else { return };
    let (dir, firmware) = workshop("imgtool-more", 3000);
    let p256 = key("pub_p256_a");
    let options: &[(&[&str], &str)] = &[
        (&["--load-addr", "0x20000000"], "UnsupportedFlags"),
        (&["--endian", "big"], "BadMagic"),
        (&["--rom-fixed", "0x20000"], "WrongAddress"),
        (&["--custom-tlv", "0x67a0", "0xf0070d1f"], "VendorMalformed"),
    ];
    for (extra, reason) in options {
        let image = dir.join(format!("{reason}.img"));
        let image = image.to_str().unwrap();
        let mut args = vec!["sign", "--key", &p256, "--version", "1.2.3", "--align", "4"];
        args.extend(["--header-size", "0x200", "--pad-header", "--slot-size", "0x10000"]);
        args.extend(*extra);
        args.extend([firmware.as_str(), image]);
        let signed = run(&tool, &args);
        assert!(signed.status.success(), "{extra:?}: {}", text(&signed));
        let verdict =
            gabion(&["image", "verify", "--pubkey", &p256, "--slot-address", "0x10000", image]);
        assert_eq!(verdict.status.code(), Some(1), "{extra:?}");
        assert!(text(&verdict).contains(reason), "{extra:?}: {}", text(&verdict));
    }
}

#[test]
fn what_is_signed_here_imgtool_accepts_and_says_the_same() {
    let Some(tool) = imgtool() else { return };
    let (dir, firmware) = workshop("signed-here", 3000);
    let common = ["--version", "1.2.3+4", "--pad-header", "--security-counter", "auto"];
    let sets: &[&[&str]] = &[
        &[],
        &["--public-key-format", "full"],
        &["--dependency", "1:1.2.3+4", "--vendor-id", "00112233-4455-6677-8899-aabbccddeeff"],
        &[
            "--support-end",
            "2032-02-29",
            "--severity",
            "high",
            "--exploited",
            "--custom-tlv",
            "0xb0:0102",
        ],
    ];
    for key_name in ["pub_p256_a", "pub_ed25519_a"] {
        for (number, extra) in sets.iter().enumerate() {
            let image = dir.join(format!("{key_name}-{number}.img"));
            let image = image.to_str().unwrap();
            let key = key(key_name);
            let mut args = vec!["image", "sign", "--key", &key];
            args.extend(common.iter().chain(*extra));
            args.extend([firmware.as_str(), image]);
            let signed = gabion(&args);
            assert_eq!(signed.status.code(), Some(0), "{}", text(&signed));
            let verdict = run(&tool, &["verify", "--key", &key, image]);
            assert!(verdict.status.success(), "{extra:?}: {}", text(&verdict));
            assert!(text(&verdict).contains("1.2.3+4"), "{}", text(&verdict));
        }
    }
}

/// The same image from both tools: all that is hashed is the same to the last byte.
#[test]
fn both_tools_hash_the_same_bytes() {
    let Some(tool) = imgtool() else { return };
    let (dir, firmware) = workshop("same-bytes", 2999);
    let (theirs, ours) = (dir.join("theirs.img"), dir.join("ours.img"));
    let (theirs, ours) = (theirs.to_str().unwrap(), ours.to_str().unwrap());
    let key = key("pub_p256_b");
    let signed = run(
        &tool,
        &[
            "sign",
            "--key",
            &key,
            "--version",
            "1.2.3+4",
            "--align",
            "4",
            "--header-size",
            "0x200",
            "--pad-header",
            "--slot-size",
            "0x10000",
            "--security-counter",
            "9",
            "--dependencies",
            "(1, 4.5.6+7)",
            "--vid",
            "00112233-4455-6677-8899-aabbccddeeff",
            "--custom-tlv",
            "0x00b0",
            "0x0102",
            &firmware,
            theirs,
        ],
    );
    assert!(signed.status.success(), "{}", text(&signed));
    let signed = gabion(&[
        "image",
        "sign",
        "--key",
        &key,
        "--version",
        "1.2.3+4",
        "--header-size",
        "0x200",
        "--pad-header",
        "--security-counter",
        "9",
        "--dependency",
        "1:4.5.6+7",
        "--vendor-id",
        "00112233-4455-6677-8899-aabbccddeeff",
        "--custom-tlv",
        "0xb0:0102",
        &firmware,
        ours,
    ]);
    assert_eq!(signed.status.code(), Some(0), "{}", text(&signed));
    let (theirs, ours) = (std::fs::read(theirs).unwrap(), std::fs::read(ours).unwrap());
    // Up to the unprotected area, and on to the end of the hash; signatures differ in their nonces.
    let end = 0x200 + 2999 + 4 + (4 + 4) + (4 + 12) + (4 + 16) + (4 + 2) + 4 + (4 + 32) + (4 + 32);
    assert_eq!(theirs[..end - 74], ours[..end - 74]);
    assert_eq!(theirs[end - 72..end], ours[end - 72..end], "hash and key hash");
}
