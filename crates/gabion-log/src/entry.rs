//! What a record holds: events, and when.

use gabion_codec::{CodecError, CodecErrorKind, Reader};
use gabion_hal::{Event, EventKind, Severity, Source, WallTime};

use crate::format::parse_wall;

/// One of the two rings. Each has pages, numbers, keys and a rate of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Lane {
    /// Everything below [`Severity::Critical`].
    Main = 0,
    /// [`Severity::Critical`] events, so that no flood of lesser ones washes them out.
    Critical = 1,
}

impl Lane {
    /// Both lanes, in the order of their numbers.
    pub const ALL: [Self; 2] = [Self::Main, Self::Critical];

    /// Returns the lane for a severity.
    #[must_use]
    pub const fn of(severity: Severity) -> Self {
        match severity {
            Severity::Critical => Self::Critical,
            _ => Self::Main,
        }
    }

    pub(crate) const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Main),
            1 => Some(Self::Critical),
            _ => None,
        }
    }
}

/// An event with the time of its first occurrence and how often it occurred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// What happened.
    pub event: Event,
    /// How often, saturating.
    pub count: u16,
    /// When it first happened: tenths of a second since boot, saturating (13 years).
    pub uptime_ds: u32,
}

impl Entry {
    /// Makes the entry of an event that happened once.
    #[must_use]
    pub const fn once(event: Event, uptime_ds: u32) -> Self {
        Self { event, count: 1, uptime_ds }
    }
}

/// When a record was sealed, and what was lost before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Number of this boot, counted by the log.
    pub boot: u32,
    /// Tenths of a second since boot, saturating.
    pub uptime_ds: u32,
    /// The time of day and its quality, if known. Seconds saturate in the year 2106.
    pub wall: Option<WallTime>,
    /// Events lost since the record before, saturating. Inside the chain, so that nobody can take it out.
    pub lost: u16,
}

/// An event as it was read back; its code may be of a newer catalogue than this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoggedEvent {
    /// The code; see [`LoggedEvent::kind`].
    pub code: u16,
    /// The detail whose meaning the kind defines.
    pub detail: u16,
    /// How serious it is.
    pub severity: Severity,
    /// The number of the part that raised it; see [`LoggedEvent::source`].
    pub source_number: u8,
    /// How often it occurred, saturating.
    pub count: u16,
    /// When it first happened, in tenths of a second since boot.
    pub uptime_ds: u32,
}

impl LoggedEvent {
    /// Returns the kind, if this catalogue knows it.
    #[must_use]
    pub fn kind(&self) -> Option<EventKind> {
        EventKind::from_code(self.code)
    }

    /// Returns the part that raised it, if this catalogue knows it.
    #[must_use]
    pub fn source(&self) -> Option<Source> {
        Source::from_number(self.source_number)
    }
}

/// The opened body of a record.
#[derive(Debug, Clone)]
pub struct Body<'a> {
    /// When it was sealed.
    pub stamp: Stamp,
    events: Reader<'a>,
}

impl<'a> Body<'a> {
    /// Reads an opened body: strictly, every event of it.
    ///
    /// # Errors
    ///
    /// [`CodecError`] when it is not one.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, CodecError> {
        let mut reader = Reader::new(bytes);
        let boot = reader.u32_le()?;
        let uptime_ds = reader.u32_le()?;
        let wall = parse_wall(&mut reader)?;
        reader.expect(&[0])?;
        let lost = reader.u16_le()?;
        let body = Self { stamp: Stamp { boot, uptime_ds, wall, lost }, events: reader };
        let mut check = body.events.clone();
        while !check.is_empty() {
            parse_event(&mut check)?;
        }
        Ok(body)
    }

    /// Returns the events in order.
    pub fn events(&self) -> impl Iterator<Item = LoggedEvent> + use<'a> {
        let mut reader = self.events.clone();
        core::iter::from_fn(move || parse_event(&mut reader).ok())
    }
}

fn parse_event(reader: &mut Reader<'_>) -> Result<LoggedEvent, CodecError> {
    let code = reader.u16_le()?;
    let detail = reader.u16_le()?;
    let error = reader.error(CodecErrorKind::OutOfRange);
    Ok(LoggedEvent {
        code,
        detail,
        severity: Severity::from_number(reader.u8()?).ok_or(error)?,
        source_number: reader.u8()?,
        count: reader.u16_le()?,
        uptime_ds: reader.u32_le()?,
    })
}

/// Milliseconds as tenths of a second, saturating.
pub(crate) fn deciseconds(ms: u64) -> u32 {
    u32::try_from(ms / 100).unwrap_or(u32::MAX)
}
