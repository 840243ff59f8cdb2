#![no_main]
#[path = "../src/boot_image.rs"]
#[allow(dead_code)]
mod body;
libfuzzer_sys::fuzz_target!(|data: &[u8]| body::boot_image(data));
