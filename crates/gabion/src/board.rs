//! What a product is built on, in one place instead of nine type parameters.

use embassy_sync::blocking_mutex::raw::RawMutex;
use gabion_crypto::{Ed25519Verify, Provider};
use gabion_flash::SafeFlash;
use gabion_hal::{Clock, Entropy, MonotonicCounter, RootKey};
use gabion_provision::FactoryFuse;

/// The types that a product is built on. Written once per board.
pub trait Board {
    /// The lock between the owners of the flash: `NoopRawMutex` with one executor.
    type Mutex: RawMutex;
    /// The flash, with the journal under it.
    type Flash: SafeFlash;
    /// The algorithms.
    type Crypto: Provider + Ed25519Verify + Clone;
    /// The key that never leaves the chip.
    type RootKey: RootKey;
    /// The counter that anchors the sealed store.
    type Counter: MonotonicCounter + Clone;
    /// What says for good that the factory is done.
    type Fuse: FactoryFuse;
    /// The random source.
    type Entropy: Entropy;
    /// The clock.
    type Clock: Clock;
}

/// What the chip gives, apart from its flash.
pub struct Chip<B: Board + ?Sized> {
    /// The algorithms.
    pub crypto: B::Crypto,
    /// The key that never leaves the chip.
    pub root_key: B::RootKey,
    /// The counter that anchors the sealed store.
    pub counter: B::Counter,
    /// What says for good that the factory is done.
    pub fuse: B::Fuse,
    /// The random source.
    pub entropy: B::Entropy,
    /// The clock.
    pub clock: B::Clock,
}

impl<B: Board + ?Sized> core::fmt::Debug for Chip<B> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Chip(..)")
    }
}
