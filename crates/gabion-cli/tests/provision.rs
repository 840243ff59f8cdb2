//! `gabion provision batch`, as a person runs it.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use gabion_provision::Label;

fn gabion(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gabion")).args(args).output().unwrap()
}

fn scratch(name: &str) -> PathBuf {
    let folder =
        std::env::temp_dir().join(format!("gabion-provision-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    folder
}

#[test]
fn provision_5_1_2_a_batch_has_no_duplicates_and_reads_back() {
    let output =
        gabion(&["provision", "batch", "--count", "3000", "--model", "LAMP-2", "--ndjson"]);
    assert!(output.status.success());
    let mut secrets = HashSet::new();
    let text = String::from_utf8(output.stdout).unwrap();
    for (number, line) in text.lines().enumerate() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(record["serial"], format!("A{:07}", number + 1));
        let mut payload = record["payload"].as_str().unwrap().as_bytes().to_vec();
        let label = Label::parse(&mut payload).unwrap();
        assert_eq!(label.model.as_str(), "LAMP-2");
        assert_eq!(label.secret.grouped().to_string(), record["secret"].as_str().unwrap());
        assert!(secrets.insert(*label.secret.expose()));
    }
    assert_eq!(secrets.len(), 3000);
}

#[test]
fn a_folder_holds_labels_evidence_and_sheets_and_nothing_leaks() {
    let folder = scratch("folder");
    let out = folder.to_str().unwrap();
    let args =
        ["provision", "batch", "--count", "30", "--model", "LAMP-2", "--labels", "--out", out];
    let output = gabion(&args);
    assert!(output.status.success(), "{output:?}");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["labels-00001.svg", "labels-00002.svg", "labels.ndjson", "report.json"]);
    let report = fs::read_to_string(folder.join("report.json")).unwrap();
    let said = format!(
        "{report}{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    for line in fs::read_to_string(folder.join("labels.ndjson")).unwrap().lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        let secret = record["secret"].as_str().unwrap();
        assert!(!said.contains(secret) && !said.contains(&secret.replace('-', "")), "{secret}");
    }
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["devices"], 30);
    assert_eq!(report["accepted"], true);
    #[cfg(unix)]
    for name in ["labels.ndjson", "labels-00001.svg"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(folder.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    // A second batch does not write over the first.
    assert_eq!(gabion(&args).status.code(), Some(2));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_serial_number_that_occurs_twice_spoils_the_batch() {
    let folder = scratch("twice");
    fs::create_dir(&folder).unwrap();
    let serials = folder.join("serials.txt");
    fs::write(&serials, "A1\nA2\nA3\nA2\n").unwrap();
    let out = folder.join("batch");
    let output = gabion(&[
        "provision",
        "batch",
        "--count",
        "4",
        "--serials",
        serials.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(!out.join("labels.ndjson").exists(), "only the .part file is there");
    assert!(out.join("labels.ndjson.part").exists());
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn wrong_arguments_are_misuse() {
    let folder = scratch("misuse");
    let serials = std::env::temp_dir().join(format!("gabion-serials-{}", std::process::id()));
    fs::write(&serials, "A1\nb2\n").unwrap();
    for args in [
        &["--count", "0", "--ndjson"][..],
        &["--count", "1"],
        &["--count", "1", "--ndjson", "--model", "lamp"],
        &["--count", "1", "--ndjson", "--serial-prefix", "a b"],
        &["--count", "1", "--ndjson", "--serial-prefix", "AAAAAAAAAAAAAAAAAAAA"],
        &["--count", "2", "--ndjson", "--serials", serials.to_str().unwrap()],
        &["--count", "3", "--ndjson", "--serials", "/nowhere"],
        &["--count", "1", "--ndjson", "--labels"],
        &["--count", "1", "--ndjson", "--out", folder.to_str().unwrap()],
    ] {
        let output = gabion(&[&["provision", "batch"], args].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}");
    }
    fs::remove_file(serials).unwrap();
    assert!(!folder.exists());
}

#[test]
fn no_secret_shares_a_piece_with_what_is_public() {
    // A public text with every second five-symbol piece would refuse nearly everything; a plausible one changes nothing.
    let output = gabion(&[
        "provision",
        "batch",
        "--count",
        "500",
        "--ndjson",
        "--public",
        "LAMP-SETUP-2479",
        "--public",
        "C4D3H7",
    ]);
    assert!(output.status.success());
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        let secret = record["secret"].as_str().unwrap().replace('-', "");
        for piece in ["C4D3H", "4D3H7", "7H3D4", "H3D4C"] {
            assert!(!secret[..14].contains(piece), "{secret}");
        }
    }
}
