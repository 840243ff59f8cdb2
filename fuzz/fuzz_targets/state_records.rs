#![no_main]
#[path = "../src/state_records.rs"]
mod body;
libfuzzer_sys::fuzz_target!(|data: &[u8]| body::state_records(data));
