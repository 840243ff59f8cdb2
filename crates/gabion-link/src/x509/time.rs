//! Times in certificates (RFC 5280 §4.1.2.5).

use gabion_codec::Reader;

use crate::x509::Refusal;
use crate::x509::der::{self, GENERALIZED_TIME, UTC_TIME};

const DAY: i64 = 86_400;

/// Seconds since 1970-01-01T00:00:00Z, without leap seconds. Before 1970: negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(pub i64);

impl UnixTime {
    /// Takes a second of UTC, from the year 1 to 9999. `None` when no calendar or clock has it; second 60 is not known here.
    ///
    /// # Examples
    ///
    /// ```
    /// use gabion_link::x509::UnixTime;
    ///
    /// assert_eq!(UnixTime::from_utc(2024, 2, 29, [23, 59, 59]), Some(UnixTime(1_709_251_199)));
    /// assert_eq!(UnixTime::from_utc(2023, 2, 29, [0, 0, 0]), None);
    /// ```
    #[must_use]
    pub const fn from_utc(year: u16, month: u8, day: u8, clock: [u8; 3]) -> Option<Self> {
        let [hour, minute, second] = clock;
        let leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let (days_before, days) = match month {
            1 => (0, 31),
            2 => (31, if leap { 29 } else { 28 }),
            3 => (59, 31),
            4 => (90, 30),
            5 => (120, 31),
            6 => (151, 30),
            7 => (181, 31),
            8 => (212, 31),
            9 => (243, 30),
            10 => (273, 31),
            11 => (304, 30),
            12 => (334, 31),
            _ => return None,
        };
        let known = year >= 1 && year <= 9999 && day >= 1 && day <= days;
        if !known || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        // Whole years since the year 1; saturating only because it cannot overflow: every operand is small.
        let years = (year as i64).saturating_sub(1);
        let leap_day = (leap && month > 2) as i64;
        let days = years
            .saturating_mul(365)
            .saturating_add(years / 4)
            .saturating_sub(years / 100)
            .saturating_add(years / 400)
            .saturating_add(days_before)
            .saturating_add(leap_day)
            .saturating_add(day as i64)
            .saturating_sub(719_163); // 1970-01-01, counted from 0001-01-00
        let seconds = days
            .saturating_mul(DAY)
            .saturating_add((hour as i64).saturating_mul(3600))
            .saturating_add((minute as i64).saturating_mul(60))
            .saturating_add(second as i64);
        Some(Self(seconds))
    }
}

/// From when to when a certificate holds, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Validity {
    pub(crate) not_before: UnixTime,
    pub(crate) not_after: UnixTime,
}

impl Validity {
    pub(crate) fn parse(mut pair: Reader<'_>) -> Result<Self, Refusal> {
        let not_before = time(&mut pair)?;
        let not_after = time(&mut pair)?;
        pair.finish()?;
        if not_before > not_after {
            return Err(Refusal::ValidityReversed);
        }
        Ok(Self { not_before, not_after })
    }
}

/// Reads `YYMMDDHHMMSSZ` for 1950 to 2049 or `YYYYMMDDHHMMSSZ` from 2050 on; no other form, no fraction, no offset.
fn time(reader: &mut Reader<'_>) -> Result<UnixTime, Refusal> {
    let (tag, mut content) = der::any(reader)?;
    let text = content.rest();
    let (year, rest) = match (tag, text) {
        (UTC_TIME, [y1, y2, rest @ ..]) => match pair(*y1, *y2)? {
            year @ 0..=49 => (u16::from(year).saturating_add(2000), rest),
            year => (u16::from(year).saturating_add(1900), rest),
        },
        (GENERALIZED_TIME, [y1, y2, y3, y4, rest @ ..]) => {
            let century = u16::from(pair(*y1, *y2)?).saturating_mul(100);
            let year = century.saturating_add(pair(*y3, *y4)?.into());
            if year < 2050 {
                return Err(Refusal::Time);
            }
            (year, rest)
        }
        _ => return Err(Refusal::Time),
    };
    let [a, b, c, d, e, f, g, h, i, j, b'Z'] = rest else { return Err(Refusal::Time) };
    let clock = [pair(*e, *f)?, pair(*g, *h)?, pair(*i, *j)?];
    UnixTime::from_utc(year, pair(*a, *b)?, pair(*c, *d)?, clock).ok_or(Refusal::Time)
}

fn pair(tens: u8, ones: u8) -> Result<u8, Refusal> {
    match (tens, ones) {
        (b'0'..=b'9', b'0'..=b'9') => {
            let [tens, ones] = [tens, ones].map(|digit| digit & 0x0f);
            Ok(tens.saturating_mul(10).saturating_add(ones))
        }
        _ => Err(Refusal::Time),
    }
}
