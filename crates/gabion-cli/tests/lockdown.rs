//! `gabion lockdown`: dumps of every form, and exit codes.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::process::Command;

use gabion_cli::lockdown::{fuse_words, variant, word};
use gabion_lockdown::esp::{Chip, FuseWords};

fn gabion(args: &[&str]) -> (i32, String, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_gabion")).arg("lockdown").args(args).output().unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// Writes a dump for this test and returns its path.
fn dump(name: &str, content: &[u8]) -> String {
    let path = std::env::temp_dir().join(format!("gabion-lockdown-{}-{name}", std::process::id()));
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A summary as the maker's tool writes it, of a chip with everything closed.
fn summary() -> serde_json::Value {
    let flag = |burnt: bool| serde_json::json!({"value": burnt, "bit_len": 1, "readable": true});
    let mut summary = serde_json::json!({
        "SOFT_DIS_JTAG": {"value": 7, "raw_value": "0x7"},
        "SPI_BOOT_CRYPT_CNT": {"value": "Enable", "raw_value": "0b111"},
        "RD_DIS": {"value": 2, "raw_value": "0x02"},
        "KEY_PURPOSE_0": {"value": "SECURE_BOOT_DIGEST0"},
        "KEY_PURPOSE_1": {"value": "XTS_AES_128_KEY"},
    });
    for key in 2..6 {
        summary[format!("KEY_PURPOSE_{key}")] = serde_json::json!({"value": "USER"});
    }
    for name in [
        "DIS_PAD_JTAG",
        "DIS_USB_JTAG",
        "DIS_USB_SERIAL_JTAG",
        "DIS_DOWNLOAD_MODE",
        "ENABLE_SECURITY_DOWNLOAD",
        "DIS_USB_SERIAL_JTAG_DOWNLOAD_MODE",
        "DIS_DOWNLOAD_MANUAL_ENCRYPT",
        "DIS_DOWNLOAD_ICACHE",
        "DIS_DIRECT_BOOT",
        "DIS_FORCE_DOWNLOAD",
        "SECURE_BOOT_EN",
        "SECURE_BOOT_KEY_REVOKE1",
        "SECURE_BOOT_KEY_REVOKE2",
    ] {
        summary[name] = flag(true);
    }
    summary["SECURE_BOOT_KEY_REVOKE0"] = flag(false);
    summary
}

#[test]
fn the_exit_code_is_the_verdict() {
    let closed = dump("closed.json", summary().to_string().as_bytes());
    let (code, told, _) = gabion(&["esp", "--chip", "esp32c3", &closed]);
    assert_eq!((code, told.as_str()), (0, "esp32c3: closed; debug port locked\n"));
    let blank = dump("blank.bin", &[0; 24]);
    let (code, told, _) = gabion(&["esp", "--chip", "ESP32C6", &blank]);
    assert_eq!(code, 1);
    assert!(
        told.contains("5.6-4  usb-jtag-open") && told.contains("5.7-1  secure-boot-off"),
        "{told}"
    );
    let (code, told, _) = gabion(&["--json", "esp", "--chip", "esp32s3", &blank]);
    assert_eq!(code, 1);
    let report: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(report["closed"], false);
    let (code, told, _) = gabion(&[
        "nrf52",
        "--part",
        "0x52840",
        "--variant",
        "AAF0",
        "--uicr-approtect",
        "0xffffff00",
        "--force-protect",
        "0",
    ]);
    assert_eq!((code, told.as_str()), (0, "nRF52840: closed; debug port locked\n"));
    let (code, ..) = gabion(&[
        "nrf52",
        "--part",
        "52840",
        "--variant",
        "0x41414630",
        "--uicr-approtect",
        "ffffff5a",
    ]);
    assert_eq!(code, 1);
    let closed =
        ["nrf53", "--app-approtect", "0", "--app-secure-approtect", "0", "--net-approtect"];
    assert_eq!(gabion(&[&closed[..], &["0"]].concat()).0, 0);
    assert_eq!(gabion(&[&closed[..], &["0x50fa50fa"]].concat()).0, 1);
}

#[test]
fn an_unlocked_debug_port_is_caught() {
    let mut open = summary();
    open["DIS_USB_JTAG"]["value"] = false.into();
    open["DIS_USB_SERIAL_JTAG"]["value"] = false.into();
    open["SOFT_DIS_JTAG"]["raw_value"] = "0x0".into();
    let (code, told, _) =
        gabion(&["esp", "--chip", "esp32c3", &dump("open.json", open.to_string().as_bytes())]);
    assert_eq!(code, 1);
    assert!(told.contains("usb-jtag-open"), "{told}");
}

#[test]
fn misuse_is_told_apart_and_explained() {
    let blank = dump("misuse.bin", &[0; 24]);
    for (args, why) in [
        (vec!["esp", "--chip", "esp8266", blank.as_str()], "no chip that is known here"),
        (vec!["esp", "--chip", "esp32c3", "/nowhere"], "cannot read /nowhere"),
        (
            vec!["--json", "esp", "--chip", "esp32c3", "--plan", blank.as_str()],
            "a script, not JSON",
        ),
        (
            vec!["nrf52", "--part", "x", "--variant", "AAF0", "--uicr-approtect", "0"],
            "no word in hexadecimal",
        ),
        (vec!["nrf52", "--part", "52840", "--variant", "F", "--uicr-approtect", "0"], "no variant"),
    ] {
        let (code, _, complaint) = gabion(&args);
        assert_eq!(code, 2, "{args:?}");
        assert!(complaint.contains(why), "{args:?}: {complaint}");
    }
}

#[test]
fn a_dump_has_many_forms_and_one_meaning() {
    let words = FuseWords([0, 0x0008_0200, 0x001c_0000, 0x0010_0000, 0x31, 0]);
    let bytes: Vec<u8> = words.0.iter().flat_map(|word| word.to_le_bytes()).collect();
    assert_eq!(fuse_words(Chip::Esp32C3, &bytes).unwrap().0[3], 0x0010_0000);
    let text = "00000000 0x00080200 001c0000\n0x00100000, 31 0";
    assert_eq!(fuse_words(Chip::Esp32C3, text.as_bytes()).unwrap(), words);
    assert_eq!(fuse_words(Chip::Esp32C3, &[0; 24]).unwrap(), FuseWords([0; 6]));
}

#[test]
fn what_is_missing_or_strange_is_refused() {
    for name in summary().as_object().unwrap().keys() {
        let mut less = summary();
        less.as_object_mut().unwrap().remove(name);
        let error = fuse_words(Chip::Esp32C3, less.to_string().as_bytes()).unwrap_err().to_string();
        assert_eq!(error, format!("the summary has no {name}"));
        let mut strange = summary();
        strange[name] = serde_json::json!({"value": "perhaps"});
        assert!(fuse_words(Chip::Esp32C3, strange.to_string().as_bytes()).is_err(), "{name}");
        strange[name] = serde_json::json!({"value": 1 << 20});
        assert!(fuse_words(Chip::Esp32C3, strange.to_string().as_bytes()).is_err(), "{name}");
    }
    for bad in ["", "1 2 3 4 5", "1 2 3 4 5 6 7", "x 2 3 4 5 6", "{", "[]", "1 2 3 4 5 100000000"] {
        assert!(fuse_words(Chip::Esp32C3, bad.as_bytes()).is_err(), "{bad:?}");
    }
    assert!(fuse_words(Chip::Esp32C3, &[0xff; 23]).is_err());
    // The S3 has one fuse more.
    let error =
        fuse_words(Chip::Esp32S3, summary().to_string().as_bytes()).unwrap_err().to_string();
    assert_eq!(error, "the summary has no DIS_USB_OTG_DOWNLOAD_MODE");
}

#[test]
fn a_plan_is_printed_as_comments_only() {
    let blank = dump("plan.bin", &[0; 24]);
    let (code, told, _) = gabion(&["esp", "--chip", "esp32c3", "--plan", &blank]);
    assert_eq!(code, 1);
    assert!(told.contains("# espefuse --chip esp32c3 burn_efuse SECURE_BOOT_EN 1"));
    assert!(told.lines().all(|line| line.starts_with('#')), "{told}");
}

#[test]
fn words_and_variants() {
    assert_eq!(word("0x5a").unwrap(), 0x5a);
    assert_eq!(word("FFFFFFFF").unwrap(), u32::MAX);
    assert!(word("").is_err() && word("+5").is_err() && word("1ffffffff").is_err());
    assert_eq!(variant("AAF0").unwrap(), 0x4141_4630);
    assert_eq!(variant("0x41414630").unwrap(), 0x4141_4630);
}
