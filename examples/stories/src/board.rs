//! What a board brings: its types, and its parts as values.

use core::marker::PhantomData;

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embedded_storage_async::nor_flash::ReadNorFlash;
use gabion::Chip;
use gabion::crypto::Software;
use gabion::flash::SafeFlash;
use gabion::hal::{Clock, DebugPort, Entropy, MonotonicCounter, ResetReason, RootKey};
use gabion::provision::CounterFuse;

use crate::console::Console;
use crate::map::Map;

/// The types that a board is made of.
pub trait Hardware: Sized {
    /// The flash with the journal under it.
    type Flash: SafeFlash;
    /// The raw bytes of the flash, to look for what must not be there.
    type Raw: ReadNorFlash;
    /// The key that never leaves the chip.
    type RootKey: RootKey;
    /// A monotonic counter; the board brings three.
    type Counter: MonotonicCounter + Clone;
    /// The random source.
    type Entropy: Entropy;
    /// Powered time.
    type Clock: Clock;
    /// The debug port.
    type DebugPort: DebugPort;
    /// The serial port.
    type Console: Console;

    /// Restarts the chip.
    fn restart() -> !;

    /// Waits. The console comes along for boards whose watchdog lives with it.
    #[allow(async_fn_in_trait, reason = "one executor, no Send bounds on bare metal")]
    async fn wait_ms(console: &mut Self::Console, ms: u32);

    /// Says what only this chip can say about its locks.
    #[allow(async_fn_in_trait, reason = "one executor, no Send bounds on bare metal")]
    async fn report(_console: &mut Self::Console) {}
}

/// The parts of a board, ready to use.
pub struct Parts<'s, H: Hardware> {
    /// Where everything lies.
    pub map: &'static Map,
    /// The raw bytes of the flash.
    pub raw: H::Raw,
    /// The key that never leaves the chip.
    pub root_key: H::RootKey,
    /// Anchors the sealed store.
    pub store_counter: H::Counter,
    /// The lowest security counter that may run.
    pub rollback_counter: H::Counter,
    /// 0 on a new chip, 1 while the factory is open, 2 when it is closed for good.
    pub factory_counter: H::Counter,
    /// The random source.
    pub entropy: H::Entropy,
    /// Powered time.
    pub clock: H::Clock,
    /// The debug port.
    pub debug_port: H::DebugPort,
    /// The serial port.
    pub console: &'s mut H::Console,
    /// Why the chip started.
    pub reason: ResetReason,
    /// The serial number: up to 16 of A-Z and 0-9.
    pub serial: &'s str,
    /// The slot that runs; `None` for a firmware without a boot loader before it.
    pub slot: Option<gabion::update::SlotId>,
    /// The keys whose images are taken, from the oldest.
    pub keys: gabion::boot::KeySet<'s>,
}

impl<H: Hardware> core::fmt::Debug for Parts<'_, H> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Parts(..)")
    }
}

/// The types of a device on a board.
#[derive(Debug)]
pub struct OnChip<H>(PhantomData<H>);

pub use gabion::Board;

impl<H: Hardware> Board for OnChip<H> {
    type Mutex = NoopRawMutex;
    type Flash = H::Flash;
    type Crypto = Software;
    type RootKey = H::RootKey;
    type Counter = H::Counter;
    type Fuse = CounterFuse<H::Counter>;
    type Entropy = H::Entropy;
    type Clock = H::Clock;
}

/// Puts together what the device takes of the chip.
pub(crate) fn chip<H: Hardware>(
    root_key: H::RootKey,
    store_counter: H::Counter,
    factory_counter: H::Counter,
    entropy: H::Entropy,
    clock: H::Clock,
) -> Chip<OnChip<H>> {
    Chip {
        crypto: Software,
        root_key,
        counter: store_counter,
        fuse: CounterFuse::new(factory_counter, crate::session::CLOSED),
        entropy,
        clock,
    }
}
