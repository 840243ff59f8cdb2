//! What the work needs from outside.

use gabion_crypto::Secret;

/// Storage, algorithms, clock, log and identity, lent for one call.
#[derive(Debug)]
pub struct Ports<'a, S, P, C, V> {
    /// The sealed store.
    pub storage: &'a mut S,
    /// The algorithms.
    pub provider: &'a P,
    /// The clock; it may know no time of day.
    pub clock: &'a mut C,
    /// Takes events.
    pub events: &'a mut V,
    /// The key of the device's identity, which signs receipts and exports. Without one deletions work, without a receipt.
    pub device_key: Option<&'a Secret<[u8; 32]>>,
}
