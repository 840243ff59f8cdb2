//! Every combination of words that decides something, for every part.

use gabion_hal::DebugPortState::{Locked, LockedUntilReset, Open};
use gabion_lockdown::nrf::{Nrf52Words, Nrf53Words, Scheme, evaluate52, evaluate53};

fn words(part: u32, variant: &[u8; 4], uicr: u32) -> Nrf52Words {
    Nrf52Words {
        part,
        variant: u32::from_be_bytes(*variant),
        uicr_approtect: uicr,
        force_protect: u32::MAX,
        disable: 0,
    }
}

#[test]
fn the_scheme_changes_at_the_build_code_that_the_maker_names() {
    let first_new = [
        (0x52805, b'B'),
        (0x52810, b'E'),
        (0x52811, b'B'),
        (0x52820, b'D'),
        (0x52832, b'G'),
        (0x52833, b'B'),
        (0x52840, b'F'),
    ];
    for (part, first) in first_new {
        for revision in b'A'..=b'Z' {
            for digit in b'0'..=b'2' {
                let scheme = words(part, &[b'A', b'A', revision, digit], 0).scheme();
                let expected = if revision >= first {
                    Scheme::HardwareAndSoftware
                } else {
                    Scheme::HardwareOnly
                };
                assert_eq!(scheme, expected, "{part:x} {}{}", revision as char, digit as char);
            }
        }
    }
}

#[test]
fn an_unknown_part_or_build_code_is_open() {
    for unknown in [
        words(0x52840, b"AA\xff\xff", 0),
        words(0x52840, b"\0\0\0\0", 0),
        words(0x52850, b"AAF0", 0),
        words(u32::MAX, b"\xff\xff\xff\xff", 0),
    ] {
        let report = evaluate52(&unknown);
        assert!(!report.is_closed());
        assert!(report.has("unknown-chip"));
        assert_eq!(report.debug_port(), Open);
    }
}

#[test]
fn old_silicon_is_decided_by_uicr_alone() {
    let blank = evaluate52(&words(0x52840, b"AAD0", 0xffff_ffff));
    assert_eq!((blank.debug_port(), blank.is_closed()), (Open, false));
    assert!(blank.has("debug-port-open") && blank.has("old-build-code"));
    let written = evaluate52(&words(0x52840, b"AAD0", 0xffff_ff00));
    assert_eq!((written.debug_port(), written.is_closed()), (Locked, true));
    assert!(written.has("old-build-code") && !written.has("uicr-blank"));
    // The maker says nothing of other bytes on these, the word of the new scheme among them: not known is open.
    let torn = evaluate52(&words(0x52840, b"AAD0", 0xffff_ff5a));
    assert_eq!((torn.debug_port(), torn.is_closed()), (Open, false));
    assert!(torn.has("uicr-torn"));
}

#[test]
fn new_silicon_is_open_only_when_both_halves_say_so() {
    for uicr in [0x00u32, 0x5a, 0xff, 0x5b] {
        for disable in [0x00u32, 0x5a] {
            for force in [0x00u32, 0xffff_ffff] {
                let report = evaluate52(&Nrf52Words {
                    force_protect: force,
                    disable,
                    ..words(0x52840, b"AAF0", 0xffff_ff00 | uicr)
                });
                let expected = match (uicr, disable, force) {
                    (0x5a, 0x5a, 0xffff_ffff) => Open,
                    (0x5a, _, _) => LockedUntilReset,
                    _ => Locked,
                };
                assert_eq!(report.debug_port(), expected, "{uicr:x} {disable:x} {force:x}");
                assert_eq!(report.is_closed(), uicr != 0x5a);
                assert_eq!(report.has("not-forced"), force != 0);
                assert_eq!(report.has("uicr-blank"), uicr != 0 && uicr != 0x5a);
            }
        }
    }
}

#[test]
fn each_of_the_three_words_of_an_nrf5340_can_open_it() {
    const OPEN: u32 = 0x50fa_50fa;
    let closed = Nrf53Words { app_approtect: 0, app_secure_approtect: 0, net_approtect: 0 };
    assert!(evaluate53(&closed).is_closed());
    assert_eq!(evaluate53(&closed).findings().count(), 0);
    for (words, code) in [
        (Nrf53Words { app_approtect: OPEN, ..closed }, "app-port-unlockable"),
        (Nrf53Words { app_secure_approtect: OPEN, ..closed }, "secure-port-unlockable"),
        (Nrf53Words { net_approtect: OPEN, ..closed }, "net-port-unlockable"),
    ] {
        let report = evaluate53(&words);
        assert!(!report.is_closed() && report.has(code));
        assert_eq!(report.debug_port(), Open);
        assert_eq!(report.findings().count(), 1);
    }
    let blank = evaluate53(&Nrf53Words { net_approtect: u32::MAX, ..closed });
    assert!(blank.is_closed() && blank.has("uicr-blank"));
}
