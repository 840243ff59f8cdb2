//! What an attacker finds: in a firmware image, and on the network.

pub mod image;
pub mod network;
