//! Inputs of people, phones and servers: one file, one kind, one skeleton.
//!
//! Each kind is a view of bytes from outside that only a check makes: [`Validated::parse`] refuses with a place and a reason,
//! the view gives the meaning, [`Validated::emit`] writes it. Other crates take `Validated<T>`, so that nothing unchecked can be
//! handed to them.
//!
//! ```
//! use gabion_codec::input::{HostName, Validated};
//! use gabion_codec::CodecErrorKind;
//!
//! fn connect(host: Validated<HostName<'_>>) -> usize {
//!     host.as_str().len()
//! }
//!
//! assert_eq!(connect(Validated::parse(b"fleet.example.com")?), 17);
//! let error = Validated::<HostName<'_>>::parse(b"fleet_1.example.com").unwrap_err();
//! assert_eq!((error.kind, error.offset), (CodecErrorKind::Forbidden, 5));
//! # Ok::<(), gabion_codec::CodecError>(())
//! ```
//!
//! What each kind accepts is specified in `docs/spec/codec.md` §5.

mod command_line;
mod contact;
mod device_name;
mod host_name;
mod http;
mod http_target;
mod ip;
mod json;
mod json_item;
mod mqtt;
mod scan;
mod setup_payload;
mod ssid;
mod time;
mod unicode;
mod uri;
mod validated;
mod version;
mod wpa;

pub use command_line::{CommandLine, Words};
pub use contact::Contact;
pub use device_name::DeviceName;
pub use host_name::HostName;
pub use http::{Body, Field, Fields, Method, RequestHead};
pub use ip::{Cidr, Ip};
pub use json::{Json, JsonBudget};
pub use json_item::{JsonArray, JsonItem, JsonNumber, JsonObject, JsonText};
pub use mqtt::{TopicFilter, TopicName};
pub use setup_payload::SetupPayload;
pub use ssid::Ssid;
pub use time::Timestamp;
pub use uri::{Authority, Uri};
pub use validated::{Input, Validated};
pub use version::{ImageVersion, SemVer};
pub use wpa::WpaSecret;
