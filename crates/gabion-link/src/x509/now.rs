//! What time it is, as far as anyone knows. A missing clock never means "valid".

use gabion_hal::{TimeQuality, WallTime};

use crate::x509::time::Validity;
use crate::x509::{Refusal, UnixTime};

/// A time that has certainly passed: when the firmware was built, or the last time that came with a signature.
///
/// There is no default and no zero: whoever verifies has to say what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeFloor(UnixTime);

impl TimeFloor {
    /// Starts at the build time.
    #[must_use]
    pub const fn new(built: UnixTime) -> Self {
        Self(built)
    }

    /// Raises the floor to a time that was signed (an update manifest, a log receipt). It never goes down.
    #[must_use]
    pub const fn raised_to(self, signed: UnixTime) -> Self {
        if signed.0 > self.0.0 { Self(signed) } else { self }
    }

    /// Returns the floor.
    #[must_use]
    pub const fn time(self) -> UnixTime {
        self.0
    }
}

/// What is known about the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    floor: TimeFloor,
    clock: Option<(UnixTime, TimeQuality)>,
}

impl Now {
    /// Joins the floor and what the clock says. A clock that says [`TimeQuality::Floor`] raises the floor; one that stands
    /// below the floor is wrong and counts as none.
    #[must_use]
    pub fn new(floor: TimeFloor, wall: Option<WallTime>) -> Self {
        let Some(wall) = wall else { return Self { floor, clock: None } };
        let time = UnixTime(i64::try_from(wall.unix_seconds).unwrap_or(i64::MAX));
        match wall.quality {
            TimeQuality::Floor => Self { floor: floor.raised_to(time), clock: None },
            _ if time < floor.0 => Self { floor, clock: None },
            quality => Self { floor, clock: Some((time, quality)) },
        }
    }
}

/// How much must be known about the time before a certificate is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeTrust {
    /// Only an authenticated time will do. Without: [`Refusal::TimeUnknown`].
    Authenticated,
    /// A time from an unauthenticated network will do as well. Whoever controls that network can bring expired certificates
    /// back to life, down to the floor, and keep the device from connecting.
    Any,
    /// Without an authenticated time the floor decides alone: what ended before it is refused, when it began is left open.
    /// For the first connection of a device without a clock; an unauthenticated time is ignored.
    FloorSuffices,
}

/// How the time was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeJudgement {
    /// Both ends of every validity, against a clock.
    Clock,
    /// Only the ends, against the floor: the path may have expired since, or not have begun. Fetch the time and verify again.
    FloorOnly,
}

impl Now {
    /// Judges a validity.
    pub(crate) fn judge(&self, of: &Validity, trust: TimeTrust) -> Result<TimeJudgement, Refusal> {
        // Whatever any clock says, this has passed.
        if of.not_after < self.floor.0 {
            return Err(Refusal::Expired);
        }
        let clock = match self.clock {
            Some((time, TimeQuality::Authenticated)) => Some(time),
            Some((time, TimeQuality::Unauthenticated)) if trust == TimeTrust::Any => Some(time),
            _ => None,
        };
        match clock {
            Some(time) if time < of.not_before => Err(Refusal::NotYetValid),
            Some(time) if time > of.not_after => Err(Refusal::Expired),
            Some(_) => Ok(TimeJudgement::Clock),
            None if trust == TimeTrust::FloorSuffices => Ok(TimeJudgement::FloorOnly),
            None => Err(Refusal::TimeUnknown),
        }
    }
}
