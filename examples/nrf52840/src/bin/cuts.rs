//! Commits for ever, for the power cuts of `cargo xtask boards`: see `src/cuts.rs`.
#![no_std]
#![no_main]

#[cortex_m_rt::entry]
fn main() -> ! {
    gabion_flash::block_on(gabion_nrf52840::cuts());
    loop {
        cortex_m::asm::wfi();
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    cortex_m::peripheral::SCB::sys_reset()
}
