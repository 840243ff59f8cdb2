//! Our protected vendor TLVs, as `docs/spec/boot.md` §3 has them.

use crate::Refusal;

/// A calendar day. Ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// Year of the common era.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to the length of the month.
    pub day: u8,
}

impl Date {
    /// Makes a date of the Gregorian calendar, years 2000 to 9999.
    #[must_use]
    pub const fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => 0,
        };
        if year < 2000 || year > 9999 || day == 0 || day > days {
            return None;
        }
        Some(Self { year, month, day })
    }

    /// Reads the payload of a support-end TLV.
    pub(crate) fn parse(bytes: [u8; 4]) -> Result<Self, Refusal> {
        let [y0, y1, month, day] = bytes;
        Self::new(u16::from_le_bytes([y0, y1]), month, day).ok_or(Refusal::VendorMalformed)
    }

    /// Returns the payload of a support-end TLV.
    #[must_use]
    pub const fn emit(self) -> [u8; 4] {
        let [y0, y1] = self.year.to_le_bytes();
        [y0, y1, self.month, self.day]
    }
}

impl core::fmt::Display for Date {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// What an update repairs, so that the user can be told before it is installed (EN 303 645 5.3-11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advisory {
    /// The worst weakness that the update closes.
    pub severity: Severity,
    /// Whether it is known to be used in attacks.
    pub exploited: bool,
}

/// How bad a weakness is: the qualitative scale of CVSS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Severity {
    /// No weakness is closed.
    None = 0,
    /// CVSS 0.1 to 3.9.
    Low = 1,
    /// CVSS 4.0 to 6.9.
    Medium = 2,
    /// CVSS 7.0 to 8.9.
    High = 3,
    /// CVSS 9.0 and up.
    Critical = 4,
}

impl Advisory {
    pub(crate) fn parse(bytes: [u8; 4]) -> Result<Self, Refusal> {
        let [severity, exploited, 0, 0] = bytes else { return Err(Refusal::VendorMalformed) };
        let severity = match severity {
            0 => Severity::None,
            1 => Severity::Low,
            2 => Severity::Medium,
            3 => Severity::High,
            4 => Severity::Critical,
            _ => return Err(Refusal::VendorMalformed),
        };
        match exploited {
            0 => Ok(Self { severity, exploited: false }),
            1 => Ok(Self { severity, exploited: true }),
            _ => Err(Refusal::VendorMalformed),
        }
    }

    /// Returns the payload of an advisory TLV.
    #[must_use]
    pub const fn emit(self) -> [u8; 4] {
        [self.severity as u8, self.exploited as u8, 0, 0]
    }
}
