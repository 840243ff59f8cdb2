#![no_main]
#[path = "../src/p256_small.rs"]
mod body;
libfuzzer_sys::fuzz_target!(|data: &[u8]| body::p256_small(data));
