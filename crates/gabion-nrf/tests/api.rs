//! The decisions of the port: tables of registers and what follows from them.

use gabion_hal::DebugPortState::{Locked, LockedUntilReset, Open};
use gabion_hal::ResetReason;
use gabion_lockdown::nrf::Nrf52Words;
use gabion_nrf::{decode, evaluate};

const REVISION_3: u32 = 0x4141_4630; // AAF0, as FICR.INFO.VARIANT holds it
const REVISION_1: u32 = 0x4141_4330; // AAC0

fn state(variant: u32, uicr: u32, disable: u32, force: u32) -> gabion_hal::DebugPortState {
    let words =
        Nrf52Words { part: 0x52840, variant, uicr_approtect: uicr, force_protect: force, disable };
    evaluate(&words)
}

#[test]
fn a_new_chip_of_revision_3_is_locked_until_both_open_it() {
    assert_eq!(state(REVISION_3, u32::MAX, 0, u32::MAX), Locked);
    assert_eq!(state(REVISION_3, u32::MAX, 0x5a, u32::MAX), Locked);
    assert_eq!(state(REVISION_3, 0x5a, 0, u32::MAX), LockedUntilReset);
    assert_eq!(state(REVISION_3, 0x5a, 0x5a, u32::MAX), Open);
    assert_eq!(state(REVISION_3, 0x5a, 0x5a, 0), LockedUntilReset);
    assert_eq!(state(REVISION_3, 0, 0x5a, u32::MAX), Locked);
}

#[test]
fn a_new_chip_of_an_older_revision_is_open() {
    assert_eq!(state(REVISION_1, u32::MAX, 0, 0), Open);
    assert_eq!(state(REVISION_1, 0xffff_ff00, 0, 0), Locked);
}

#[test]
fn an_unknown_variant_is_open() {
    assert_eq!(state(u32::MAX, u32::MAX, 0, u32::MAX), Open);
    assert_eq!(state(0, 0, 0, 0), Open);
}

#[test]
fn the_most_serious_reset_reason_wins() {
    let table = [
        (0, ResetReason::PowerOn),
        (1 << 0, ResetReason::Pin),
        (1 << 1, ResetReason::Watchdog),
        (1 << 2, ResetReason::Software),
        (1 << 3, ResetReason::Fault),
        (1 << 16, ResetReason::Wake),
        (1 << 18, ResetReason::Debug),
        (1 << 20, ResetReason::Wake),
        (1 << 2 | 1 << 1, ResetReason::Watchdog),
        (1 << 2 | 1 << 3 | 1, ResetReason::Fault),
        (1 << 30, ResetReason::Unknown),
    ];
    for (register, reason) in table {
        assert_eq!(decode(register), reason, "{register:#x}");
    }
}
