#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod counter;
mod entropy;
mod format;
mod health;
mod root_page;

pub use counter::{FlashCounter, OpenError};
pub use entropy::{Conditioned, EntropyError, RawSource};
pub use format::{COUNTER_PAGES, ROOT_PAGE_LEN};
pub use health::{APT_CUTOFF, APT_WINDOW, HealthError, HealthTests, RCT_CUTOFF, START_UP_SAMPLES};
pub use root_page::{RootPage, RootPageError};
