use super::{Input, scan};
use crate::{CodecError, CodecErrorKind, Reader, Writer};

/// A point in time (RFC 3339), from 1970 to 9999. Written in UTC, with as many digits of a second as it has.
///
/// A leap second (`23:59:60`) is refused: no clock of a device counts it, and rounding it would make two instants one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    seconds: u64,
    nanoseconds: u32,
}

const DAY: u64 = 86_400;
/// First second of the year 10000.
const END: u64 = 253_402_300_800;

impl Timestamp {
    /// Makes a point in time from seconds since 1970; `None` from the year 10000 on, or for nanoseconds that are a second.
    #[must_use]
    pub const fn new(unix_seconds: u64, nanoseconds: u32) -> Option<Self> {
        if unix_seconds < END && nanoseconds < 1_000_000_000 {
            Some(Self { seconds: unix_seconds, nanoseconds })
        } else {
            None
        }
    }

    /// Returns the seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn unix_seconds(&self) -> u64 {
        self.seconds
    }

    /// Returns the part of a second.
    #[must_use]
    pub const fn nanoseconds(&self) -> u32 {
        self.nanoseconds
    }
}

/// A number of so many digits within a range.
fn field(reader: &mut Reader<'_>, width: usize, low: u64, high: u64) -> Result<u64, CodecError> {
    let start = reader.position();
    let number = scan::padded(reader.bytes(width)?, start, high)?;
    if number < low { scan::at(CodecErrorKind::OutOfRange, start) } else { Ok(number) }
}

const fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const fn days_in(month: u64, year: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01; the year counts from March, so that the leap day is its last.
fn days_since_1970(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month > 2 {
        (year, month.wrapping_sub(3))
    } else {
        (year.wrapping_sub(1), month.wrapping_add(9))
    };
    let in_year = month.wrapping_mul(153).wrapping_add(2) / 5;
    let leap_days = (year / 4).wrapping_sub(year / 100).wrapping_add(year / 400);
    let days =
        year.wrapping_mul(365).wrapping_add(leap_days).wrapping_add(in_year).wrapping_add(day);
    // 1970-01-01 by the same count.
    days.wrapping_sub(719_469)
}

/// Year, month and day of a day since 1970.
fn date_of(days: u64) -> (u64, u64, u64) {
    // Days since 0000-03-01, in eras of 400 years.
    let days = days.wrapping_add(719_468);
    let (era, day) = (days / 146_097, days % 146_097);
    let year =
        day.wrapping_sub(day / 1_460).wrapping_add(day / 36_524).wrapping_sub(day / 146_096) / 365;
    let before = year.wrapping_mul(365).wrapping_add(year / 4).wrapping_sub(year / 100);
    let day = day.wrapping_sub(before);
    let month = day.wrapping_mul(5).wrapping_add(2) / 153;
    let day = day.wrapping_sub(month.wrapping_mul(153).wrapping_add(2) / 5).wrapping_add(1);
    let year = era.wrapping_mul(400).wrapping_add(year);
    if month < 10 {
        (year, month.wrapping_add(3), day)
    } else {
        (year.wrapping_add(1), month.wrapping_sub(9), day)
    }
}

impl<'a> Input<'a> for Timestamp {
    /// As long as `9999-12-31T23:59:59.123456789+23:59`.
    const MAX_LEN: usize = 35;

    fn check(input: &'a [u8]) -> Result<Self, CodecError> {
        let mut reader = Reader::new(input);
        let year = field(&mut reader, 4, 1969, 9999)?;
        reader.expect(b"-")?;
        let month = field(&mut reader, 2, 1, 12)?;
        reader.expect(b"-")?;
        let day = field(&mut reader, 2, 1, days_in(month, year))?;
        reader.expect(b"T")?;
        let hour = field(&mut reader, 2, 0, 23)?;
        reader.expect(b":")?;
        let minute = field(&mut reader, 2, 0, 59)?;
        reader.expect(b":")?;
        let second = field(&mut reader, 2, 0, 59)?;
        let nanoseconds = if reader.peek() == Some(b'.') { fraction(&mut reader)? } else { 0 };
        let zone_at = reader.position();
        let (west, offset) = match reader.u8()? {
            b'Z' => (false, 0),
            sign @ (b'+' | b'-') => {
                let hours = field(&mut reader, 2, 0, 23)?;
                reader.expect(b":")?;
                let minutes = field(&mut reader, 2, 0, 59)?;
                (sign == b'-', hours.wrapping_mul(3600).wrapping_add(minutes.wrapping_mul(60)))
            }
            _ => return scan::at(CodecErrorKind::Unexpected, zone_at),
        };
        reader.finish()?;
        let out_of_range = CodecError::new(CodecErrorKind::OutOfRange, 0);
        // 1969 may become 1970 by its zone: counted a year later, then taken back.
        let days = if year == 1969 {
            days_since_1970(1970, month, day).checked_sub(365)
        } else {
            Some(days_since_1970(year, month, day))
        };
        let clock =
            hour.wrapping_mul(3600).wrapping_add(minute.wrapping_mul(60)).wrapping_add(second);
        let seconds = match days {
            Some(days) => {
                let local = days.wrapping_mul(DAY).wrapping_add(clock);
                if west { local.checked_add(offset) } else { local.checked_sub(offset) }
            }
            // The last day of 1969 is the only one that a zone can move.
            None if west && month == 12 && day == 31 => clock.wrapping_add(offset).checked_sub(DAY),
            None => None,
        };
        Self::new(seconds.ok_or(out_of_range)?, nanoseconds).ok_or(out_of_range)
    }

    fn emit(&self, writer: &mut Writer<'_>) -> Result<(), CodecError> {
        let (year, month, day) = date_of(self.seconds / DAY);
        let clock = self.seconds % DAY;
        for (number, width, end) in [
            (year, 4, b'-'),
            (month, 2, b'-'),
            (day, 2, b'T'),
            (clock / 3600, 2, b':'),
            (clock / 60 % 60, 2, b':'),
        ] {
            scan::emit_padded(number, width, writer)?;
            writer.u8(end)?;
        }
        scan::emit_padded(clock % 60, 2, writer)?;
        if self.nanoseconds != 0 {
            let (mut digits, mut width) = (self.nanoseconds, 9);
            while digits.is_multiple_of(10) {
                (digits, width) = (digits / 10, usize::saturating_sub(width, 1));
            }
            writer.u8(b'.')?;
            scan::emit_padded(digits.into(), width, writer)?;
        }
        writer.u8(b'Z')
    }
}

/// One to nine digits after the point, in nanoseconds.
fn fraction(reader: &mut Reader<'_>) -> Result<u32, CodecError> {
    reader.skip(1)?;
    let start = reader.position();
    let mut number = 0_u32;
    let mut digits = 0_u32;
    while let Some(digit @ b'0'..=b'9') = reader.peek() {
        if digits == 9 {
            return Err(reader.error(CodecErrorKind::TooLong));
        }
        number = number.wrapping_mul(10).wrapping_add(u32::from(digit & 0x0f));
        digits = digits.saturating_add(1);
        reader.skip(1)?;
    }
    if digits == 0 {
        return scan::at(CodecErrorKind::TooShort, start);
    }
    Ok((digits..9).fold(number, |number, _| number.wrapping_mul(10)))
}
