//! `gabion x509 verify`: exit codes, and the forms in which times, pins and certificates come.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};
use std::process::Command;

use gabion_cli::x509::{certificates, pin, time};
use gabion_link::x509::UnixTime;

/// The chain that OpenSSL made.
fn data(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../gabion-link/tests/data");
    std::fs::read(folder.join(name)).unwrap()
}

fn pem(der: &[u8]) -> String {
    pem_rfc7468::encode_string("CERTIFICATE", pem_rfc7468::LineEnding::LF, der).unwrap()
}

/// A folder of this test process with `root.pem`, `chain.pem` and `leaf.pem`.
fn folder(test: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("gabion-x509-{}-{test}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let [root, inter, leaf] = ["root.der", "inter.der", "leaf.der"].map(|name| pem(&data(name)));
    std::fs::write(folder.join("root.pem"), &root).unwrap();
    std::fs::write(folder.join("chain.pem"), format!("text\n{leaf}\nmore text\r\n{inter}"))
        .unwrap();
    std::fs::write(folder.join("leaf.pem"), &leaf).unwrap();
    folder
}

/// Runs the command in `folder`: its exit code and what it said on stderr.
fn gabion(folder: &Path, args: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_gabion"))
        .current_dir(folder)
        .args(["x509", "verify"])
        .args(args)
        .output()
        .unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

const HOST: [&str; 4] = ["--host", "fleet.example.com", "--time", "2027-03-01T00:00:00Z"];

#[test]
fn the_exit_code_is_the_verdict() {
    let folder = folder("verdict");
    let run = |args: &[&[&str]]| gabion(&folder, &args.concat());
    let root: &[&str] = &["--root", "root.pem"];
    for accepted in [
        run(&[root, &HOST, &["chain.pem"]]),
        // The list of roots swallows the chain, or stands last.
        run(&[&HOST, root, &["chain.pem"]]),
        run(&[&HOST, &["chain.pem"], root]),
        run(&[&HOST, root, &["--root", "leaf.pem"], &["chain.pem"]]),
    ] {
        assert_eq!(accepted, (0, String::new()));
    }
    for (refused, why) in [
        (run(&[root, &HOST, &["leaf.pem"]]), "refused: unknown-issuer: certificate 0: "),
        (
            run(&[root, &["--host", "other.example.com"], &HOST[2..], &["chain.pem"]]),
            "refused: wrong-name: ",
        ),
        (
            run(&[root, &HOST[..2], &["--time", "2028-03-01T00:00:00Z"], &["chain.pem"]]),
            "refused: expired: ",
        ),
        (
            run(&[root, &HOST, &["--pin", &"00".repeat(32)], &["chain.pem"]]),
            "refused: not-pinned: ",
        ),
        (run(&[&["--root", "leaf.pem"], &HOST, &["leaf.pem"]]), "refused: unknown-issuer: "),
    ] {
        assert_eq!(refused.0, 1, "{}", refused.1);
        assert!(refused.1.starts_with(why), "{} instead of {why}", refused.1);
    }
    std::fs::write(
        folder.join("key.pem"),
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    )
    .unwrap();
    std::fs::write(folder.join("empty.pem"), "").unwrap();
    for misuse in [
        run(&[root, &HOST]),
        run(&[&HOST, &["chain.pem"]]),
        run(&[root, &["chain.pem"]]),
        run(&[root, &HOST, &["missing.pem"]]),
        run(&[root, &HOST, &["key.pem"]]),
        run(&[root, &HOST, &["empty.pem"]]),
        run(&[root, &["--host", "https://fleet.example.com"], &["chain.pem"]]),
        run(&[root, &HOST[..2], &["--time", "yesterday"], &["chain.pem"]]),
        run(&[root, &HOST, &["--pin", "abc"], &["chain.pem"]]),
    ] {
        assert_eq!(misuse.0, 2, "{}", misuse.1);
        assert!(!misuse.1.is_empty());
    }
    // Certificates that are none are refused, not misuse: somebody sent them.
    std::fs::write(folder.join("garbage.pem"), pem(b"garbage")).unwrap();
    assert_eq!(run(&[root, &HOST, &["garbage.pem"]]).0, 1);
    assert_eq!(run(&[&["--root", "garbage.pem"], &HOST, &["chain.pem"]]).0, 1);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn times_are_rfc_3339() {
    for (text, seconds) in [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-11-24T08:00:00Z", 1_795_507_200),
        ("2026-11-24t08:00:00z", 1_795_507_200),
        ("2026-11-24 08:00:00.999Z", 1_795_507_200),
        ("2026-11-24T09:30:00+01:30", 1_795_507_200),
        ("2026-11-23T23:00:00-09:00", 1_795_507_200),
    ] {
        assert_eq!(time(text).unwrap(), UnixTime(seconds), "{text}");
    }
    for text in [
        "",
        "now",
        "2026-11-24",
        "2026-11-24T08:00:00",
        "2026-11-24T08:00Z",
        "2026-11-24T08:00:00.Z",
        "2026-02-29T00:00:00Z",
        "2026-11-24T24:00:00Z",
        "2026-11-24T08:00:60Z",
        "2026-11-24T08:00:00+1:00",
        "2026-11-24T08:00:00+24:00",
        "2026-11-24T08:00:00ZZ",
        "+026-11-24T08:00:00Z",
        "2026-11-24T08:00:00+01",
        "2026-11-24T08:00:00é",
    ] {
        assert!(time(text).is_err(), "{text}");
    }
}

#[test]
fn pins_are_hexadecimal_or_base64() {
    let hash = pin(&"0a".repeat(32)).unwrap();
    assert_eq!(hash.0, [10; 32]);
    let base64 = "CgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgo=";
    for text in [
        "0A".repeat(32),
        vec!["0a"; 32].join(":"),
        base64.to_owned(),
        format!("sha256/{base64}"),
        format!("sha256//{base64}"),
    ] {
        assert_eq!(pin(&text).unwrap(), hash, "{text}");
    }
    for text in ["", "0a", &"0a".repeat(31), &"0a".repeat(33), &base64[1..], "sha1/AAAA", "ä"] {
        assert!(pin(text).is_err(), "{text}");
    }
}

#[test]
fn pem_may_be_wrapped_in_any_way_but_not_be_cut() {
    let der = data("leaf.der");
    let good = pem(&der);
    let body: String = good.lines().filter(|line| !line.starts_with('-')).collect();
    for text in [
        good.clone(),
        good.replace('\n', "\r\n"),
        format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----"),
        format!("subject=CN = a\n{good}trailing"),
    ] {
        assert_eq!(certificates(text.as_bytes()).unwrap(), std::slice::from_ref(&der));
    }
    assert_eq!(certificates(good.repeat(3).as_bytes()).unwrap().len(), 3);
    for text in [
        "",
        "no PEM",
        &good[..good.len() / 2],
        &good.replace('A', "!"),
        &good.replace("CERTIFICATE", "X509 CRL"),
    ] {
        assert!(certificates(text.as_bytes()).is_err());
    }
}
