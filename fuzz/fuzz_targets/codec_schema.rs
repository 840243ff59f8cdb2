#![no_main]
#[path = "../src/codec_schema.rs"]
mod body;
libfuzzer_sys::fuzz_target!(|data: &[u8]| body::codec_schema(data));
