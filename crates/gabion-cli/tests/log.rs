//! `gabion log` and `gabion erase` on golden files: exit codes, reasons, and what is shown.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};
use std::process::Command;

use gabion_cli::keys::Public;
use gabion_crypto::{EcdsaP256Sign, Secret, Software};

/// The seed and nonce that the golden bundles were made with.
const SEED: &[u8; 32] = b"the seed that the factory keeps!";
const NONCE: &[u8; 16] = b"a fresh question";

fn data(of: &str, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(of).join("tests/data").join(name)
}

fn bundle(name: &str) -> String {
    data("gabion-log", name).display().to_string()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A folder of this test with the public keys of devices 1, 2 and 0x11 in PEM.
fn folder(test: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("gabion-log-{}-{test}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for n in [1, 2, 0x11] {
        let key = Software.p256_public_key(&Secret::new([n; 32])).unwrap();
        let ending = pem_rfc7468::LineEnding::LF;
        let pem = pem_rfc7468::encode_string("PUBLIC KEY", ending, &Public::P256(key).spki());
        std::fs::write(folder.join(format!("{n}.pem")), pem.unwrap()).unwrap();
    }
    folder
}

/// Runs the command in a folder: exit code, stdout, stderr.
fn gabion(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_gabion")).current_dir(folder).args(args).output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    (output.status.code().unwrap(), out, err)
}

#[test]
fn a_sound_log_is_accepted_with_and_without_the_seed() {
    let folder = folder("sound");
    let (first, second) = (bundle("first.bundle"), bundle("second.bundle"));
    let (seed, nonce) = (hex(SEED), hex(NONCE));
    let (code, out, err) =
        gabion(&folder, &["log", "verify", &first, &second, "--pubkey", "1.pem"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("content sealed"), "{out}");
    let all =
        ["log", "verify", &first, &second, "--pubkey", "1.pem", "--seed", &seed, "--nonce", &nonce];
    let (code, out, err) = gabion(&folder, &all);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("28 events opened, 0 lost, 0 records overwritten"), "{out}");
}

#[test]
fn events_are_shown_as_a_table_and_as_json() {
    let folder = folder("show");
    std::fs::write(folder.join("seed"), format!("{}\n", hex(SEED))).unwrap();
    let first = bundle("first.bundle");
    let args = ["log", "show", &first, "--pubkey", "1.pem", "--seed", "@seed"];
    let (code, out, _) = gabion(&folder, &args);
    assert_eq!(code, 0);
    assert_eq!(out.lines().count(), 27);
    assert!(out.contains("LoginFailed") && out.contains("critical"), "{out}");
    let (code, out, _) = gabion(&folder, &[&args[..], &["--json"]].concat());
    assert_eq!(code, 0);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let events = json["events"].as_array().unwrap();
    assert_eq!(events.len(), 26);
    assert_eq!(events[0]["event"], "LoginFailed");
    assert_eq!(events[0]["code"], 0x0402);
    assert_eq!(events[0]["uptime"], 0.5);
    assert_eq!(events.iter().filter(|event| event["lane"] == "critical").count(), 2);
}

#[test]
fn events_leave_in_standard_formats() {
    let folder = folder("formats");
    let (first, seed) = (bundle("first.bundle"), hex(SEED));
    let show = |format: &str| {
        let args =
            ["log", "show", &first, "--pubkey", "1.pem", "--seed", &seed, "--format", format];
        let (code, out, _) = gabion(&folder, &args);
        assert_eq!(code, 0, "{format}");
        out
    };
    let lines = show("ndjson");
    assert_eq!(lines.lines().count(), 26);
    for line in lines.lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(event["code"].is_number());
    }
    let syslog = show("syslog");
    assert_eq!(syslog.lines().count(), 26);
    assert!(syslog.lines().all(|line| line.starts_with("<10") && line.contains(">1 ")));
    let otlp: serde_json::Value = serde_json::from_str(&show("otlp")).unwrap();
    let records = &otlp["resourceLogs"][0]["scopeLogs"][0]["logRecords"];
    assert_eq!(records.as_array().unwrap().len(), 26);
}

#[cfg(unix)]
#[test]
fn the_program_for_fleets_gets_the_arguments_and_gives_the_exit_code() {
    use std::os::unix::fs::PermissionsExt;

    let folder = folder("fleet");
    let run = |path: &Path, args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gabion"));
        let output = command.current_dir(&folder).env("PATH", path).args(args).output().unwrap();
        let [out, err] = [output.stdout, output.stderr].map(|t| String::from_utf8(t).unwrap());
        (output.status.code().unwrap(), out, err)
    };
    if !Path::new(env!("CARGO_BIN_EXE_gabion")).with_file_name("gabion-fleet").exists() {
        let (code, _, err) = run(Path::new("/nowhere"), &["log", "examine", "fleet"]);
        assert_eq!(code, 2);
        assert!(err.contains("gabion-fleet is neither beside gabion nor on the PATH"), "{err}");
        let program = folder.join("gabion-fleet");
        std::fs::write(&program, "#!/bin/sh\necho \"$@\"\nexit 1\n").unwrap();
        std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
        let (code, out, _) = run(&folder, &["log", "examine", "fleet", "--out", "x", "--help"]);
        assert_eq!((code, out.trim()), (1, "examine fleet --out x --help"));
    }
}

#[test]
fn what_is_not_sound_is_refused_with_the_reason() {
    let folder = folder("refused");
    let (first, second) = (bundle("first.bundle"), bundle("second.bundle"));
    let seed = hex(SEED);
    let mut changed = std::fs::read(&first).unwrap();
    changed[500] ^= 1;
    std::fs::write(folder.join("changed"), &changed).unwrap();
    std::fs::write(folder.join("text"), "no bundle").unwrap();
    let wrong_seed = hex(b"the seed that somebody made up!!");
    for (args, reason) in [
        (vec!["changed", "--pubkey", "1.pem"], "the signature does not belong"),
        (vec!["text", "--pubkey", "1.pem"], "not a log bundle"),
        (vec![&first, "--pubkey", "2.pem"], "the signature does not belong"),
        (vec![&second, &first, "--pubkey", "1.pem"], "goes back on an earlier bundle"),
        (vec![&first, "--pubkey", "1.pem", "--seed", &wrong_seed], "changed or forged"),
        (vec![&first, "--pubkey", "1.pem", "--nonce", &seed[..32]], "replayed"),
    ] {
        let (code, out, err) = gabion(&folder, &[&["log", "verify"][..], &args].concat());
        assert_eq!((code, out.as_str()), (1, ""), "{args:?}: {err}");
        assert!(err.contains(reason), "{args:?}: {err}");
    }
}

#[test]
fn misuse_is_told_apart_from_refusal() {
    let folder = folder("misuse");
    let first = bundle("first.bundle");
    for args in [
        vec!["log", "verify", "--pubkey", "1.pem"],
        vec!["log", "verify", &first],
        vec!["log", "verify", "missing", "--pubkey", "1.pem"],
        vec!["log", "verify", &first, "--pubkey", "missing.pem"],
        vec!["log", "verify", &first, "--pubkey", "1.pem", "--seed", "abc"],
        vec![
            "log",
            "verify",
            &first,
            "--pubkey",
            "1.pem",
            "--nonce",
            "+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1",
        ],
        vec!["log", "show", &first, "--pubkey", "1.pem"],
        vec!["erase", "verify", "missing", "--pubkey", "1.pem"],
    ] {
        let (code, _, err) = gabion(&folder, &args);
        assert_eq!(code, 2, "{args:?}: {err}");
        assert!(!err.is_empty());
    }
}

#[test]
fn a_receipt_is_verified_and_shown() {
    let folder = folder("erase");
    let receipt = data("gabion-erase", "reset.receipt").display().to_string();
    let (code, out, err) = gabion(&folder, &["erase", "verify", &receipt, "--pubkey", "17.pem"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("factory reset number 1") && out.contains("PersonalData"), "{out}");
    let (code, out, _) =
        gabion(&folder, &["erase", "verify", &receipt, "--pubkey", "17.pem", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &json["trigger"], &json["pages"]), (0, &"command".into(), &3.into()));
    let plan = json["plan"].as_str().unwrap().to_owned();
    let with = |plan: &str| {
        gabion(&folder, &["erase", "verify", &receipt, "--pubkey", "17.pem", "--plan", plan])
    };
    assert_eq!(with(&plan).0, 0);
    let (code, _, err) = with(&"00".repeat(32));
    assert!(code == 1 && err.contains("another plan"), "{err}");
    let (code, _, err) = gabion(&folder, &["erase", "verify", &receipt, "--pubkey", "1.pem"]);
    assert!(code == 1 && err.contains("signature"), "{err}");
}
