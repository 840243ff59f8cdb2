#![no_main]
#[path = "../src/erase_receipt.rs"]
mod body;
libfuzzer_sys::fuzz_target!(|data: &[u8]| body::erase_receipt(data));
