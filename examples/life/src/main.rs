//! The main job: a device's whole life on a simulated chip.
#![forbid(unsafe_code)]
fn main() {}
