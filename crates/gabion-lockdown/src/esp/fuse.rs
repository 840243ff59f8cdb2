//! Where the fuses are.

/// The chips whose fuses are known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Chip {
    /// ESP32-C3.
    Esp32C3,
    /// ESP32-C6.
    Esp32C6,
    /// ESP32-S3.
    Esp32S3,
}

impl Chip {
    /// Every chip.
    pub const ALL: [Self; 3] = [Self::Esp32C3, Self::Esp32C6, Self::Esp32S3];

    /// Returns the chip's name as the maker's tools spell it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Esp32C3 => "esp32c3",
            Self::Esp32C6 => "esp32c6",
            Self::Esp32S3 => "esp32s3",
        }
    }

    /// Finds a chip by its name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|chip| chip.name().eq_ignore_ascii_case(name))
    }
}

/// A fuse of block 0 that matters for security.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fuse {
    /// JTAG on pads, for good.
    DisPadJtag,
    /// JTAG until the HMAC peripheral re-enables it. Three bits; an odd number of ones disables.
    SoftDisJtag,
    /// The way from USB to JTAG.
    DisUsbJtag,
    /// The USB-Serial-JTAG peripheral as a whole.
    DisUsbSerialJtag,
    /// Download mode of the ROM as a whole.
    DisDownloadMode,
    /// Download mode without memory access.
    EnableSecurityDownload,
    /// Download over USB-Serial-JTAG.
    DisUsbSerialJtagDownloadMode,
    /// Download over USB-OTG (ESP32-S3 only).
    DisUsbOtgDownloadMode,
    /// Encryption by the download loader.
    DisDownloadManualEncrypt,
    /// Caches in download mode.
    DisDownloadIcache,
    /// Booting from flash without a check.
    DisDirectBoot,
    /// The request to enter download mode by software.
    DisForceDownload,
    /// Secure boot.
    SecureBootEn,
    /// Flash encryption. Three bits; an odd number of ones enables.
    SpiBootCryptCnt,
}

impl Fuse {
    /// Returns the name as the maker's tools spell it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DisPadJtag => "DIS_PAD_JTAG",
            Self::SoftDisJtag => "SOFT_DIS_JTAG",
            Self::DisUsbJtag => "DIS_USB_JTAG",
            Self::DisUsbSerialJtag => "DIS_USB_SERIAL_JTAG",
            Self::DisDownloadMode => "DIS_DOWNLOAD_MODE",
            Self::EnableSecurityDownload => "ENABLE_SECURITY_DOWNLOAD",
            Self::DisUsbSerialJtagDownloadMode => "DIS_USB_SERIAL_JTAG_DOWNLOAD_MODE",
            Self::DisUsbOtgDownloadMode => "DIS_USB_OTG_DOWNLOAD_MODE",
            Self::DisDownloadManualEncrypt => "DIS_DOWNLOAD_MANUAL_ENCRYPT",
            Self::DisDownloadIcache => "DIS_DOWNLOAD_ICACHE",
            Self::DisDirectBoot => "DIS_DIRECT_BOOT",
            Self::DisForceDownload => "DIS_FORCE_DOWNLOAD",
            Self::SecureBootEn => "SECURE_BOOT_EN",
            Self::SpiBootCryptCnt => "SPI_BOOT_CRYPT_CNT",
        }
    }

    /// Returns first bit in block 0 and number of bits, or `None` where the chip has no such fuse.
    #[must_use]
    pub const fn place(self, chip: Chip) -> Option<(u32, u32)> {
        let s3 = matches!(chip, Chip::Esp32S3);
        Some(match self {
            Self::DisDownloadIcache => (42, 1),
            Self::DisUsbJtag => (if s3 { 118 } else { 41 }, 1),
            Self::DisUsbSerialJtag => (if s3 { 119 } else { 43 }, 1),
            Self::DisForceDownload => (44, 1),
            Self::SoftDisJtag => (48, 3),
            Self::DisPadJtag => (51, 1),
            Self::DisDownloadManualEncrypt => (52, 1),
            Self::SpiBootCryptCnt => (82, 3),
            Self::SecureBootEn => (116, 1),
            Self::DisDownloadMode => (128, 1),
            Self::DisDirectBoot => (129, 1),
            Self::DisUsbSerialJtagDownloadMode => (132, 1),
            Self::EnableSecurityDownload => (133, 1),
            Self::DisUsbOtgDownloadMode if s3 => (159, 1),
            Self::DisUsbOtgDownloadMode => return None,
        })
    }

    /// Returns the value with every bit burnt.
    #[must_use]
    pub const fn all_ones(self) -> u32 {
        match self {
            Self::SoftDisJtag | Self::SpiBootCryptCnt => 7,
            _ => 1,
        }
    }
}

/// What a key block is for (`KEY_PURPOSE_0` to `KEY_PURPOSE_5`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyPurpose {
    /// User data, readable by software.
    User,
    /// A key of flash encryption.
    FlashEncryption,
    /// A key of the HMAC peripheral, for software or for digital signatures.
    Hmac,
    /// A key that can re-enable JTAG.
    HmacJtag,
    /// Digest of a key of secure boot; public.
    SecureBootDigest(u8),
    /// A number without a meaning here.
    Other(u8),
}

impl KeyPurpose {
    /// Tells whether the block must not be readable by software.
    #[must_use]
    pub const fn is_secret(self) -> bool {
        matches!(self, Self::FlashEncryption | Self::Hmac | Self::HmacJtag)
    }
}

/// Block 0: `EFUSE_RD_WR_DIS_REG`, then `EFUSE_RD_REPEAT_DATA0_REG` to `DATA4_REG`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FuseWords(pub [u32; 6]);

impl FuseWords {
    /// Returns up to 32 bits from a bit on. Bits outside block 0 read as zero.
    #[must_use]
    pub const fn bits(&self, first: u32, count: u32) -> u32 {
        let mut value = 0;
        let mut at = 0;
        while at < count && at < 32 {
            if self.bit(first.saturating_add(at)) {
                value |= 1u32.wrapping_shl(at);
            }
            at = at.saturating_add(1);
        }
        value
    }

    const fn bit(&self, number: u32) -> bool {
        let [w0, w1, w2, w3, w4, w5] = self.0;
        let word = match number.wrapping_shr(5) {
            0 => w0,
            1 => w1,
            2 => w2,
            3 => w3,
            4 => w4,
            5 => w5,
            _ => 0,
        };
        word.wrapping_shr(number & 31) & 1 == 1
    }

    /// Returns the value of a fuse; `None` where the chip has no such fuse.
    #[must_use]
    pub const fn get(&self, chip: Chip, fuse: Fuse) -> Option<u32> {
        match fuse.place(chip) {
            Some((first, count)) => Some(self.bits(first, count)),
            None => None,
        }
    }

    /// Tells whether a fuse says yes: burnt; for fuses of three bits, an odd number of them burnt.
    #[must_use]
    pub const fn is_set(&self, chip: Chip, fuse: Fuse) -> bool {
        match self.get(chip, fuse) {
            Some(value) => value.count_ones() & 1 == 1,
            None => false,
        }
    }

    /// Returns what key block 0 to 5 is for; `None` for another number.
    #[must_use]
    pub const fn key_purpose(&self, block: u32) -> Option<KeyPurpose> {
        if block > 5 {
            return None;
        }
        // 88, 92, 96, … 108, the same on all three chips.
        let number = self.bits(88u32.saturating_add(block.saturating_mul(4)), 4);
        Some(match number {
            0 => KeyPurpose::User,
            2..=4 => KeyPurpose::FlashEncryption,
            5 | 6 => KeyPurpose::HmacJtag,
            7 | 8 => KeyPurpose::Hmac,
            9 => KeyPurpose::SecureBootDigest(0),
            10 => KeyPurpose::SecureBootDigest(1),
            11 => KeyPurpose::SecureBootDigest(2),
            other => KeyPurpose::Other(other as u8),
        })
    }

    /// Tells whether software can read key block 0 to 5 (`RD_DIS` not burnt).
    #[must_use]
    pub const fn key_is_readable(&self, block: u32) -> bool {
        block <= 5 && !self.bit(32u32.saturating_add(block))
    }

    /// Tells whether the digest slot 0 to 2 of secure boot was revoked.
    #[must_use]
    pub const fn digest_is_revoked(&self, slot: u8) -> bool {
        slot <= 2 && self.bit(85u32.saturating_add(slot as u32))
    }

    /// Returns the words with every bit of a fuse burnt, as a burner would leave them. Changes no hardware.
    #[must_use]
    pub const fn with_burnt(mut self, chip: Chip, fuse: Fuse) -> Self {
        // No fuse of the table crosses a word.
        if let Some((first, _)) = fuse.place(chip) {
            let mask = fuse.all_ones();
            let shift = first & 31;
            let [w0, w1, w2, w3, w4, w5] = &mut self.0;
            let word = match first.wrapping_shr(5) {
                0 => w0,
                1 => w1,
                2 => w2,
                3 => w3,
                4 => w4,
                _ => w5,
            };
            *word |= mask.wrapping_shl(shift);
        }
        self
    }
}
