//! Nothing but the runtime, the harness, and the routines for copying, filling and comparing memory that the compiler
//! calls in every firmware: every other binary's text is measured above this one's.
#![no_std]
#![no_main]

use gabion_benches::{Bench, black_box};

gabion_benches::bench_main!(run);

fn run(bench: &Bench) -> bool {
    let mut bytes = black_box([1_u8; 64]);
    let length = black_box(16_usize).min(32);
    bench.measure("nothing", &mut || {
        let (low, high) = bytes.split_at_mut(32);
        if let (Some(low), Some(high)) = (low.get_mut(..length), high.get_mut(..length)) {
            low.copy_from_slice(high);
            high.fill(black_box(3));
            black_box(low == high);
        }
        bytes.copy_within(..length, black_box(8).min(32));
    });
    bytes.starts_with(&[1])
}
