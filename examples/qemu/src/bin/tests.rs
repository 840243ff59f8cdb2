//! Runs every shared test body and prints libtest's lines.
#![no_std]
#![no_main]

use core::fmt::Write;

use gabion_qemu::gabion_testkit::CASES;
use gabion_qemu::semihosting::Console;

gabion_qemu::entry!(run);
gabion_qemu::panic_with_message!();

fn run() -> bool {
    let mut out = Console;
    let mut failed = 0_usize;
    let _ = writeln!(out, "running {} tests", CASES.len());
    for case in CASES {
        // The name goes out first: after a panic or a hang the last line tells where.
        let _ = write!(out, "test {} ... ", case.name);
        let _ = match (case.body)() {
            Ok(()) => writeln!(out, "ok"),
            Err(reason) => {
                failed += 1;
                writeln!(out, "FAILED: {reason}")
            }
        };
    }
    let word = if failed == 0 { "ok" } else { "FAILED" };
    let passed = CASES.len() - failed;
    let _ = writeln!(out, "test result: {word}. {passed} passed; {failed} failed");
    failed == 0
}
