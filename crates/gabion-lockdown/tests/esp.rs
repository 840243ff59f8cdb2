//! Every fuse that decides something, on every chip.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test says what it expects by failing"
)]

use gabion_hal::DebugPortState::{Locked, LockedUntilReset, Open};
use gabion_lockdown::Level;
use gabion_lockdown::esp::{Chip, Fuse, FuseWords, KeyPurpose, Step, evaluate, plan};

/// Sets bits as a burner would.
fn set(words: &mut FuseWords, first: u32, value: u32) {
    words.0[(first / 32) as usize] |= value << (first % 32);
}

/// A chip as it should ship: keys, secure boot, release encryption, no JTAG, no download.
fn shipped(chip: Chip) -> FuseWords {
    let mut words = FuseWords([0; 6]);
    set(&mut words, 88, 9); // key 0: digest 0
    set(&mut words, 92, 4); // key 1: flash encryption
    set(&mut words, 96, 8); // key 2: HMAC for software
    set(&mut words, 32, 0b110); // keys 1 and 2 are not readable
    set(&mut words, 86, 0b11); // digests 1 and 2 revoked
    for fuse in [
        Fuse::SecureBootEn,
        Fuse::SpiBootCryptCnt,
        Fuse::DisDownloadManualEncrypt,
        Fuse::DisDirectBoot,
        Fuse::DisUsbJtag,
        Fuse::DisPadJtag,
        Fuse::DisDownloadMode,
    ] {
        words = words.with_burnt(chip, fuse);
    }
    words
}

/// Takes a fuse back, which no chip can, to see what the rule says.
fn without(chip: Chip, mut words: FuseWords, fuse: Fuse) -> FuseWords {
    let (first, count) = fuse.place(chip).unwrap();
    words.0[(first / 32) as usize] &= !(((1u32 << count) - 1) << (first % 32));
    words
}

#[test]
fn a_chip_as_it_should_ship_has_no_finding() {
    for chip in Chip::ALL {
        let report = evaluate(chip, &shipped(chip));
        assert!(report.is_closed(), "{report}");
        assert_eq!(report.findings().count(), 0, "{report}");
        assert_eq!(report.debug_port(), Locked);
        assert!(plan(chip, &shipped(chip)).report_after().is_closed());
    }
}

#[test]
fn each_fuse_that_is_missing_is_found() {
    for chip in Chip::ALL {
        for (fuse, code) in [
            (Fuse::SecureBootEn, "secure-boot-off"),
            (Fuse::SpiBootCryptCnt, "flash-encryption-off"),
            (Fuse::DisDirectBoot, "direct-boot"),
            (Fuse::DisUsbJtag, "usb-jtag-open"),
            (Fuse::DisPadJtag, "pad-jtag-open"),
            (Fuse::DisDownloadMode, "download-mode"),
        ] {
            let report = evaluate(chip, &without(chip, shipped(chip), fuse));
            assert!(report.has(code), "{} {code}: {report}", chip.name());
            assert!(!report.is_closed());
        }
    }
}

#[test]
fn fuses_of_three_bits_count_odd_numbers() {
    let chip = Chip::Esp32C3;
    let base = without(chip, without(chip, shipped(chip), Fuse::DisPadJtag), Fuse::DisUsbJtag);
    for bits in 0..8u32 {
        let mut words = base;
        set(&mut words, 48, bits);
        let expected = if bits.count_ones() % 2 == 1 { LockedUntilReset } else { Open };
        assert_eq!(evaluate(chip, &words).debug_port(), expected, "{bits:03b}");
        let mut words = without(chip, shipped(chip), Fuse::SpiBootCryptCnt);
        set(&mut words, 82, bits);
        let report = evaluate(chip, &words);
        assert_eq!(report.has("flash-encryption-off"), bits.count_ones() % 2 == 0);
        assert_eq!(report.has("flash-encryption-development"), bits.count_ones() == 1);
    }
}

#[test]
fn usb_jtag_sits_elsewhere_on_the_s3() {
    let mut words = FuseWords([0; 6]);
    set(&mut words, 41, 1); // DIS_USB_JTAG of the C3; DIS_DCACHE of the S3
    assert!(!evaluate(Chip::Esp32C3, &words).has("usb-jtag-open"));
    assert!(evaluate(Chip::Esp32S3, &words).has("usb-jtag-open"));
}

#[test]
fn keys_that_software_can_read_are_found() {
    let chip = Chip::Esp32C3;
    for (block, purpose, secret) in
        [(3, 4, true), (4, 8, true), (5, 6, true), (3, 9, false), (4, 0, false)]
    {
        let mut words = shipped(chip);
        set(&mut words, 88 + block * 4, purpose);
        assert_eq!(
            evaluate(chip, &words).has("key-readable"),
            secret,
            "block {block} purpose {purpose}"
        );
        set(&mut words, 32 + block, 1);
        assert!(!evaluate(chip, &words).has("key-readable"));
    }
}

#[test]
fn secure_boot_without_a_living_digest_is_found() {
    let chip = Chip::Esp32C6;
    let mut words = shipped(chip);
    set(&mut words, 85, 1);
    assert!(evaluate(chip, &words).has("secure-boot-no-key"));
    let mut words = shipped(chip);
    words.0[2] &= !(0b11 << 22);
    assert!(evaluate(chip, &words).has("secure-boot-spare-slot"));
}

#[test]
fn secure_download_is_advice_not_an_open_door() {
    for chip in Chip::ALL {
        let words = without(chip, shipped(chip), Fuse::DisDownloadMode)
            .with_burnt(chip, Fuse::EnableSecurityDownload);
        let report = evaluate(chip, &words);
        assert!(report.is_closed() && report.has("secure-download"), "{report}");
    }
}

#[test]
fn the_plan_closes_what_can_be_closed_by_bits() {
    for chip in Chip::ALL {
        let blank = FuseWords([0; 6]);
        let plan = plan(chip, &blank);
        let left: Vec<_> = plan
            .report_after()
            .findings()
            .filter(|f| f.level == Level::Open)
            .map(|f| f.code)
            .collect();
        // Keys cannot come from bits of block 0; the plan says "first" for them.
        assert_eq!(left, ["secure-boot-no-key", "flash-encryption-no-key"], "{}", chip.name());
        assert_eq!(plan.steps().filter(|step| matches!(step, Step::KeysFirst(_))).count(), 2);
        // The same plan after somebody burnt the keys leaves nothing open.
        let mut keyed = FuseWords([0; 6]);
        set(&mut keyed, 88, 9);
        set(&mut keyed, 92, 4);
        set(&mut keyed, 32, 0b10);
        let after = gabion_lockdown::esp::plan(chip, &keyed).report_after();
        assert!(after.is_closed(), "{after}");
    }
}

#[test]
fn a_plan_is_a_script_that_does_nothing() {
    for chip in Chip::ALL {
        let text = plan(chip, &FuseWords([0; 6])).to_string();
        assert!(text.lines().count() > 8);
        assert!(text.lines().all(|line| line.starts_with('#')), "{text}");
        assert!(
            text.contains(&format!("espefuse --chip {} burn_efuse DIS_PAD_JTAG 1", chip.name()))
        );
        assert_eq!(text.contains("USB_OTG"), chip == Chip::Esp32S3);
    }
}

#[test]
fn no_report_overflows() {
    // A report that has no room left never calls itself closed; no words may get there.
    let mut seed = 0x1234_5678_9abc_def1u64;
    for _ in 0..20_000 {
        let mut words = [0u32; 6];
        for word in &mut words {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            *word = seed as u32;
        }
        for chip in Chip::ALL {
            let report = evaluate(chip, &FuseWords(words));
            assert!(report.findings().count() < 20);
            assert_eq!(report.is_closed(), report.findings().all(|f| f.level == Level::Advice));
        }
    }
}

#[test]
fn purposes_are_read_from_the_right_place() {
    let mut words = FuseWords([0; 6]);
    for block in 0..6 {
        set(&mut words, 88 + block * 4, 9 + block % 3);
    }
    for block in 0..6 {
        assert_eq!(words.key_purpose(block), Some(KeyPurpose::SecureBootDigest((block % 3) as u8)));
    }
    assert_eq!(words.key_purpose(6), None);
}
