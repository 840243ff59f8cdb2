#![no_main]
#[path = "../src/auth_secret.rs"]
mod body;
libfuzzer_sys::fuzz_target!(|data: &[u8]| body::auth_secret(data));
