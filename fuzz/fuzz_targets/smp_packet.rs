#![no_main]
#[path = "../src/smp_packet.rs"]
#[allow(dead_code)]
mod body;
libfuzzer_sys::fuzz_target!(|data: &[u8]| body::smp_packet(data));
