#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

pub mod cbor;
mod crc32;
pub mod der;
mod error;
pub mod input;
mod reader;
mod sign1;
mod tlv;
mod writer;

pub use crc32::Crc32;
pub use error::{CodecError, CodecErrorKind};
pub use reader::Reader;
pub use sign1::{Sign1Prefix, Sign1View};
pub use tlv::{ByteOrder, Tlv, TlvFormat, TlvHeader, Tlvs, Width};
pub use writer::Writer;
