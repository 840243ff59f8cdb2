//! Nothing but the runtime: every other binary's text is measured above this one's.
#![no_std]
#![no_main]

gabion_qemu::entry!(run);
gabion_qemu::panic_in_silence!();

fn run() -> bool {
    true
}
