//! Dumps of register and eFuse words, read for `gabion-lockdown`.

use anyhow::{Context, bail, ensure};
use gabion_lockdown::esp::{Chip, Fuse, FuseWords};
use serde_json::Value;

/// Fuses that every evaluation needs.
const NEEDED: [Fuse; 13] = [
    Fuse::DisPadJtag,
    Fuse::SoftDisJtag,
    Fuse::DisUsbJtag,
    Fuse::DisUsbSerialJtag,
    Fuse::DisDownloadMode,
    Fuse::EnableSecurityDownload,
    Fuse::DisUsbSerialJtagDownloadMode,
    Fuse::DisDownloadManualEncrypt,
    Fuse::DisDownloadIcache,
    Fuse::DisDirectBoot,
    Fuse::DisForceDownload,
    Fuse::SecureBootEn,
    Fuse::SpiBootCryptCnt,
];

/// The purposes of key blocks as `espefuse` spells them.
const PURPOSES: [&str; 12] = [
    "USER",
    "RESERVED",
    "XTS_AES_256_KEY_1",
    "XTS_AES_256_KEY_2",
    "XTS_AES_128_KEY",
    "HMAC_DOWN_ALL",
    "HMAC_DOWN_JTAG",
    "HMAC_DOWN_DIGITAL_SIGNATURE",
    "HMAC_UP",
    "SECURE_BOOT_DIGEST0",
    "SECURE_BOOT_DIGEST1",
    "SECURE_BOOT_DIGEST2",
];

/// Reads block 0 from what a tool wrote: the JSON of `espefuse summary --format json`, 24 bytes as `espefuse dump` writes them
/// (little-endian words), or six words in hexadecimal, in the order of the registers.
///
/// # Errors
///
/// When it is none of them, or a fuse is missing: what is not there must not count as not burnt, nor as burnt.
pub fn fuse_words(chip: Chip, dump: &[u8]) -> anyhow::Result<FuseWords> {
    // 24 bytes that could all be digits, spaces and commas are taken for text: a real block 0 never looks like that.
    let is_text = |byte: &u8| {
        byte.is_ascii_hexdigit() || byte.is_ascii_whitespace() || b"xX,{".contains(byte)
    };
    if let Ok(bytes) = <&[u8; 24]>::try_from(dump)
        && !dump.iter().all(is_text)
    {
        return Ok(FuseWords(words(bytes)));
    }
    let text = core::str::from_utf8(dump)
        .map_err(|_| anyhow::anyhow!("neither text nor 24 bytes of block 0"))?;
    if text.trim_start().starts_with('{') {
        return summary(chip, &serde_json::from_str(text).context("not sound JSON")?);
    }
    let words: Vec<u32> = text
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter(|part| !part.is_empty())
        .map(word)
        .collect::<anyhow::Result<_>>()?;
    let words = <[u32; 6]>::try_from(words)
        .map_err(|words| anyhow::anyhow!("{} words where block 0 has six", words.len()))?;
    Ok(FuseWords(words))
}

fn words(bytes: &[u8; 24]) -> [u32; 6] {
    core::array::from_fn(|at| u32::from_le_bytes(core::array::from_fn(|byte| bytes[at * 4 + byte])))
}

/// Reads a word in hexadecimal, with `0x` or without.
///
/// # Errors
///
/// When it is none or has more than 32 bits.
pub fn word(text: &str) -> anyhow::Result<u32> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    ensure!(digits.bytes().all(|b| b.is_ascii_hexdigit()), "{text:?} is no word in hexadecimal");
    u32::from_str_radix(digits, 16).with_context(|| format!("{text:?} is no word in hexadecimal"))
}

fn summary(chip: Chip, summary: &Value) -> anyhow::Result<FuseWords> {
    let mut words = FuseWords([0; 6]);
    let mut set = |first: u32, value: u32| words.0[(first / 32) as usize] |= value << (first % 32);
    let mut take = |name: &str, first: u32, bits: u32| -> anyhow::Result<()> {
        let fuse = summary.get(name).with_context(|| format!("the summary has no {name}"))?;
        let number = number(fuse)
            .with_context(|| format!("the value of {name} is not understood: {fuse}"))?;
        ensure!(number >> bits == 0, "{name} has more than {bits} bit(s): {number}");
        set(first, u32::try_from(number)?);
        Ok(())
    };
    for fuse in NEEDED {
        let (first, bits) = fuse.place(chip).context("a fuse that this chip does not have")?;
        take(fuse.name(), first, bits)?;
    }
    if let Some((first, bits)) = Fuse::DisUsbOtgDownloadMode.place(chip) {
        take(Fuse::DisUsbOtgDownloadMode.name(), first, bits)?;
    }
    take("RD_DIS", 32, 7)?;
    for key in 0..6 {
        take(&format!("KEY_PURPOSE_{key}"), 88 + key * 4, 4)?;
    }
    for slot in 0..3 {
        take(&format!("SECURE_BOOT_KEY_REVOKE{slot}"), 85 + slot, 1)?;
    }
    Ok(words)
}

/// Reads a fuse's raw value where there is one, else the value.
fn number(fuse: &Value) -> Option<u64> {
    let raw = fuse.get("raw_value").filter(|raw| !raw.is_null());
    match raw.or_else(|| fuse.get("value"))? {
        Value::Bool(burnt) => Some(u64::from(*burnt)),
        Value::Number(number) => number.as_u64(),
        Value::String(text) => {
            let text = text.trim();
            if let Some(hex) = text.strip_prefix("0x") {
                return u64::from_str_radix(hex, 16).ok();
            }
            if let Some(binary) = text.strip_prefix("0b") {
                return u64::from_str_radix(binary, 2).ok();
            }
            match text {
                "True" => Some(1),
                "False" => Some(0),
                _ => match PURPOSES.iter().position(|purpose| *purpose == text) {
                    Some(purpose) => u64::try_from(purpose).ok(),
                    None => text.parse().ok(),
                },
            }
        }
        _ => None,
    }
}

/// Reads the variant of an nRF52: four characters such as `AAF0`, or the word of `FICR.INFO.VARIANT`.
///
/// # Errors
///
/// When it is neither.
pub fn variant(text: &str) -> anyhow::Result<u32> {
    match text.as_bytes() {
        [a, b, c, d] if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            Ok(u32::from_be_bytes([*a, *b, *c, *d]))
        }
        _ if text.starts_with("0x") => word(text),
        _ => bail!(
            "{text:?} is no variant: four characters such as AAF0, or a word such as 0x41414630"
        ),
    }
}
