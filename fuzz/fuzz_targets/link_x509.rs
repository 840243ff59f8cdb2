#![no_main]
#[path = "../src/link_x509.rs"]
mod body;
libfuzzer_sys::fuzz_target!(|data: &[u8]| body::link_x509(data));
