#![no_main]
#[path = "../src/log_bundle.rs"]
mod body;
libfuzzer_sys::fuzz_target!(|data: &[u8]| body::log_bundle(data));
