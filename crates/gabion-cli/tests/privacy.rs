//! `gabion privacy`, and `gabion erase verify` for one person's deletion.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use gabion_cli::keys::Public;
use gabion_crypto::{EcdsaP256Sign, Secret, Software};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../gabion-privacy/tests/data").join(name)
}

/// A folder of this test with what a device wrote and two public keys.
fn folder(test: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("gabion-privacy-{}-{test}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (n, name) in [(0x11, "device.pem"), (2, "other.pem")] {
        let key = Software.p256_public_key(&Secret::new([n; 32])).unwrap();
        let ending = pem_rfc7468::LineEnding::LF;
        let pem = pem_rfc7468::encode_string("PUBLIC KEY", ending, &Public::P256(key).spki());
        std::fs::write(folder.join(name), pem.unwrap()).unwrap();
    }
    for name in ["export.cbor", "export.json", "export.jws", "deletion.receipt"] {
        std::fs::copy(data(name), folder.join(name)).unwrap();
    }
    folder
}

fn gabion(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_gabion")).current_dir(folder).args(args).output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    (output.status.code().unwrap(), out, err)
}

const CBOR: [&str; 5] = ["privacy", "verify", "export.cbor", "--pubkey", "device.pem"];
const JSON: [&str; 7] =
    ["privacy", "verify", "export.json", "--signature", "export.jws", "--pubkey", "device.pem"];

#[test]
fn an_export_is_verified_in_both_forms_and_says_the_same() {
    let folder = folder("sound");
    let (code, out, err) = gabion(&folder, &CBOR);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("account 0: 2 of 3 items held, 1 answers"), "{out}");
    assert_eq!(gabion(&folder, &JSON).1, out);
    let [cbor, json] = [&CBOR[..], &JSON[..]].map(|args| {
        let (code, out, _) = gabion(&folder, &[args, &["--json"]].concat());
        assert_eq!(code, 0);
        serde_json::from_str::<serde_json::Value>(&out).unwrap()
    });
    assert_eq!(cbor, json);
    assert_eq!(json["subjects"][1]["data"][0]["value"], 298);
}

#[test]
fn an_export_that_was_changed_or_is_anothers_is_refused() {
    let folder = folder("refused");
    for (name, args) in [("export.cbor", &CBOR[..]), ("export.json", &JSON[..])] {
        let whole = std::fs::read(data(name)).unwrap();
        for at in (0..whole.len()).step_by(whole.len() / 12) {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            std::fs::write(folder.join(name), &changed).unwrap();
            let (code, out, err) = gabion(&folder, args);
            assert_eq!((code, out.as_str()), (1, ""), "{name} byte {at}: {err}");
        }
        std::fs::write(folder.join(name), &whole[..whole.len() - 1]).unwrap();
        assert_eq!(gabion(&folder, args).0, 1);
        std::fs::write(folder.join(name), &whole).unwrap();
        let mut others = args.to_vec();
        *others.last_mut().unwrap() = "other.pem";
        let (code, _, err) = gabion(&folder, &others);
        assert!(code == 1 && err.contains("signature"), "{err}");
    }
    for jws in [
        "",
        "a.b",
        "eyJhbGciOiJub25lIn0..",
        "eyJhbGciOiJFUzI1NiJ9..A",
        "eyJhbGciOiJFUzI1NiJ9.e30.AAAA",
    ] {
        std::fs::write(folder.join("export.jws"), jws).unwrap();
        let (code, _, err) = gabion(&folder, &JSON);
        assert!(code == 1 && err.contains("detached"), "{jws}: {err}");
    }
    let (code, _, err) =
        gabion(&folder, &["privacy", "verify", "export.json", "--pubkey", "device.pem"]);
    assert!(code == 1 && err.contains("--signature"), "{err}");
}

#[test]
fn misuse_is_told_apart_from_refusal() {
    let folder = folder("misuse");
    for args in [
        vec!["privacy", "verify", "export.cbor"],
        vec!["privacy", "verify", "missing", "--pubkey", "device.pem"],
        vec!["privacy", "verify", "export.cbor", "--pubkey", "missing"],
        vec!["privacy", "verify", "export.json", "--signature", "no", "--pubkey", "device.pem"],
    ] {
        let (code, _, err) = gabion(&folder, &args);
        assert!(code == 2 && !err.is_empty(), "{args:?}: {err}");
    }
}

#[test]
fn a_receipt_of_a_deletion_is_verified_and_shown() {
    let folder = folder("deletion");
    let args = ["erase", "verify", "deletion.receipt", "--pubkey", "device.pem"];
    let (code, out, err) = gabion(&folder, &args);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("deletion number 1") && out.contains("account 0"), "{out}");
    let (code, out, _) = gabion(&folder, &[&args[..], &["--json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &json["request"], &json["items"]), (0, &1.into(), &3.into()));
    let (code, _, err) =
        gabion(&folder, &["erase", "verify", "deletion.receipt", "--pubkey", "other.pem"]);
    assert!(code == 1 && err.contains("signature"), "{err}");
    // Only a reset has a plan.
    let plan = "00".repeat(32);
    let (code, _, err) = gabion(&folder, &[&args[..], &["--plan", &plan]].concat());
    assert!(code == 1 && err.contains("not an erase receipt"), "{err}");
}
