//! What the flash was asked to do: counters always, the full trace on request.

use core::ops::Sub;

/// Running totals of a flash; two snapshots subtract to what happened in between.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Read calls.
    pub reads: u64,
    /// Bytes read.
    pub read_bytes: u64,
    /// Write calls.
    pub writes: u64,
    /// Words programmed.
    pub words: u64,
    /// Bytes programmed (words times word size).
    pub programmed_bytes: u64,
    /// Pages erased.
    pub erases: u64,
}

impl Sub for Counters {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            reads: self.reads - earlier.reads,
            read_bytes: self.read_bytes - earlier.read_bytes,
            writes: self.writes - earlier.writes,
            words: self.words - earlier.words,
            programmed_bytes: self.programmed_bytes - earlier.programmed_bytes,
            erases: self.erases - earlier.erases,
        }
    }
}

/// What a traced call did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceKind {
    /// A read call.
    Read,
    /// A write call.
    Write,
    /// An erase call.
    Erase,
}

/// One traced call, in the order of arrival, refused ones included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceEntry {
    /// Position in the trace since power on, from 0.
    pub index: u64,
    /// Atomic steps (words and erases) done before this call.
    pub step: u64,
    /// What was asked.
    pub kind: TraceKind,
    /// Address in bytes.
    pub address: u32,
    /// Length in bytes.
    pub len: u32,
}
