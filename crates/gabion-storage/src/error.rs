//! Failures of the store.

/// Why the store gave no value or took none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StorageError<E> {
    /// The flash failed. The store refuses further writes until it is opened again.
    Flash(E),
    /// The random source, the root key or the counter failed. Retry once; then fail closed.
    Hardware,
    /// The newest record of this key was changed, cleared or replaced. The store never falls back to an older value: put a
    /// new one or treat the secret as lost.
    Damaged,
    /// There is no room. Nothing was lost and nothing changed: remove something or plan a larger region.
    Full,
    /// The value is longer than its parameter allows, or the commit has too many changes. Fix the caller.
    TooLong,
    /// The buffer is too small for the stored value, which has this many bytes. Nothing was copied.
    BufferTooSmall(usize),
    /// The parameter is not in the registry that the store was opened with. Register it.
    Unregistered,
    /// The key of this class was destroyed. Only a factory reset or a new class key brings it back, empty.
    ClassDestroyed,
    /// An earlier operation failed half-way. Open the store again: that recovers.
    Poisoned,
}

impl<E: core::fmt::Debug> core::fmt::Display for StorageError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Flash(e) => write!(f, "flash failed: {e:?}"),
            Self::Hardware => f.write_str("random source, root key or counter failed"),
            Self::Damaged => f.write_str("the newest record of this key is damaged"),
            Self::Full => f.write_str("no room in the store"),
            Self::TooLong => f.write_str("value or commit longer than allowed"),
            Self::BufferTooSmall(n) => write!(f, "the value has {n} bytes, the buffer fewer"),
            Self::Unregistered => f.write_str("parameter is not registered"),
            Self::ClassDestroyed => f.write_str("the key of this class was destroyed"),
            Self::Poisoned => f.write_str("an earlier operation failed half-way: open again"),
        }
    }
}

impl<E: core::fmt::Debug> core::error::Error for StorageError<E> {}

/// Why a store did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenError<E> {
    /// The flash failed. Retry once.
    Flash(E),
    /// The root key, the random source or the counter failed. Retry once; then fail closed.
    Hardware,
    /// There is no store of this chip: a blank region, another chip's flash, or a destroyed vault. In the factory:
    /// [`Store::format`](crate::Store::format). In the field: refuse, and treat all secrets as lost.
    Unformatted,
    /// The vault is there and the pages are not: they were erased or replaced. Refuse, and treat all secrets as lost.
    Damaged,
    /// The store is older, or newer, than the chip's counter says: an earlier image was put back, or the chip was changed.
    /// Refuse; only the owner may accept it ([`Replay::Accept`](crate::Replay)) or format.
    Replayed,
    /// The region, the page, the index or the buffer is too small for the registry. Fix the plan
    /// ([`Plan`](crate::Plan)).
    Plan,
}

impl<E: core::fmt::Debug> core::fmt::Display for OpenError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Flash(e) => write!(f, "flash failed: {e:?}"),
            Self::Hardware => f.write_str("random source, root key or counter failed"),
            Self::Unformatted => f.write_str("no store of this chip"),
            Self::Damaged => f.write_str("the pages of the store are gone"),
            Self::Replayed => f.write_str("the store does not fit the chip's counter"),
            Self::Plan => f.write_str("region, index or buffer too small for the registry"),
        }
    }
}

impl<E: core::fmt::Debug> core::error::Error for OpenError<E> {}
