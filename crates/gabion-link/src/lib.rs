#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod mechanisms;
pub mod x509;

pub use mechanisms::MECHANISMS;
