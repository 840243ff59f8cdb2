#![no_main]
#[path = "../src/setup_link.rs"]
mod body;
libfuzzer_sys::fuzz_target!(|data: &[u8]| body::setup_link(data));
