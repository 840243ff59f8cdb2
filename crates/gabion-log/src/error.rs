/// Why the log did not do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogError<E> {
    /// The flash failed. The log refuses to write until it is opened again; events stay in the queue.
    Flash(E),
    /// The root key failed. Retry once; then run without a log and say so.
    RootKey,
    /// The region is blank: a new device. Call [`Log::format`](crate::Log::format) with a seed that the factory keeps.
    Blank,
    /// The region is not blank and no lane key opens: another chip's flash, tampering, or a format that was cut. In the factory:
    /// format again. In the field: raise an alarm, then format with a new seed; what the ring held cannot be trusted.
    NoKey,
    /// The flash has pages too small or too few, or words above 32 bytes. Fix the flash map.
    Geometry,
    /// A record takes 1 to [`MAX_ENTRIES`](crate::MAX_ENTRIES) events. Fix the caller.
    EntryCount,
    /// Record numbers or epochs are used up (2^32). Format with a new seed.
    Exhausted,
    /// An earlier operation failed half-way. Open the log again: that recovers.
    Poisoned,
}

impl<E: core::fmt::Debug> core::fmt::Display for LogError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Flash(e) => write!(f, "flash failed: {e:?}"),
            Self::RootKey => f.write_str("root key failed"),
            Self::Blank => f.write_str("the log was never formatted"),
            Self::NoKey => f.write_str("no key of the log opens"),
            Self::Geometry => f.write_str("the log does not fit this flash"),
            Self::EntryCount => f.write_str("a record takes 1 to 4 events"),
            Self::Exhausted => f.write_str("record numbers are used up"),
            Self::Poisoned => f.write_str("an earlier operation failed half-way: open again"),
        }
    }
}

impl<E: core::fmt::Debug> core::error::Error for LogError<E> {}

/// Why a bundle could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportError<E, W> {
    /// The flash failed. Open the log again and export again.
    Flash(E),
    /// The receiver failed. Export again from the same position.
    Sink(W),
    /// The device key was refused. Provision the device.
    Signer,
    /// The flash changed between the two passes: somebody else writes to it. Export again; then raise an alarm.
    Changed,
    /// An earlier operation failed half-way. Open the log again: that recovers.
    Poisoned,
}

impl<E: core::fmt::Debug, W: core::fmt::Debug> core::fmt::Display for ExportError<E, W> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Flash(e) => write!(f, "flash failed: {e:?}"),
            Self::Sink(e) => write!(f, "receiver failed: {e:?}"),
            Self::Signer => f.write_str("device key refused"),
            Self::Changed => f.write_str("flash changed during export"),
            Self::Poisoned => f.write_str("an earlier operation failed half-way: open again"),
        }
    }
}

impl<E: core::fmt::Debug, W: core::fmt::Debug> core::error::Error for ExportError<E, W> {}

/// Why a bundle was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BundleError {
    /// Not a bundle, or of a version that this code does not know. Nothing was learnt about the device.
    NotABundle,
    /// The signature is not by this key: another device, or somebody changed the bundle. Treat it as hostile.
    Refused,
    /// The bundle names another device than the key belongs to.
    WrongDevice,
    /// The bundle is authentic but does not answer this request: an old one is replayed.
    Replayed,
    /// Records are missing: after this number of this lane, another follows than should.
    Gap(crate::Lane, u32),
    /// The newest record is not the one that the device signed for: the end is missing.
    Truncated(crate::Lane),
    /// What stands after this number of this lane was not written by the device when it says: changed, or forged later with a
    /// stolen key.
    Forged(crate::Lane, u32),
    /// Against an earlier bundle, the log went back or has another past. The lane is the first in which that shows.
    Forked(crate::Lane),
    /// An epoch is further on than a device can ever get.
    Implausible,
}

impl core::fmt::Display for BundleError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NotABundle => f.write_str("not a log bundle"),
            Self::Refused => {
                f.write_str("the signature does not belong to this device key and these bytes")
            }
            Self::WrongDevice => f.write_str("the bundle names another device"),
            Self::Replayed => f.write_str("the bundle does not answer this request: replayed"),
            Self::Gap(lane, n) => write!(f, "{lane:?} lane: records are missing after number {n}"),
            Self::Truncated(lane) => write!(f, "{lane:?} lane: the newest records are missing"),
            Self::Forged(lane, n) => write!(f, "{lane:?} lane: changed or forged after number {n}"),
            Self::Forked(lane) => write!(f, "{lane:?} lane: goes back on an earlier bundle"),
            Self::Implausible => f.write_str("an epoch that no device can reach"),
        }
    }
}

impl core::error::Error for BundleError {}
