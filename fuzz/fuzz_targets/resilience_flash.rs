#![no_main]
#[path = "../src/resilience_flash.rs"]
mod body;
libfuzzer_sys::fuzz_target!(|data: &[u8]| body::resilience_flash(data));
