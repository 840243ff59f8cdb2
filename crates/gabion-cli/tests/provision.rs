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

/// The key of a reader: private and public file.
fn reader(folder: &std::path::Path, name: &str) -> (String, String) {
    let path = |kind| folder.join(format!("{name}.{kind}")).to_str().unwrap().to_owned();
    let (private, public) = (path("pem"), path("pub.pem"));
    let made = gabion(&["image", "keygen", "--out", &private, "--public", &public]);
    assert!(made.status.success(), "{made:?}");
    (private, public)
}

#[test]
fn the_hand_over_opens_for_its_reader_and_nobody_else() {
    let folder = scratch("handover");
    fs::create_dir(&folder).unwrap();
    let (private, public) = reader(&folder, "back-end");
    let (other, _) = reader(&folder, "other");
    let out = folder.join("batch");
    let out = out.to_str().unwrap();
    let made = gabion(&[
        "provision",
        "batch",
        "--count",
        "700",
        "--model",
        "LAMP-2",
        "--out",
        out,
        "--hand-over",
        &public,
    ]);
    assert!(made.status.success(), "{made:?}");
    let file = format!("{out}/handover.gho");
    let opened = gabion(&["provision", "open", "--key", &private, &file]);
    assert!(opened.status.success(), "{opened:?}");
    let labels = fs::read_to_string(format!("{out}/labels.ndjson")).unwrap();
    let told = String::from_utf8(opened.stdout).unwrap();
    assert_eq!(told, labels, "without injected keys the back end is told the labels");
    let sealed = fs::read(&file).unwrap();
    assert!(!sealed.windows(7).any(|part| part == b"GABION:"));
    // Not for another, not changed, not cut off; with --out nothing is left then.
    let plain = folder.join("plain");
    let plain = plain.to_str().unwrap();
    let refused = |key: &str, bytes: &[u8]| {
        let bad = folder.join("bad.gho");
        fs::write(&bad, bytes).unwrap();
        let bad = bad.to_str().unwrap().to_owned();
        let output = gabion(&["provision", "open", "--key", key, &bad, "--out", plain]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(!fs::exists(plain).unwrap() && !fs::exists(format!("{plain}.part")).unwrap());
    };
    refused(&other, &sealed);
    refused(&private, &sealed[..sealed.len() - 1]);
    refused(&private, &sealed[..82 + 65_552]);
    refused(&private, &[&sealed[..], b"x"].concat());
    refused(&private, b"");
    let mut changed = sealed.clone();
    changed[70_000] ^= 1;
    refused(&private, &changed);
    let whole = gabion(&["provision", "open", "--key", &private, &file, "--out", plain]);
    assert!(whole.status.success());
    assert_eq!(fs::read_to_string(plain).unwrap(), labels);
    // What is there is not written over; what is no key or no file is misuse.
    for args in [
        &["--key", &private, &file, "--out", plain][..],
        &["--key", &file, &file],
        &["--key", &private, "/nowhere"],
    ] {
        let output = gabion(&[&["provision", "open"], args].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}");
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn injected_identities_are_written_encrypted_or_not_at_all() {
    use gabion_crypto::{EcdsaP256Sign, Secret, Software};
    let folder = scratch("injected");
    fs::create_dir(&folder).unwrap();
    let (private, public) = reader(&folder, "back-end");
    let (line_private, line_public) = reader(&folder, "line");
    let out = folder.join("batch");
    let out = out.to_str().unwrap();
    let batch = |more: &[&str]| {
        gabion(&[&["provision", "batch", "--count", "20", "--identity", "injected"], more].concat())
    };
    assert_eq!(batch(&["--out", out]).status.code(), Some(2));
    assert_eq!(batch(&["--ndjson"]).status.code(), Some(2));
    assert!(!fs::exists(out).unwrap());
    let made = batch(&["--out", out, "--hand-over", &public, "--line-key", &line_public]);
    assert!(made.status.success(), "{made:?}");
    assert!(String::from_utf8_lossy(&made.stderr).contains("warning"));
    let lines = |key: &str, name: &str| -> Vec<serde_json::Value> {
        let opened = gabion(&["provision", "open", "--key", key, &format!("{out}/{name}")]);
        assert!(opened.status.success(), "{opened:?}");
        let text = String::from_utf8(opened.stdout).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let (devices, told) = (lines(&line_private, "devices.gho"), lines(&private, "handover.gho"));
    assert_eq!((devices.len(), told.len()), (20, 20));
    let unhex = |text: &str| -> Vec<u8> {
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect()
    };
    let labels = fs::read_to_string(format!("{out}/labels.ndjson")).unwrap();
    for (device, told) in devices.iter().zip(&told) {
        assert_eq!(device["serial"], told["serial"]);
        assert_eq!(device["payload"], told["payload"]);
        let key = device["identity_private"].as_str().unwrap();
        let key_bytes = Secret::new(<[u8; 32]>::try_from(unhex(key)).unwrap());
        let public = Software.p256_public_key(&key_bytes).unwrap();
        assert_eq!(public.0.to_vec(), unhex(told["identity"].as_str().unwrap()));
        assert!(!labels.contains(key) && told.get("identity_private").is_none());
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn sheets_as_png_hold_codes_that_scan() {
    let folder = scratch("png");
    let out = folder.to_str().unwrap();
    let made = gabion(&[
        "provision",
        "batch",
        "--count",
        "25",
        "--model",
        "LAMP-2",
        "--png",
        "--out",
        out,
    ]);
    assert!(made.status.success(), "{made:?}");
    let mut codes = Vec::new();
    for sheet in ["labels-00001.png", "labels-00002.png"] {
        let file = std::io::BufReader::new(fs::File::open(folder.join(sheet)).unwrap());
        let mut decoder = png::Decoder::new(file);
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        let width = info.width as usize;
        assert_eq!((info.width, info.height), (2480, 3508));
        // A label at a time, as a scanner sees it: 66 by 34 millimetres at 300 dots per inch, behind a margin of 6.
        for place in 0..24 {
            let (left, top) = (70 + place % 3 * 779, 70 + place / 3 * 401);
            let mut image = rqrr::PreparedImage::prepare_from_greyscale(779, 401, |x, y| {
                bytes[(top + y) * width + left + x]
            });
            codes.extend(image.detect_grids().iter().map(|grid| grid.decode().unwrap().1));
        }
    }
    codes.sort();
    let labels = fs::read_to_string(folder.join("labels.ndjson")).unwrap();
    let mut payloads: Vec<String> = labels
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|record| record["payload"].as_str().unwrap().to_owned())
        .collect();
    payloads.sort();
    assert_eq!(codes, payloads);
    fs::remove_dir_all(folder).unwrap();
}
