//! `gabion cose`, run as a person would run it, on the examples of the COSE working group and on pycose's messages.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use gabion_cose::{Key, VerifyingKey};
use gabion_crypto::P256PublicKey;

const EXAMPLES: &str = include_str!("../../gabion-cose/tests/data/cose_wg.txt");

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("gabion-cose-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn put(&self, name: &str, content: &[u8]) -> String {
        let file = self.0.join(name);
        fs::write(&file, content).unwrap();
        file.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn gabion(args: &[&str]) -> (i32, Vec<u8>, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_gabion")).arg("cose").args(args).output().unwrap();
    (output.status.code().unwrap(), output.stdout, String::from_utf8(output.stderr).unwrap())
}

#[test]
fn examples_of_the_working_group() {
    let folder = Folder::new("wg");
    let mut count = 0;
    for line in EXAMPLES.lines().filter(|line| !line.starts_with('#')) {
        let [name, kind, algorithm, key, external, verdict, message, payload] =
            line.split(" | ").collect::<Vec<_>>()[..]
        else {
            panic!("{line}")
        };
        let option: &[&str] = match algorithm {
            "ES256" | "HS256" | "A256GCM" => &[],
            "HS256/64" => &["--algorithm", "hs256-64"],
            "ChaCha-Poly1305" => &["--algorithm", "chacha20-poly1305"],
            _ => continue,
        };
        let key = if kind == "sign0" {
            let key = VerifyingKey(P256PublicKey(hex(key)[..].try_into().unwrap()));
            let mut out = [0; 100];
            folder.put("key.cbor", Key::emit_public(&key, None, &mut out).unwrap())
        } else {
            format!("@{}", folder.put("key.hex", key.as_bytes()))
        };
        let message = folder.put("message", &hex(message));
        let external = if external == "-" { "" } else { external };
        let args = ["verify", "--key", &key, "--external", external, "--out", "-", &message];
        let (code, out, error) = gabion(&[&args[..], option].concat());
        if verdict == "pass" {
            assert_eq!((code, out, error.as_str()), (0, hex(payload), ""), "{name}");
        } else {
            assert_eq!((code, out.len()), (1, 0), "{name}");
            assert!(error.starts_with(&message), "{error}");
        }
        count += 1;
    }
    assert_eq!(count, 32);
}

#[test]
fn pem_detached_and_misuse() {
    let fixtures: serde_json::Value =
        serde_json::from_str(include_str!("../../gabion-cose/tests/data/pycose.json")).unwrap();
    let folder = Folder::new("pem");
    let encoded = hex(fixtures["key"].as_str().unwrap());
    let point = Key::parse(&encoded).unwrap().verifying().unwrap();
    let spki = gabion_cli::keys::Public::P256(point.0).spki();
    let pem = pem_rfc7468::encode_string("PUBLIC KEY", pem_rfc7468::LineEnding::LF, &spki).unwrap();
    let pem = folder.put("key.pem", pem.as_bytes());
    let external = fixtures["external"].as_str().unwrap();
    let find = |kind: &str| {
        let messages = fixtures["messages"].as_array().unwrap();
        let message = messages.iter().find(|message| message["kind"] == kind).unwrap();
        hex(message["message"].as_str().unwrap())
    };
    let signed = folder.put("signed", &find("sign1"));
    let detached = folder.put("detached", &find("sign1-detached"));
    let nothing = folder.put("nothing", b"");
    let verify = |rest: &[&str]| gabion(&[&["verify", "--key", &pem][..], rest].concat());

    assert_eq!(verify(&["--external", external, &signed]).0, 0);
    assert_eq!(verify(&[&signed]).0, 1, "without the context");
    assert_eq!(verify(&["--external", external, &detached]).0, 1, "without the payload");
    assert_eq!(verify(&["--external", external, "--payload", &nothing, &detached]).0, 0);
    assert_eq!(verify(&["--external", external, "--payload", &signed, &detached]).0, 1);
    assert_eq!(verify(&["--external", external, &nothing]).0, 1);

    // The other kinds of message need another kind of key.
    let mac = folder.put("mac", &find("mac0"));
    assert_eq!(verify(&["--external", external, &mac]).0, 1);
    let shared = format!("@{}", folder.put("shared", b"77".repeat(32).as_slice()));
    assert_eq!(gabion(&["verify", "--key", &shared, "--external", external, &mac]).0, 0);
    assert_eq!(gabion(&["verify", "--key", &shared, "--external", external, &signed]).0, 1);

    let shown = String::from_utf8(gabion(&["show", &mac]).1).unwrap();
    let expected = "COSE_Mac0, not checked\nalgorithm HMAC 256/256\nkey id 3131\npayload 0 bytes\n";
    assert_eq!(shown, expected);
    assert_eq!(gabion(&["show", &nothing]).0, 1);

    // misuse: 2, and no secret in what is said
    let secret = folder.put("secret", b"5ec2e7zz");
    let (code, _, said) = gabion(&["verify", "--key", &format!("@{secret}"), &mac]);
    assert_eq!(code, 2);
    assert!(!said.contains("5ec2e7"), "{said}");
    assert_eq!(verify(&["no such file"]).0, 2);
    assert_eq!(verify(&["--external", "0", &signed]).0, 2);
    assert_eq!(gabion(&["verify", "--key", "no such key", &signed]).0, 2);
    assert_eq!(gabion(&["verify", &signed]).0, 2, "no key");
    let short = format!("@{}", folder.put("short", b"00"));
    assert_eq!(gabion(&["verify", "--key", &short, &mac]).0, 2);
}
