#![no_main]
#[path = "../src/codec_input.rs"]
mod body;
libfuzzer_sys::fuzz_target!(|data: &[u8]| body::codec_input(data));
