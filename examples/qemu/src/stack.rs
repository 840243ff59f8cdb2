//! Measures how deep the stack went: paint what is free, run, look how far the paint is gone.

use core::arch::asm;

const PAINT: u32 = 0xC5C5_5C5C;
/// What this file's own frames may use below the stack pointer that it reads.
const MARGIN: usize = 64;
/// How far down is painted; an operation that needs more is measured as this much.
const DEPTH: usize = 256 * 1024;

unsafe extern "C" {
    static __stack_top: u32;
}

fn pointer() -> usize {
    let value: usize;
    #[cfg(target_arch = "arm")]
    // SAFETY: copies a register.
    unsafe {
        asm!("mov {}, sp", out(reg) value, options(nomem, nostack));
    }
    #[cfg(target_arch = "riscv32")]
    // SAFETY: copies a register.
    unsafe {
        asm!("mv {}, sp", out(reg) value, options(nomem, nostack));
    }
    value
}

fn bottom() -> usize {
    (&raw const __stack_top) as usize - DEPTH
}

/// Returns the bytes of stack that one call used.
#[inline(never)]
pub fn depth(operation: &mut dyn FnMut()) -> u32 {
    paint();
    let before = pointer();
    operation();
    let mut place = bottom();
    // SAFETY: between the bottom and the stack pointer lies RAM that nothing but the stack uses.
    while place < before && unsafe { (place as *const u32).read_volatile() } == PAINT {
        place += 4;
    }
    (before - place) as u32
}

#[inline(never)]
fn paint() {
    let top = (pointer() - MARGIN) & !3;
    let mut place = bottom();
    while place < top {
        // SAFETY: below the stack pointer of this function, above everything that is not stack.
        unsafe { (place as *mut u32).write_volatile(PAINT) };
        place += 4;
    }
}
