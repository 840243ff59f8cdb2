//! The first instructions, and the way to `main`.

use core::arch::global_asm;

use crate::semihosting::exit;

#[cfg(target_arch = "arm")]
global_asm!(
    ".section .vectors,\"a\"",
    ".word __stack_top",
    ".word __reset",
    ".rept 14",
    ".word __fault",
    ".endr",
    ".section .text.__reset,\"ax\"",
    ".thumb_func",
    ".global __reset",
    "__reset:",
    // CPACR: switch the floating-point unit on. The hard-float target may spill into its registers.
    "ldr r0, =0xE000ED88",
    "ldr r1, [r0]",
    "ldr r2, =0x00f00000",
    "orrs r1, r2",
    "str r1, [r0]",
    "dsb",
    "isb",
    "bl __start",
    // A fault ends the run as a failure: SYS_EXIT, run-time error.
    ".thumb_func",
    ".global __fault",
    "__fault:",
    "movs r0, #0x18",
    "ldr r1, =0x20023",
    "bkpt 0xab",
    "b __fault",
);

#[cfg(target_arch = "riscv32")]
global_asm!(
    ".section .vectors,\"ax\"",
    ".global __reset",
    "__reset:",
    "la sp, __stack_top",
    "la t0, __fault",
    "csrw mtvec, t0",
    "call __start",
    // A fault ends the run as a failure: SYS_EXIT, run-time error.
    ".balign 4",
    "__fault:",
    "li a0, 0x18",
    "li a1, 0x20023",
    "call __semihosting",
    "j __fault",
);

unsafe extern "Rust" {
    /// The firmware's own part; [`entry!`](crate::entry) defines it.
    fn __firmware() -> bool;
}

#[unsafe(no_mangle)]
extern "C" fn __start() -> ! {
    // SAFETY: defined once, by `entry!`, with this signature; the linker refuses a firmware without it.
    let success = unsafe { __firmware() };
    exit(success)
}

/// Makes a function the firmware: it runs once and returns whether all was well, which becomes QEMU's exit code.
#[macro_export]
macro_rules! entry {
    ($run:path) => {
        #[unsafe(no_mangle)]
        extern "Rust" fn __firmware() -> bool {
            $run()
        }
    };
}
