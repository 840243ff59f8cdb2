//! The parts of a device, put together and started in the right order.

use embedded_storage_async::nor_flash::ErrorType;
use gabion_auth::Ports;
use gabion_crypto::{HmacSha256, Secret, burn_stack};
use gabion_erase::{Clean, Context, Ordered, Plan, ResetTrigger, VolatileMemory};
use gabion_flash::{Region, SafeFlash};
use gabion_hal::{Clock, Event, EventKind, EventSink, ResetReason, Severity, Source};
use gabion_log::{BundleSink, EventQueue, ExportError, LOG_ANCHOR, Log, LogConfig, Position};
use gabion_provision::{IDENTITY_KEY, LifeCycle};
use gabion_setup::CREDENTIALS;
use gabion_storage::{Config, Storage, StorageError, Store};

use crate::reset::LogRegion;
use crate::{Board, Chip, StartError};

/// Events that can wait in RAM.
const QUEUE: usize = 32;
/// What is overwritten below after work with keys, in bytes: everything up to signatures, see [`burn_stack`].
const BURN: usize = 8192;

/// The error of a board's flash.
type FlashErrorOf<B> = <<B as Board>::Flash as ErrorType>::Error;
/// A region of a board's flash.
type RegionOf<'f, B> = Region<'f, <B as Board>::Mutex, <B as Board>::Flash>;
/// The store of a board.
type StoreOf<'f, B, const KEYS: usize, const RECORD: usize> =
    Store<RegionOf<'f, B>, <B as Board>::Crypto, <B as Board>::Counter, KEYS, RECORD>;

/// The regions of the flash that a device keeps things in. The firmware's own is the boot loader's and the updater's.
#[derive(Debug)]
pub struct Regions<'f, B: Board> {
    /// Of the sealed store.
    pub store: RegionOf<'f, B>,
    /// Of the event log.
    pub log: RegionOf<'f, B>,
}

/// A device that has started: chip, sealed store, event log.
///
/// `KEYS` and `RECORD` are the store's: how many keys, and the bytes of its buffer ([`Config::record_size`]).
pub struct Device<'f, B: Board, const KEYS: usize, const RECORD: usize> {
    /// What the chip gives.
    pub chip: Chip<B>,
    /// The sealed store.
    pub store: StoreOf<'f, B, KEYS, RECORD>,
    /// The event log.
    pub log: Log<RegionOf<'f, B>, B::Crypto>,
    /// Events that are not in the log yet.
    pub events: EventQueue<QUEUE>,
}

impl<B: Board, const KEYS: usize, const RECORD: usize> core::fmt::Debug
    for Device<'_, B, KEYS, RECORD>
{
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Device(..)")
    }
}

/// What a start needs to know. Written once per product.
#[derive(Debug)]
pub struct Start<'a, const N: usize, V> {
    /// The sealed store's configuration.
    pub store: Config,
    /// The event log's configuration.
    pub log: &'a LogConfig,
    /// Begins a new, empty log with this seed instead of opening the one on flash: the maker's way out after
    /// [`StartError::Log`] said that the log is lost. The seed goes to whoever will examine the log. `None`: open it.
    pub new_log: Option<&'a Secret<[u8; 32]>>,
    /// What becomes of each part of the flash at a factory reset; the log's region is named [`LOG_REGION`](crate::LOG_REGION)
    /// and is the only one that is worked on here.
    pub plan: &'a Plan<N>,
    /// RAM and registers that a factory reset has to wipe.
    pub memory: &'a mut V,
    /// Why the chip started.
    pub reason: ResetReason,
}

/// A started device and where it is in its life.
#[derive(Debug)]
pub struct Started<'f, B: Board, const KEYS: usize, const RECORD: usize> {
    /// The device.
    pub device: Device<'f, B, KEYS, RECORD>,
    /// Where it is in its life.
    pub life_cycle: LifeCycle,
    /// No factory reset is pending: services may start.
    pub clean: Clean,
}

impl<'f, B: Board, const KEYS: usize, const RECORD: usize> Device<'f, B, KEYS, RECORD> {
    /// Makes store and log anew, for the factory line. Whatever the regions held is erased.
    ///
    /// `log_seed` is random, unique for the device, and goes to whoever will examine the log; the device keeps nothing of it.
    ///
    /// # Errors
    ///
    /// See [`StartError`]. Begin again.
    ///
    /// # Power loss
    ///
    /// Cut before it returns, [`start`](Self::start) finds no store or no log: begin again.
    pub async fn format(
        regions: Regions<'f, B>,
        chip: Chip<B>,
        config: Config,
        log_config: &LogConfig,
        log_seed: &Secret<[u8; 32]>,
    ) -> Result<Self, StartError<FlashErrorOf<B>>> {
        let made = Self::make(regions, chip, config, log_config, log_seed).await;
        burn_stack::<BURN>();
        made
    }

    async fn make(
        regions: Regions<'f, B>,
        mut chip: Chip<B>,
        config: Config,
        log_config: &LogConfig,
        log_seed: &Secret<[u8; 32]>,
    ) -> Result<Self, StartError<FlashErrorOf<B>>> {
        let mut events = EventQueue::new();
        let Chip { crypto, root_key, counter, entropy, .. } = &mut chip;
        let Regions { store, log } = regions;
        // The log first: a store without a log would be taken for a device whose log was destroyed.
        let log = Log::format(log, crypto.clone(), root_key, log_config, log_seed).await?;
        let store = Store::format(
            store,
            config,
            crypto.clone(),
            counter.clone(),
            root_key,
            entropy,
            &mut events,
        )
        .await?;
        Ok(Self { chip, store, log, events })
    }

    /// Starts a device: opens the store and finishes what a power cut left, finishes a pending factory reset, opens the log and
    /// compares its end with what the store remembers, and reads where the device is in its life.
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    ///
    /// # Power loss
    ///
    /// May be cut anywhere and repeated.
    pub async fn start<const N: usize, V: VolatileMemory>(
        regions: Regions<'f, B>,
        chip: Chip<B>,
        start: Start<'_, N, V>,
    ) -> Result<Started<'f, B, KEYS, RECORD>, StartError<FlashErrorOf<B>>> {
        let started = Self::begin(regions, chip, start).await;
        burn_stack::<BURN>();
        started
    }

    async fn begin<const N: usize, V: VolatileMemory>(
        regions: Regions<'f, B>,
        mut chip: Chip<B>,
        start: Start<'_, N, V>,
    ) -> Result<Started<'f, B, KEYS, RECORD>, StartError<FlashErrorOf<B>>> {
        let mut events = EventQueue::new();
        events.set_uptime_ms(chip.clock.uptime_ms());
        events.event(Event::started(start.reason));
        let Regions { store, mut log } = regions;
        let Chip { crypto, root_key, counter, entropy, clock, fuse } = &mut chip;
        let provider = crypto.clone();
        let count = counter.clone();
        let config = start.store;
        let mut store =
            Store::open(store, config, provider, count, root_key, entropy, &mut events).await?;
        // A pending reset comes first: nothing that is damaged may keep what an owner wants gone.
        let mut key = Secret::<[u8; 32]>::zeroed();
        let has_key = match store.get(&IDENTITY_KEY, &mut key).await {
            Ok(len) => len == Some(32),
            Err(StorageError::Damaged) => false,
            Err(other) => return Err(other.into()),
        };
        let mut emptied = (LogRegion {
            flash: log.reborrow(),
            provider: &*crypto,
            root_key: &mut *root_key,
            config: start.log,
        },);
        let context = Context {
            provider: &*crypto,
            memory: start.memory,
            clock,
            events: &mut events,
            device_key: has_key.then_some(&key),
        };
        let clean = gabion_erase::resume(start.plan, &mut store, &mut emptied, context)
            .await
            .map_err(StartError::Reset)?;
        let log = match start.new_log {
            Some(seed) => {
                events.event(Event::new(EventKind::LogDamaged, Severity::Critical, Source::Log, 0));
                Log::format(log, crypto.clone(), root_key, start.log, seed).await?
            }
            None => {
                let log = Log::open(log, crypto.clone(), root_key, start.log).await?;
                if !log_is_whole(&mut store, &log).await? {
                    let lost = EventKind::LogDamaged;
                    events.event(Event::new(lost, Severity::Critical, Source::Log, 0));
                }
                log
            }
        };
        let life_cycle = LifeCycle::open(&mut store, CREDENTIALS, fuse).await?;
        Ok(Started { device: Self { chip, store, log, events }, life_cycle, clean })
    }

    /// Orders a factory reset. It happens at the next [`start`](Self::start), whatever the power does: restart now.
    ///
    /// # Errors
    ///
    /// [`StorageError`]; nothing was ordered then.
    pub async fn order_reset(
        &mut self,
        trigger: impl ResetTrigger,
    ) -> Result<Ordered, StorageError<FlashErrorOf<B>>> {
        let ordered = gabion_erase::order(&mut self.store, trigger, &mut self.events).await;
        burn_stack::<BURN>();
        ordered
    }

    /// Lends the parts that a log-in touches. When the log-in is over, whoever lent them overwrites what it left on the stack:
    /// `gabion::crypto::burn_stack::<8192>()`; this type does so after its own work.
    pub fn ports(
        &mut self,
    ) -> Ports<'_, StoreOf<'f, B, KEYS, RECORD>, B::Entropy, B::Clock, EventQueue<QUEUE>> {
        self.events.set_uptime_ms(self.chip.clock.uptime_ms());
        Ports {
            storage: &mut self.store,
            entropy: &mut self.chip.entropy,
            clock: &mut self.chip.clock,
            events: &mut self.events,
        }
    }

    /// Writes waiting events to the log and, if there were any, remembers its new end in the store. Call it from the main loop
    /// and before a planned reset.
    ///
    /// # Errors
    ///
    /// See [`StartError`]; events that were not written stay in the queue.
    pub async fn settle(&mut self) -> Result<usize, StartError<FlashErrorOf<B>>> {
        let written = self.log.drain(&mut self.events, &mut self.chip.clock).await?;
        if written > 0 {
            self.store.put(&LOG_ANCHOR, &self.log.anchor()).await?;
            burn_stack::<BURN>();
        }
        Ok(written)
    }

    /// Sends the log from a position on as one bundle, signed by the device's identity; see [`Log::export`].
    ///
    /// # Errors
    ///
    /// [`ExportError`]; [`ExportError::Signer`] when the identity cannot be read.
    pub async fn export_log<S: BundleSink>(
        &mut self,
        from: Position,
        nonce: &[u8; 16],
        sink: &mut S,
    ) -> Result<Position, ExportError<FlashErrorOf<B>, S::Error>> {
        let mut key = Secret::zeroed();
        match self.store.get(&IDENTITY_KEY, &mut key).await {
            Ok(Some(32)) => {}
            _ => return Err(ExportError::Signer),
        }
        let exported = self.log.export(from, nonce, &mut self.chip.clock, &key, sink).await;
        burn_stack::<BURN>();
        exported
    }
}

/// Compares the log's end with what the store remembers of it.
async fn log_is_whole<S: Storage, F: SafeFlash, P: HmacSha256>(
    store: &mut S,
    log: &Log<F, P>,
) -> Result<bool, StorageError<S::FlashError>> {
    let mut anchor = Secret::<[u8; 48]>::zeroed();
    match store.get(&LOG_ANCHOR, &mut anchor).await {
        Ok(None) => Ok(true),
        Ok(Some(48)) => Ok(log.reaches(anchor.expose())),
        Ok(Some(_)) | Err(StorageError::Damaged) => Ok(false),
        Err(other) => Err(other),
    }
}
