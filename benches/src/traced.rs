//! A flash that notes what is done to it, so that the same can be done again without the store above it.

use core::cell::Cell;

use gabion_qemu::gabion_testkit::nor_flash::{
    ErrorType, MultiwriteNorFlash, NorFlash, ReadNorFlash,
};

/// Longest read or program operation in bytes.
const LONGEST: usize = 256;

/// One flash operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Offset and length of a read.
    Read(u32, usize),
    /// Offset and length of a program operation.
    Write(u32, usize),
    /// Start and end of an erase.
    Erase(u32, u32),
}

/// How many operations are kept.
const KEPT: usize = 32;

/// The operations since it was cleared.
#[derive(Debug)]
pub struct Trace {
    operations: [Cell<Option<Operation>>; KEPT],
    count: Cell<usize>,
}

impl Trace {
    /// Makes an empty trace.
    #[must_use]
    pub const fn new() -> Self {
        Self { operations: [const { Cell::new(None) }; KEPT], count: Cell::new(0) }
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.operations.iter().for_each(|place| place.set(None));
        self.count.set(0);
    }

    /// Whether all that was done is here and nothing was erased: what the bench calls the steady state.
    #[must_use]
    pub fn is_steady(&self) -> bool {
        let erased = |place: &Cell<_>| matches!(place.get(), Some(Operation::Erase(..)));
        self.count.get() <= KEPT && !self.operations.iter().any(erased)
    }

    fn note(&self, operation: Operation) {
        if let Some(place) = self.operations.get(self.count.get()) {
            place.set(Some(operation));
        }
        self.count.set(self.count.get() + 1);
    }

    /// Does the same operations to another flash; whether all of them worked.
    pub async fn replay(&self, flash: &mut impl NorFlash) -> bool {
        let mut bytes = [0; LONGEST];
        let mut done = true;
        for place in &self.operations {
            let Some(operation) = place.get() else { break };
            done &= match operation {
                Operation::Read(at, length) => match bytes.get_mut(..length) {
                    Some(bytes) => flash.read(at, bytes).await.is_ok(),
                    None => false,
                },
                Operation::Write(at, length) => match bytes.get(..length) {
                    Some(bytes) => flash.write(at, bytes).await.is_ok(),
                    None => false,
                },
                Operation::Erase(from, to) => flash.erase(from, to).await.is_ok(),
            };
        }
        done
    }
}

impl Default for Trace {
    fn default() -> Self {
        Self::new()
    }
}

/// A flash with a [`Trace`].
#[derive(Debug)]
pub struct Traced<'t, F> {
    flash: F,
    trace: &'t Trace,
}

impl<'t, F> Traced<'t, F> {
    /// Notes what is done to `flash` in `trace`.
    pub const fn new(flash: F, trace: &'t Trace) -> Self {
        Self { flash, trace }
    }
}

impl<F: ErrorType> ErrorType for Traced<'_, F> {
    type Error = F::Error;
}

impl<F: ReadNorFlash> ReadNorFlash for Traced<'_, F> {
    const READ_SIZE: usize = F::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), F::Error> {
        self.trace.note(Operation::Read(offset, bytes.len()));
        self.flash.read(offset, bytes).await
    }

    fn capacity(&self) -> usize {
        self.flash.capacity()
    }
}

impl<F: NorFlash> NorFlash for Traced<'_, F> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), F::Error> {
        self.trace.note(Operation::Erase(from, to));
        self.flash.erase(from, to).await
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), F::Error> {
        self.trace.note(Operation::Write(offset, bytes.len()));
        self.flash.write(offset, bytes).await
    }
}

impl<F: MultiwriteNorFlash> MultiwriteNorFlash for Traced<'_, F> {}
