#![no_main]
#[path = "../src/codec_http.rs"]
mod body;
libfuzzer_sys::fuzz_target!(|data: &[u8]| body::codec_http(data));
