#![no_main]
#[path = "../src/codec_json.rs"]
mod body;
libfuzzer_sys::fuzz_target!(|data: &[u8]| body::codec_json(data));
