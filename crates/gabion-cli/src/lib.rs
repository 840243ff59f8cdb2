#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
// A host tool: it may stop with a message where a device may not.
#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

pub mod cbor;
pub mod conformance;
pub mod cose;
pub mod disclosure;
pub mod erase;
pub mod hex;
pub mod image;
pub mod keys;
pub mod lockdown;
pub mod log;
pub mod privacy;
pub mod provision;
pub mod setup;
pub mod surface;
pub mod x509;

/// Writes a line to standard output. Where nobody reads any more, the exit code still tells.
#[macro_export]
macro_rules! say {
    ($($part:tt)*) => {{
        use std::io::Write;
        let _ = writeln!(std::io::stdout(), $($part)*);
    }};
}

/// Writes to standard output, without ending the line.
#[macro_export]
macro_rules! tell {
    ($($part:tt)*) => {{
        use std::io::Write;
        let mut out = std::io::stdout();
        let _ = write!(out, $($part)*).and_then(|()| out.flush());
    }};
}

/// Writes a line to standard error.
#[macro_export]
macro_rules! complain {
    ($($part:tt)*) => {{
        use std::io::Write;
        let _ = writeln!(std::io::stderr(), $($part)*);
    }};
}
