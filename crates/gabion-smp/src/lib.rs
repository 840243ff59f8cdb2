#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod error;
mod fields;
mod format;
mod guard;
mod image_list;
mod raw;
mod reply;
mod serial;
mod server;
mod upload;

pub use error::{Failure, ImageError, ManagementError};
pub use format::{HEADER_LEN, Header, Operation, Protocol};
pub use guard::{Action, Answer, Guard};
pub use raw::RawReceiver;
pub use serial::{Line, SerialLines, SerialReceiver};
pub use server::{Next, Server};
