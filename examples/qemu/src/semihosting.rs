//! Text out and an exit code, by semihosting: the emulator does them for the guest.

use core::arch::asm;
#[cfg(target_arch = "riscv32")]
use core::arch::global_asm;
use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};

const SYS_OPEN: usize = 0x01;
const SYS_WRITE: usize = 0x05;
const SYS_EXIT: usize = 0x18;
/// ADP_Stopped_ApplicationExit: QEMU's exit code is then 0.
const APPLICATION_EXIT: usize = 0x2_0026;
/// ADP_Stopped_RunTimeErrorUnknown: QEMU's exit code is then 1.
const RUN_TIME_ERROR: usize = 0x2_0023;
const MODE_WRITE: usize = 4;

#[cfg(target_arch = "arm")]
fn call(operation: usize, argument: usize) -> usize {
    let result;
    // SAFETY: the semihosting breakpoint; the emulator reads what `argument` points to and writes r0 only.
    unsafe {
        asm!("bkpt 0xab", inlateout("r0") operation => result, in("r1") argument, options(nostack));
    }
    result
}

// The three instructions must not be compressed and must not straddle a page, or they are an ordinary breakpoint.
#[cfg(target_arch = "riscv32")]
global_asm!(
    ".section .text.__semihosting,\"ax\"",
    ".option push",
    ".option norvc",
    ".balign 16",
    ".global __semihosting",
    "__semihosting:",
    "slli x0, x0, 0x1f",
    "ebreak",
    "srai x0, x0, 0x7",
    "ret",
    ".option pop",
);

#[cfg(target_arch = "riscv32")]
fn call(operation: usize, argument: usize) -> usize {
    let result;
    // SAFETY: the routine above uses a0 and a1 only; the emulator reads what `argument` points to.
    unsafe {
        asm!("call __semihosting", inlateout("a0") operation => result, in("a1") argument, out("ra") _, options(nostack));
    }
    result
}

/// Standard output of the emulator.
#[derive(Debug, Clone, Copy, Default)]
pub struct Console;

impl Console {
    /// Writes text as it stands.
    pub fn put(self, text: &str) {
        let block = [handle(), text.as_ptr() as usize, text.len()];
        call(SYS_WRITE, block.as_ptr() as usize);
    }

    /// Writes a number in decimal. Without `core::fmt`, which would hide what a measured binary itself pulls in.
    pub fn put_number(self, mut number: u32) {
        let mut digits = [b'0'; 10];
        let mut length = 0;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
            length += 1;
            if number == 0 {
                break;
            }
        }
        let text = digits.get(10 - length..).unwrap_or_default();
        self.put(core::str::from_utf8(text).unwrap_or_default());
    }
}

impl fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text);
        Ok(())
    }
}

/// Opens the console at its first use.
fn handle() -> usize {
    static HANDLE: AtomicUsize = AtomicUsize::new(usize::MAX);
    let known = HANDLE.load(Ordering::Relaxed);
    if known != usize::MAX {
        return known;
    }
    let name = c":tt";
    let block = [name.as_ptr() as usize, MODE_WRITE, name.count_bytes()];
    let opened = call(SYS_OPEN, block.as_ptr() as usize);
    HANDLE.store(opened, Ordering::Relaxed);
    opened
}

/// Ends the emulator with exit code 0 or 1.
pub fn exit(success: bool) -> ! {
    loop {
        call(SYS_EXIT, if success { APPLICATION_EXIT } else { RUN_TIME_ERROR });
    }
}
