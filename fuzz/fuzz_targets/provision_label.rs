#![no_main]
#[path = "../src/provision_label.rs"]
mod body;
libfuzzer_sys::fuzz_target!(|data: &[u8]| body::provision_label(data));
