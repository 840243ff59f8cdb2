#![no_main]
#[path = "../src/codec_cbor.rs"]
mod body;
libfuzzer_sys::fuzz_target!(|data: &[u8]| body::codec_cbor(data));
