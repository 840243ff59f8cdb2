#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod board;
mod cuts;
mod keys;
mod map;
mod uart;

pub use board::{Nrf52840, tell};
pub use cuts::run as cuts;
pub use gabion_stories::Story;
pub use keys::trusted;
pub use map::{COUNTERS, LOADER, LOADER_SLOTS, MAP, PLAN, ROOT_KEY};
pub use uart::Serial;

/// Makes a firmware that tells one story.
#[macro_export]
macro_rules! story {
    ($story:ident) => {
        #[embassy_executor::main]
        async fn main(spawner: embassy_executor::Spawner) {
            $crate::tell($crate::Story::$story, spawner).await
        }

        // Nothing is left to say: the watchdog or the reset pin starts the chip again.
        #[panic_handler]
        fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
            cortex_m::peripheral::SCB::sys_reset()
        }
    };
}
