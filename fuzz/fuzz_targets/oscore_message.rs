#![no_main]
#[path = "../src/oscore_message.rs"]
mod body;
libfuzzer_sys::fuzz_target!(|data: &[u8]| body::oscore_message(data));
