//! Counts the guest's own instructions.
//!
//! Under QEMU's `-icount shift=0` one instruction takes one nanosecond of virtual time, however busy the machine is. On
//! RISC-V the `instret` counter reads it directly. On Arm a timer of 25 MHz does, one tick in 40 instructions: both ends
//! of a measurement therefore wait for an edge of that timer and count the instructions of the wait.

#[cfg(target_arch = "arm")]
mod chip {
    use core::arch::asm;

    /// CMSDK APB timer 0 of the MPS2 boards.
    const TIMER: usize = 0x4000_0000;
    const VALUE: usize = TIMER + 4;
    const RELOAD: usize = TIMER + 8;
    const PER_TICK: u32 = 40;
    /// `adds`, `ldr`, `cmp`, `beq` of the closing wait.
    const PER_ROUND: u32 = 4;

    /// Starts the timer. It counts down from 2³² - 1.
    pub(super) fn init() {
        // SAFETY: the timer's registers on this board; nothing else uses them.
        unsafe {
            (RELOAD as *mut u32).write_volatile(!0);
            (VALUE as *mut u32).write_volatile(!0);
            (TIMER as *mut u32).write_volatile(1);
        }
    }

    /// Waits for an edge and returns the timer there.
    #[inline(always)]
    pub(super) fn start() -> u32 {
        let value: u32;
        // SAFETY: reads a device register until it changes.
        unsafe {
            asm!(
                "ldr {first}, [{timer}]",
                "2:",
                "ldr {value}, [{timer}]",
                "cmp {first}, {value}",
                "beq 2b",
                timer = in(reg) VALUE, first = out(reg) _, value = out(reg) value,
                options(nostack),
            );
        }
        value
    }

    /// Waits for an edge and returns the instructions since `start`, those of the wait taken off.
    #[inline(always)]
    pub(super) fn since(start: u32) -> u32 {
        let (value, rounds): (u32, u32);
        // SAFETY: reads a device register until it changes.
        unsafe {
            asm!(
                "ldr {first}, [{timer}]",
                "movs {rounds}, #0",
                "2:",
                "adds {rounds}, {rounds}, #1",
                "ldr {value}, [{timer}]",
                "cmp {first}, {value}",
                "beq 2b",
                timer = in(reg) VALUE, first = out(reg) _, value = out(reg) value, rounds = out(reg) rounds,
                options(nostack),
            );
        }
        let elapsed = start.wrapping_sub(value).wrapping_mul(PER_TICK);
        elapsed.wrapping_sub(rounds.wrapping_mul(PER_ROUND))
    }
}

#[cfg(target_arch = "riscv32")]
mod chip {
    use core::arch::asm;

    pub(super) fn init() {}

    #[inline(always)]
    pub(super) fn start() -> u32 {
        let value: u32;
        // SAFETY: reads a counter.
        unsafe { asm!("rdinstret {}", out(reg) value, options(nomem, nostack)) }
        value
    }

    #[inline(always)]
    pub(super) fn since(begin: u32) -> u32 {
        start().wrapping_sub(begin)
    }
}

/// Reads the machine's time, which differs from run to run when instructions are not counted.
#[cfg(target_arch = "riscv32")]
#[must_use]
pub fn jitter() -> u32 {
    let value: u32;
    // SAFETY: reads a counter.
    unsafe { core::arch::asm!("rdcycle {}", out(reg) value, options(nomem, nostack)) }
    value
}

/// An instruction counter, with what an empty measurement costs taken off.
#[derive(Debug, Clone, Copy)]
pub struct Counter {
    empty: u32,
}

impl Counter {
    /// Starts the timer and measures nothing, once.
    #[must_use]
    pub fn new() -> Self {
        chip::init();
        let empty = run(&mut || {});
        Self { empty }
    }

    /// Counts the instructions of one call: exactly on RISC-V, within 8 on Arm.
    pub fn count(self, operation: &mut dyn FnMut()) -> u32 {
        run(operation).saturating_sub(self.empty)
    }
}

impl Default for Counter {
    fn default() -> Self {
        Self::new()
    }
}

#[inline(never)]
fn run(operation: &mut dyn FnMut()) -> u32 {
    let begin = chip::start();
    operation();
    chip::since(begin)
}
