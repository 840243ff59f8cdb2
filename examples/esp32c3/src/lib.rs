#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod board;
mod keys;
mod map;
mod root_key;
mod uart;

pub use board::{Esp32C3, tell};
pub use gabion_stories::Story;
pub use keys::trusted;
pub use map::{COUNTERS, LOADER_SLOTS, MAP, PLAN, ROOT_KEY};
pub use root_key::{BoardKey, BoardKeyError};
pub use uart::Serial;

/// Makes a firmware that tells one story.
#[macro_export]
macro_rules! story {
    ($story:ident) => {
        esp_bootloader_esp_idf::esp_app_desc!();

        #[esp_hal::main]
        fn main() -> ! {
            gabion_flash::block_on($crate::tell($crate::Story::$story));
            esp_hal::system::software_reset()
        }

        // Nothing is left to say: the chip starts again.
        #[panic_handler]
        fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
            esp_hal::system::software_reset()
        }
    };
}
