#![no_main]
#[path = "../src/cli_profile.rs"]
mod body;
libfuzzer_sys::fuzz_target!(|data: &[u8]| body::cli_profile(data));
