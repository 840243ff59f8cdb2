//! The rules.

use gabion_hal::DebugPortState;

use super::fuse::{Chip, Fuse, FuseWords, KeyPurpose};
use crate::report::{Finding, Level, Report, Topic};

const fn open(
    topic: Topic,
    provision: &'static str,
    code: &'static str,
    what: &'static str,
    cure: &'static str,
) -> Finding {
    Finding { code, level: Level::Open, topic, provision, what, cure }
}

const fn advice(
    topic: Topic,
    provision: &'static str,
    code: &'static str,
    what: &'static str,
    cure: &'static str,
) -> Finding {
    Finding { code, level: Level::Advice, topic, provision, what, cure }
}

const PAD_JTAG: Finding = open(
    Topic::DebugPort,
    "5.6-4",
    "pad-jtag-open",
    "JTAG on the pads reads and writes everything",
    "Burn DIS_PAD_JTAG, or SOFT_DIS_JTAG where authenticated debugging is wanted",
);
const PAD_JTAG_SOFT: Finding = advice(
    Topic::DebugPort,
    "5.6-4",
    "pad-jtag-soft",
    "JTAG on the pads is closed, but firmware with the right HMAC key can open it",
    "Burn DIS_PAD_JTAG where nobody needs that",
);
const USB_JTAG: Finding = open(
    Topic::DebugPort,
    "5.6-4",
    "usb-jtag-open",
    "JTAG over the USB connector reads and writes everything",
    "Burn DIS_USB_JTAG",
);
const USB_JTAG_SOFT: Finding = advice(
    Topic::DebugPort,
    "5.6-4",
    "usb-jtag-soft",
    "JTAG over USB is closed, but firmware with the right HMAC key can open it",
    "Burn DIS_USB_JTAG where nobody needs that",
);
const NO_SECURE_BOOT: Finding = open(
    Topic::SecureBoot,
    "5.7-1",
    "secure-boot-off",
    "the ROM starts whatever is in flash",
    "Burn the digest of the signing key, then SECURE_BOOT_EN",
);
const NO_DIGEST: Finding = open(
    Topic::SecureBoot,
    "5.7-1",
    "secure-boot-no-key",
    "secure boot is on, but no key block holds a digest that is not revoked",
    "The chip cannot start any image: replace it",
);
const SPARE_DIGEST: Finding = advice(
    Topic::SecureBoot,
    "5.7-1",
    "secure-boot-spare-slot",
    "a digest slot of secure boot is neither used nor revoked",
    "Revoke unused slots, so that nobody can add a key",
);
const DIRECT_BOOT: Finding = open(
    Topic::SecureBoot,
    "5.7-1",
    "direct-boot",
    "the ROM starts code in flash directly, without any check",
    "Burn DIS_DIRECT_BOOT",
);
const NO_ENCRYPTION: Finding = open(
    Topic::FlashEncryption,
    "5.4-1",
    "flash-encryption-off",
    "the flash chip can be read out and exchanged",
    "Burn a flash encryption key and SPI_BOOT_CRYPT_CNT",
);
const DEVELOPMENT_MODE: Finding = open(
    Topic::FlashEncryption,
    "5.4-1",
    "flash-encryption-development",
    "flash encryption can be switched off again: SPI_BOOT_CRYPT_CNT has bits left",
    "Burn all bits of SPI_BOOT_CRYPT_CNT",
);
const MANUAL_ENCRYPT: Finding = open(
    Topic::FlashEncryption,
    "5.4-1",
    "manual-encrypt",
    "the download loader encrypts what anyone sends it",
    "Burn DIS_DOWNLOAD_MANUAL_ENCRYPT",
);
const NO_ENCRYPTION_KEY: Finding = open(
    Topic::FlashEncryption,
    "5.4-1",
    "flash-encryption-no-key",
    "flash encryption is on without a key block for it: the key is all zeros",
    "Replace the chip: the key has to be burnt before encryption is switched on",
);
const DOWNLOAD: Finding = open(
    Topic::DownloadMode,
    "5.6-3",
    "download-mode",
    "the ROM's loader reads and writes flash and memory over a serial line",
    "Burn DIS_DOWNLOAD_MODE, or ENABLE_SECURITY_DOWNLOAD where repair needs flashing",
);
const SECURE_DOWNLOAD: Finding = advice(
    Topic::DownloadMode,
    "5.6-3",
    "secure-download",
    "the ROM's loader still writes flash over a serial line, though it reads nothing",
    "Burn DIS_DOWNLOAD_MODE where nobody needs that",
);
const KEY_READABLE: Finding = open(
    Topic::Keys,
    "5.4-1",
    "key-readable",
    "software can read a key that only a peripheral needs",
    "Burn the block's bit of RD_DIS",
);
const JTAG_KEY: Finding = advice(
    Topic::Keys,
    "5.6-4",
    "jtag-key",
    "a key block holds a key that can open JTAG again",
    "Keep the key unique for the device and apart from the firmware",
);
const UNKNOWN_PURPOSE: Finding = advice(
    Topic::Keys,
    "5.4-1",
    "key-purpose-unknown",
    "a key block has a purpose that is not known here",
    "Compare with the chip's manual",
);

/// Judges a chip by block 0 of its fuses.
///
/// # Examples
///
/// ```
/// use gabion_lockdown::esp::{Chip, FuseWords, evaluate};
///
/// let as_sold = evaluate(Chip::Esp32C3, &FuseWords([0; 6]));
/// assert!(!as_sold.is_closed());
/// assert!(as_sold.has("usb-jtag-open"));
/// ```
pub fn evaluate(chip: Chip, words: &FuseWords) -> Report {
    let mut report = Report::new(chip.name());
    debug_port(chip, words, &mut report);
    secure_boot(chip, words, &mut report);
    flash_encryption(chip, words, &mut report);
    download(chip, words, &mut report);
    keys(words, &mut report);
    report
}

fn debug_port(chip: Chip, words: &FuseWords, report: &mut Report) {
    let soft = words.is_set(chip, Fuse::SoftDisJtag);
    let pad = words.is_set(chip, Fuse::DisPadJtag);
    let usb = words.is_set(chip, Fuse::DisUsbJtag) || words.is_set(chip, Fuse::DisUsbSerialJtag);
    if !pad {
        report.find(if soft { PAD_JTAG_SOFT } else { PAD_JTAG });
    }
    if !usb {
        report.find(if soft { USB_JTAG_SOFT } else { USB_JTAG });
    }
    report.debug_port_is(match (pad && usb, soft) {
        (true, _) => DebugPortState::Locked,
        // Firmware can open it again, but a reset closes it.
        (false, true) => DebugPortState::LockedUntilReset,
        (false, false) => DebugPortState::Open,
    });
}

fn secure_boot(chip: Chip, words: &FuseWords, report: &mut Report) {
    if words.is_set(chip, Fuse::SecureBootEn) {
        let mut trusted = false;
        let mut spare = false;
        for slot in 0..3u8 {
            let used = (0..6)
                .any(|block| words.key_purpose(block) == Some(KeyPurpose::SecureBootDigest(slot)));
            let revoked = words.digest_is_revoked(slot);
            trusted |= used && !revoked;
            spare |= !used && !revoked;
        }
        if !trusted {
            report.find(NO_DIGEST);
        }
        if spare {
            report.find(SPARE_DIGEST);
        }
    } else {
        report.find(NO_SECURE_BOOT);
    }
    if !words.is_set(chip, Fuse::DisDirectBoot) {
        report.find(DIRECT_BOOT);
    }
}

fn flash_encryption(chip: Chip, words: &FuseWords, report: &mut Report) {
    if !words.is_set(chip, Fuse::SpiBootCryptCnt) {
        report.find(NO_ENCRYPTION);
        return;
    }
    if words.get(chip, Fuse::SpiBootCryptCnt) != Some(7) {
        report.find(DEVELOPMENT_MODE);
    }
    if !(0..6).any(|block| words.key_purpose(block) == Some(KeyPurpose::FlashEncryption)) {
        report.find(NO_ENCRYPTION_KEY);
    }
    if !words.is_set(chip, Fuse::DisDownloadManualEncrypt)
        && !words.is_set(chip, Fuse::DisDownloadMode)
    {
        report.find(MANUAL_ENCRYPT);
    }
}

fn download(chip: Chip, words: &FuseWords, report: &mut Report) {
    if words.is_set(chip, Fuse::DisDownloadMode) {
        return;
    }
    report.find(if words.is_set(chip, Fuse::EnableSecurityDownload) {
        SECURE_DOWNLOAD
    } else {
        DOWNLOAD
    });
}

fn keys(words: &FuseWords, report: &mut Report) {
    let mut readable = false;
    let mut jtag = false;
    let mut unknown = false;
    for block in 0..6 {
        let Some(purpose) = words.key_purpose(block) else { continue };
        readable |= purpose.is_secret() && words.key_is_readable(block);
        jtag |= purpose == KeyPurpose::HmacJtag;
        unknown |= matches!(purpose, KeyPurpose::Other(_));
    }
    if readable {
        report.find(KEY_READABLE);
    }
    if jtag {
        report.find(JTAG_KEY);
    }
    if unknown {
        report.find(UNKNOWN_PURPOSE);
    }
}
