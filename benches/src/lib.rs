#![no_std]
#![doc = include_str!("../README.md")]

pub mod image;
pub mod traced;

pub use core::hint::black_box;

use gabion_qemu::counter::Counter;
use gabion_qemu::semihosting::Console;
use gabion_qemu::stack;

/// Measures operations and prints one line for each: `bench NAME: INSTRUCTIONS instructions, STACK stack`.
#[derive(Debug)]
pub struct Bench {
    counter: Counter,
    empty: u32,
}

impl Bench {
    /// Starts the counter and measures nothing, once.
    #[must_use]
    pub fn new() -> Self {
        let mut bench = Self { counter: Counter::new(), empty: 0 };
        bench.empty = bench.run(&mut || {}).1;
        bench
    }

    /// Runs an operation once and prints what it took.
    pub fn measure(&self, name: &str, operation: &mut dyn FnMut()) {
        let (instructions, depth) = self.run(operation);
        let out = Console;
        out.put("bench ");
        out.put(name);
        out.put(": ");
        out.put_number(instructions);
        out.put(" instructions, ");
        out.put_number(depth.saturating_sub(self.empty));
        out.put(" stack\n");
    }

    #[inline(never)]
    fn run(&self, operation: &mut dyn FnMut()) -> (u32, u32) {
        let mut instructions = 0;
        let depth = stack::depth(&mut || instructions = self.counter.count(operation));
        (instructions, depth)
    }
}

impl Default for Bench {
    fn default() -> Self {
        Self::new()
    }
}

/// Makes a function `fn(&Bench) -> bool` the firmware; it returns whether the results were right as well as counted.
#[macro_export]
macro_rules! bench_main {
    ($run:path) => {
        gabion_qemu::entry!(main);
        gabion_qemu::panic_in_silence!();

        fn main() -> bool {
            $run(&$crate::Bench::new())
        }
    };
}

/// Bytes that the optimiser does not know.
#[must_use]
pub fn pattern<const N: usize>(seed: u8) -> [u8; N] {
    black_box(core::array::from_fn(|i| (i as u8).wrapping_mul(31).wrapping_add(seed)))
}
