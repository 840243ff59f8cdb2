//! The RRAM of the nRF54L15.

use embassy_nrf::rramc::{Rramc, Unbuffered};
use gabion_flash::Blocking;

/// The RRAM as an async flash: lines of 16 bytes that may be written again without an erase. Compile-checked; nobody ran it.
pub type Rram<'d> = Blocking<Rramc<'d, Unbuffered>>;
