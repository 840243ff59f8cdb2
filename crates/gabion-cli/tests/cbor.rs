//! `gabion cbor`, run as a person would run it.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::io::Write;
use std::process::{Command, Stdio};

const APPENDIX_A: &str = include_str!("../../gabion-codec/tests/data/rfc8949_appendix_a.txt");

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
}

/// Exit code, standard output, standard error.
fn gabion(command: &str, file: &str, input: &[u8]) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_gabion"))
        .args(["cbor", command, file])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn rfc_8949_appendix_a() {
    let mut examples = 0;
    for line in APPENDIX_A.lines().filter(|line| !line.starts_with('#')) {
        let [encoding, expected, meaning] = line.splitn(3, " | ").collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let input = hex(encoding);
        assert_eq!(gabion("diag", "-", &input), (0, format!("{meaning}\n"), String::new()));
        let (code, _, reason) = gabion("check", "-", &input);
        match expected.split_once(' ') {
            None => assert_eq!((code, reason.as_str()), (0, ""), "{line}"),
            Some((offset, _)) => {
                assert_eq!(code, 1, "{line}");
                assert!(reason.starts_with(&format!("-: at byte {offset}: ")), "{reason}");
            }
        }
        examples += 1;
    }
    assert_eq!(examples, 81);
}

#[test]
fn exit_codes_tell_refusal_from_misuse() {
    let folder = std::env::temp_dir().join(format!("gabion-cbor-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("item.cbor");
    let name = file.to_str().unwrap();
    std::fs::write(&file, hex("a2 01 00 02 00")).unwrap();
    assert_eq!(gabion("check", name, &[]).0, 0);
    assert_eq!(gabion("diag", name, &[]).1, "{1: 0, 2: 0}\n");
    std::fs::write(&file, hex("a2 02 00 01 00")).unwrap();
    let (code, _, reason) = gabion("check", name, &[]);
    assert_eq!((code, reason), (1, format!("{name}: at byte 3: the map keys are not in order\n")));
    assert_eq!(gabion("diag", name, &[]).1, "{2: 0, 1: 0}\n");
    std::fs::remove_dir_all(&folder).unwrap();

    assert_eq!(gabion("check", name, &[]).0, 2, "no such file");
    assert_eq!(gabion("chekc", name, &[]).0, 2, "no such command");
    assert_eq!(gabion("check", "--strict", &[]).0, 2, "no such option");
}

#[test]
fn what_is_not_well_formed_has_no_notation() {
    let cases = [
        ("", 0, "the input ends inside a value"),
        ("1c", 0, "another tag or type must stand here"),
        ("ff", 0, "another tag or type must stand here"),
        ("81ff", 1, "another tag or type must stand here"),
        ("f818", 0, "another tag or type must stand here"),
        ("5f6161ff", 1, "another tag or type must stand here"),
        ("bf00ff", 2, "another tag or type must stand here"),
        ("5f40", 2, "the input ends inside a value"),
        ("9bffffffffffffffff", 9, "the input ends inside a value"),
        ("0000", 1, "bytes follow the end"),
        ("61ff", 1, "the text is not UTF-8"),
    ];
    for (input, offset, reason) in cases {
        let expected = format!("-: at byte {offset}: {reason}\n");
        assert_eq!(gabion("diag", "-", &hex(input)), (1, String::new(), expected), "{input}");
        assert_eq!(gabion("check", "-", &hex(input)).0, 1, "{input}");
    }
}

#[test]
fn deep_and_long_input_is_refused_and_not_crashed_on() {
    let deep = [vec![0x81; 1 << 20], vec![0]].concat();
    let expected = "-: at byte 255: longer, deeper or more items than allowed\n";
    for command in ["check", "diag"] {
        let (code, _, reason) = gabion(command, "-", &deep);
        assert_eq!((code, reason.as_str()), (1, expected));
    }
}

#[test]
fn text_cannot_reach_the_terminal_raw() {
    let escape = [&[0x64][..], b"\x1b[2J"].concat();
    assert_eq!(gabion("diag", "-", &escape).1, "\"\\u001b[2J\"\n");
    let right_to_left = [&[0x63][..], "\u{202e}".as_bytes()].concat();
    assert_eq!(gabion("diag", "-", &right_to_left).1, "\"\\u202e\"\n");
}

#[test]
fn other_numbers() {
    for (input, meaning) in [
        ("1801", "1"),
        ("c240", "0"),
        ("c349ffffffffffffffffff", "-4722366482869645213696"),
        ("c201", "2(1)"),
        ("f97e01", "NaN"),
        ("fb3eb0c6f7a0b5ed8d", "0.000001"),
        ("fb444b1ae4d6e2ef50", "1.0e+21"),
        ("fb4415af1d78b58c40", "100000000000000000000.0"),
    ] {
        assert_eq!(gabion("diag", "-", &hex(input)).1, format!("{meaning}\n"), "{input}");
    }
}
