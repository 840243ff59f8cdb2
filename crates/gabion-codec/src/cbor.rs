//! Strict deterministic CBOR: the core requirements of RFC 8949 §4.2.1, and nothing that does not meet them.
//!
//! Every value has exactly one encoding here, so that a signature or a hash over the bytes is one over the meaning. What is
//! demanded:
//!
//! - heads, lengths and floating-point numbers in their shortest form; the only NaN is `f97e00`; no bignum that an integer
//!   could hold;
//! - definite lengths;
//! - map keys in bytewise order of their encodings, none twice;
//! - valid UTF-8, no reserved values, nothing after the end;
//! - a [`Budget`] of bytes, items and depth.
//!
//! [`Document::parse`] checks all of that in one pass; what it returns can be walked without further errors. [`Encoder`]
//! writes it, and checks at the end that keys were given in order. A [`Schema`] is a constant table of the fields of a map, with a
//! policy for those it does not know.
//!
//! # Examples
//!
//! ```
//! use gabion_codec::{CodecErrorKind, cbor::{Budget, Document, Encoder, Item}};
//!
//! let mut buffer = [0; 32];
//! let mut encoder = Encoder::new(&mut buffer);
//! encoder.map(2)?;
//! encoder.unsigned(1)?;
//! encoder.text("lamp")?;
//! encoder.unsigned(2)?;
//! encoder.float(21.5)?;
//! let encoded = encoder.finish(Budget::SMALL)?;
//! assert_eq!(encoded, b"\xa2\x01\x64lamp\x02\xf9\x4d\x60");
//!
//! let Item::Map(entries) = Document::parse(encoded, Budget::SMALL)?.root() else { panic!() };
//! assert_eq!(entries.get_unsigned(1), Some(Item::Text("lamp")));
//!
//! // The same meaning in another encoding is refused.
//! let error = Document::parse(b"\xa1\x18\x01\x64lamp", Budget::SMALL).unwrap_err();
//! assert_eq!((error.kind, error.offset), (CodecErrorKind::NotShortest, 1));
//! # Ok::<(), gabion_codec::CodecError>(())
//! ```

mod document;
mod encoder;
mod float;
mod head;
mod item;
mod schema;

pub use document::{Budget, Document};
pub use encoder::Encoder;
pub use item::{Entries, Item, Items};
pub use schema::{Field, FieldKey, FieldType, Presence, Record, Schema, UnknownFields};
