//! The header of a packet and the numbers of the protocol, as `docs/spec/smp.md` has them. The header is big-endian.

use crate::{Failure, ManagementError};

/// Length of a packet's header in bytes.
pub const HEADER_LEN: usize = 8;

/// Groups of commands.
pub(crate) mod group {
    pub(crate) const OS: u16 = 0;
    pub(crate) const IMAGE: u16 = 1;
}

/// Commands of the groups.
pub(crate) mod command {
    pub(crate) const ECHO: u8 = 0;
    pub(crate) const RESET: u8 = 5;
    pub(crate) const PARAMETERS: u8 = 6;
    pub(crate) const BOOT_LOADER: u8 = 8;
    pub(crate) const STATE: u8 = 0;
    pub(crate) const UPLOAD: u8 = 1;
    pub(crate) const ERASE: u8 = 5;
}

/// What a packet wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Tell.
    Read,
    /// Do.
    Write,
}

/// Version of the protocol: they differ in how errors are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// One number.
    V1,
    /// The group and its own number.
    V2,
}

/// The header of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What is wanted.
    pub operation: Operation,
    /// In which version.
    pub protocol: Protocol,
    /// Length of what follows, in bytes.
    pub length: u16,
    /// The group of the command.
    pub group: u16,
    /// The client's number, given back in the reply.
    pub sequence: u8,
    /// The command.
    pub command: u8,
}

impl Header {
    /// Reads the header of a request. A reply, or what is none of both, is not answered: `None`.
    ///
    /// # Errors
    ///
    /// A version that is not known: the header as far as it is understood, and what to answer.
    #[allow(clippy::type_complexity, reason = "three outcomes")]
    pub fn parse(bytes: &[u8; HEADER_LEN]) -> Option<Result<Self, (Self, Failure)>> {
        let [first, _flags, l0, l1, g0, g1, sequence, command] = *bytes;
        let operation = match first & 7 {
            0 => Operation::Read,
            2 => Operation::Write,
            _ => return None,
        };
        let version = (first >> 3) & 3;
        let header = Self {
            operation,
            protocol: if version == 0 { Protocol::V1 } else { Protocol::V2 },
            length: u16::from_be_bytes([l0, l1]),
            group: u16::from_be_bytes([g0, g1]),
            sequence,
            command,
        };
        match version {
            0 | 1 => Some(Ok(header)),
            _ => Some(Err((header, ManagementError::TooNew.into()))),
        }
    }

    /// Returns the header of the reply to this request, over a payload of `length` bytes.
    #[must_use]
    pub const fn reply(&self, length: u16) -> [u8; HEADER_LEN] {
        let operation = match self.operation {
            Operation::Read => 1,
            Operation::Write => 3,
        };
        let version = match self.protocol {
            Protocol::V1 => 0,
            Protocol::V2 => 1 << 3,
        };
        let [l0, l1] = length.to_be_bytes();
        let [g0, g1] = self.group.to_be_bytes();
        [operation | version, 0, l0, l1, g0, g1, self.sequence, self.command]
    }
}
