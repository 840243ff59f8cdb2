#![no_main]
#[path = "../src/codec_tlv.rs"]
mod body;
libfuzzer_sys::fuzz_target!(|data: &[u8]| body::codec_tlv(data));
