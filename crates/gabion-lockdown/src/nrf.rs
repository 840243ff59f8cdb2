//! nRF52 and nRF5340: access port protection, from FICR, UICR and the APPROTECT registers.
//!
//! Sources: product specifications (FICR, UICR, CTRL-AP chapters) and the maker's note on the improved access port protection,
//! which names the build codes from which on the newer scheme is in the silicon.

use gabion_hal::DebugPortState;

use crate::report::{Finding, Level, Report, Topic};

/// `UICR.APPROTECT` (nRF52).
pub const NRF52_UICR_APPROTECT: u32 = 0x1000_1208;
/// `FICR.INFO.PART` (nRF52).
pub const NRF52_FICR_PART: u32 = 0x1000_0100;
/// `FICR.INFO.VARIANT` (nRF52).
pub const NRF52_FICR_VARIANT: u32 = 0x1000_0104;
/// `APPROTECT.FORCEPROTECT` (nRF52, newer build codes only).
pub const NRF52_FORCEPROTECT: u32 = 0x4000_0550;
/// `APPROTECT.DISABLE` (nRF52, newer build codes only).
pub const NRF52_DISABLE: u32 = 0x4000_0558;
/// `UICR.APPROTECT` of the application core (nRF5340).
pub const NRF53_APP_UICR_APPROTECT: u32 = 0x00ff_8000;
/// `UICR.SECUREAPPROTECT` of the application core (nRF5340).
pub const NRF53_APP_UICR_SECUREAPPROTECT: u32 = 0x00ff_801c;
/// `UICR.APPROTECT` of the network core (nRF5340).
pub const NRF53_NET_UICR_APPROTECT: u32 = 0x01ff_8000;

/// `HwDisabled` and `SwDisable`, the low byte of the nRF52's words.
const NRF52_DISABLED: u32 = 0x5a;
/// `Unprotected` of the nRF5340.
const NRF53_UNPROTECTED: u32 = 0x50fa_50fa;

/// Which scheme of access port protection a chip has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `UICR.APPROTECT` alone decides; a blank UICR is an open port.
    HardwareOnly,
    /// UICR and a register that firmware writes at every start decide together; closed unless both say open.
    HardwareAndSoftware,
    /// The part or its build code is not known to this version of gabion.
    Unknown,
}

/// The words of an nRF52 that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nrf52Words {
    /// `FICR.INFO.PART`, for example `0x52840`.
    pub part: u32,
    /// `FICR.INFO.VARIANT`: four ASCII characters, for example `AAF0` as `0x4141_4630`.
    pub variant: u32,
    /// `UICR.APPROTECT`.
    pub uicr_approtect: u32,
    /// `APPROTECT.FORCEPROTECT`. Ignored on chips that have only hardware protection.
    pub force_protect: u32,
    /// `APPROTECT.DISABLE`. Ignored on chips that have only hardware protection.
    pub disable: u32,
}

impl Nrf52Words {
    /// Tells which scheme the chip has, from part and build code.
    ///
    /// The third character of the variant is the revision. The newer scheme begins at nRF52805 B, nRF52810 E, nRF52811 B,
    /// nRF52820 D, nRF52832 G, nRF52833 B, nRF52840 F.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        let first_new = match self.part {
            0x52805 | 0x52811 | 0x52833 => b'B',
            0x52810 => b'E',
            0x52820 => b'D',
            0x52832 => b'G',
            0x52840 => b'F',
            _ => return Scheme::Unknown,
        };
        let [_, _, revision, _] = self.variant.to_be_bytes();
        if !revision.is_ascii_uppercase() {
            Scheme::Unknown
        } else if revision >= first_new {
            Scheme::HardwareAndSoftware
        } else {
            Scheme::HardwareOnly
        }
    }
}

const NRF52_PORT_OPEN: Finding = Finding {
    code: "debug-port-open",
    level: Level::Open,
    topic: Topic::DebugPort,
    provision: "5.6-4",
    what: "anyone with a probe can read and write flash, RAM and registers",
    cure: "Write 0 to UICR.APPROTECT at the end of the line and reset; keep firmware from writing APPROTECT.DISABLE",
};

const NRF52_ONLY_SOFTWARE: Finding = Finding {
    code: "debug-port-unlockable",
    level: Level::Open,
    topic: Topic::DebugPort,
    provision: "5.6-4",
    what: "UICR.APPROTECT says open, so that any code which runs can open the port again",
    cure: "Write 0 to UICR.APPROTECT at the end of the line",
};

const NRF52_UICR_BLANK: Finding = Finding {
    code: "uicr-blank",
    level: Level::Advice,
    topic: Topic::DebugPort,
    provision: "5.6-4",
    what: "the port is closed, but UICR.APPROTECT is not programmed to 0: code that runs could still program it to open",
    cure: "Write 0 to UICR.APPROTECT at the end of the line",
};

const NRF52_TORN: Finding = Finding {
    code: "uicr-torn",
    level: Level::Open,
    topic: Topic::DebugPort,
    provision: "5.6-4",
    what: "UICR.APPROTECT is neither 0 nor blank: a torn write, whose meaning the maker does not state",
    cure: "Write 0 to UICR.APPROTECT",
};

const NRF52_NOT_FORCED: Finding = Finding {
    code: "not-forced",
    level: Level::Advice,
    topic: Topic::DebugPort,
    provision: "5.6-4",
    what: "APPROTECT.FORCEPROTECT is not set, so that later code in this boot could open the software half",
    cure: "Let the boot loader write 0 to APPROTECT.FORCEPROTECT",
};

const NRF52_OLD_SILICON: Finding = Finding {
    code: "old-build-code",
    level: Level::Advice,
    topic: Topic::Chip,
    provision: "5.6-4",
    what: "this build code has protection in hardware only, which published fault injection on the supply has opened",
    cure: "Use a newer build code where physical attackers count, and keep no secret that is shared by several devices",
};

const UNKNOWN_CHIP: Finding = Finding {
    code: "unknown-chip",
    level: Level::Open,
    topic: Topic::Chip,
    provision: "5.6-4",
    what: "part or build code is not known here, so nothing can be said about its debug port",
    cure: "Read the errata of the chip and add it to gabion-lockdown",
};

/// Judges an nRF52.
pub fn evaluate52(words: &Nrf52Words) -> Report {
    let mut report = Report::new(match words.part {
        0x52805 => "nRF52805",
        0x52810 => "nRF52810",
        0x52811 => "nRF52811",
        0x52820 => "nRF52820",
        0x52832 => "nRF52832",
        0x52833 => "nRF52833",
        0x52840 => "nRF52840",
        _ => "unknown nRF52",
    });
    let pall = words.uicr_approtect & 0xff;
    match words.scheme() {
        Scheme::Unknown => report.find(UNKNOWN_CHIP),
        Scheme::HardwareOnly => {
            report.find(NRF52_OLD_SILICON);
            // The maker documents 0 (enabled) and 0xff (disabled). What lies between is a torn write: not known is open.
            match pall {
                0 => report.debug_port_is(DebugPortState::Locked),
                0xff => report.find(NRF52_PORT_OPEN),
                _ => report.find(NRF52_TORN),
            }
        }
        Scheme::HardwareAndSoftware => {
            let hardware_open = pall == NRF52_DISABLED;
            let software_open = words.disable & 0xff == NRF52_DISABLED;
            let forced = words.force_protect & 0xff == 0;
            match (hardware_open, software_open) {
                (true, true) if !forced => report.find(NRF52_PORT_OPEN),
                (true, _) => {
                    report.debug_port_is(DebugPortState::LockedUntilReset);
                    report.find(NRF52_ONLY_SOFTWARE);
                }
                (false, _) => {
                    report.debug_port_is(DebugPortState::Locked);
                    if pall != 0 {
                        report.find(NRF52_UICR_BLANK);
                    }
                }
            }
            if !forced {
                report.find(NRF52_NOT_FORCED);
            }
        }
    }
    report
}

/// The words of an nRF5340 that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nrf53Words {
    /// `UICR.APPROTECT` of the application core.
    pub app_approtect: u32,
    /// `UICR.SECUREAPPROTECT` of the application core.
    pub app_secure_approtect: u32,
    /// `UICR.APPROTECT` of the network core.
    pub net_approtect: u32,
}

const NRF53_APP_OPEN: Finding = Finding {
    code: "app-port-unlockable",
    level: Level::Open,
    topic: Topic::DebugPort,
    provision: "5.6-4",
    what: "UICR.APPROTECT of the application core says unprotected: start-up code opens the port at every boot",
    cure: "Write 0 to UICR.APPROTECT of the application core at the end of the line",
};

const NRF53_SECURE_OPEN: Finding = Finding {
    code: "secure-port-unlockable",
    level: Level::Open,
    topic: Topic::DebugPort,
    provision: "5.6-4",
    what: "UICR.SECUREAPPROTECT says unprotected: start-up code opens secure debugging at every boot",
    cure: "Write 0 to UICR.SECUREAPPROTECT at the end of the line",
};

const NRF53_NET_OPEN: Finding = Finding {
    code: "net-port-unlockable",
    level: Level::Open,
    topic: Topic::DebugPort,
    provision: "5.6-4",
    what: "UICR.APPROTECT of the network core says unprotected: the radio core can be debugged",
    cure: "Write 0 to UICR.APPROTECT of the network core at the end of the line",
};

const NRF53_BLANK: Finding = Finding {
    code: "uicr-blank",
    level: Level::Advice,
    topic: Topic::DebugPort,
    provision: "5.6-4",
    what: "the ports are closed, but a UICR word is not programmed to 0: code that runs could still program it to open",
    cure: "Write 0 to the three UICR words at the end of the line",
};

/// Judges an nRF5340 by its UICR: what start-up code does with it at every boot, not what the running code did since.
pub fn evaluate53(words: &Nrf53Words) -> Report {
    let mut report = Report::new("nRF5340");
    let all = [
        (words.app_approtect, NRF53_APP_OPEN),
        (words.app_secure_approtect, NRF53_SECURE_OPEN),
        (words.net_approtect, NRF53_NET_OPEN),
    ];
    let mut open = false;
    let mut blank = false;
    for (word, finding) in all {
        if word == NRF53_UNPROTECTED {
            open = true;
            report.find(finding);
        } else if word != 0 {
            blank = true;
        }
    }
    if !open {
        report.debug_port_is(DebugPortState::Locked);
    }
    if blank {
        report.find(NRF53_BLANK);
    }
    report
}
