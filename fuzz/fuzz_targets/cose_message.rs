#![no_main]
#[path = "../src/cose_message.rs"]
mod body;
libfuzzer_sys::fuzz_target!(|data: &[u8]| body::cose_message(data));
