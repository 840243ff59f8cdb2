//! Whether the maker still supports the device (EN 303 645 5.3-13).

use gabion_hal::WallTime;

/// The state of the support period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Support {
    /// Lasts.
    Current,
    /// Ended: no more updates come.
    Ended,
    /// The device does not know the time, or the date makes no sense.
    Unknown,
}

/// Tells whether the support period, which ends at the end of the day `until` (`YYYY-MM-DD`), lasts at `now`. A time that is
/// only a floor can prove an end but no present.
#[must_use]
pub fn support_at(until: &str, now: Option<WallTime>) -> Support {
    let (Some(last_day), Some(now)) = (day_number(until.as_bytes()), now) else {
        return Support::Unknown;
    };
    let today = now.unix_seconds / 86_400;
    match (today > last_day, now.quality) {
        (true, _) => Support::Ended,
        (false, gabion_hal::TimeQuality::Floor) => Support::Unknown,
        (false, _) => Support::Current,
    }
}

/// Days since 1970-01-01 of a date from 1970 to 9999.
fn day_number(text: &[u8]) -> Option<u64> {
    let [y3, y2, y1, y0, b'-', m1, m0, b'-', d1, d0] = text else { return None };
    let year = number(&[*y3, *y2, *y1, *y0])?;
    let month = number(&[*m1, *m0])?;
    let day = number(&[*d1, *d0])?;
    if year < 1970 || !(1..=12).contains(&month) {
        return None;
    }
    let leap = |y: u64| y.is_multiple_of(4) && (!y.is_multiple_of(100) || y.is_multiple_of(400));
    let length = |m: u64| match m {
        2 if leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if day < 1 || day > length(month) {
        return None;
    }
    let years = (1970..year).map(|y| if leap(y) { 366 } else { 365 });
    let months = (1..month).map(length);
    let before: u64 = years.chain(months).fold(0, u64::saturating_add);
    Some(before.saturating_add(day.saturating_sub(1)))
}

fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |value, digit| {
        let digit = char::from(*digit).to_digit(10)?;
        value.checked_mul(10)?.checked_add(digit.into())
    })
}
