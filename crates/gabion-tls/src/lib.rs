#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod channel;
mod cipher;
mod client;
mod config;
mod emit;
mod error;
mod format;
mod handshake;
mod io;
mod mechanisms;
mod record;
mod schedule;
mod transcript;

pub use channel::TlsChannel;
pub use cipher::{Aes128GcmSuite, ChaChaSuite, RecordCipher};
pub use client::connect;
pub use config::{Authenticate, Buffers, ClientConfig, Identity, Limits};
pub use error::{Refusal, TlsError};
pub use io::Timer;
pub use mechanisms::MECHANISMS;
