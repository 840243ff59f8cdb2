//! The configuration that leaves the debug port alone.

use embassy_nrf::config::{Config, Debug};

/// Returns embassy-nrf's configuration, but for its debug port: it is neither opened nor closed.
///
/// # Security
///
/// `embassy_nrf::config::Config::default()` opens the port: it writes `UICR.APPROTECT` and `APPROTECT.DISABLE`. A firmware that
/// starts with it gives away its flash, keys included. Start with this one.
#[must_use]
pub fn config() -> Config {
    let mut config = Config::default();
    config.debug = Debug::NotConfigured;
    config
}
