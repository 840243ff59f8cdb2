#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod channel;
mod endpoint;
mod mechanisms;
mod policy;
mod suite;
pub mod x509;

pub use channel::{Agreed, Channel, Confidential, Proof, Secured};
pub use endpoint::{Caller, Denied, Endpoint, Endpoints};
pub use mechanisms::MECHANISMS;
pub use policy::{ChannelPolicy, ChannelRefusal, Ixit11, PeerIdentity};
pub use suite::{Suite, Version};
