//! A device small enough for a chip's RAM: flash with a journal and a store on it, root key, counter, random source.

use core::marker::PhantomData;

pub use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use gabion_crypto::{HmacSha256, Secret, Software, SoftwareRootKey};
use gabion_flash::{
    FlashError, Journaled, Layout, Multiwrite, Region, Rewrite, Shared, Span, WriteOnce, block_on,
};
use gabion_hal::rand_core::{TryCryptoRng, TryRng};
use gabion_hal::{CounterError, MonotonicCounter, NoEvents};
use gabion_profile::{Class, Origin, Parameter, parameters};
use gabion_storage::{Config, OpenError, Store};

use crate::{Fault, RamFlash};

parameters! {
    /// What the tests store.
    pub const REGISTRY: {
        /// A secret.
        FIRST: Critical { class: Class::UserSecret, number: 1, max_len: 32, origin: Origin::User, purpose: "tests" };
        /// A secret of the same class.
        SECOND: Critical { class: Class::UserSecret, number: 2, max_len: 32, origin: Origin::User, purpose: "tests" };
        /// A secret of another class.
        THIRD: Critical { class: Class::Configuration, number: 3, max_len: 32, origin: Origin::User, purpose: "tests" };
    }
}

/// The registry as a store takes it.
pub const LISTS: &[&[Parameter]] = &[REGISTRY];

const PAGE: usize = 512;
/// Two pages for the journal; two for the store's keys and four for its records.
const PAGES: usize = 8;
const SIZE: usize = PAGES * PAGE;
const JOURNAL: Span = Span::new(0, 2 * PAGE as u32);
const REGION: Span = Span::new(2 * PAGE as u32, 6 * PAGE as u32);
const LAYOUT: Layout<2> = Layout::new(SIZE as u32, PAGE as u32, [JOURNAL, REGION]);
const RECORD: usize = Config::record_size(32);

/// The flash of a [`Device`].
pub type Flash = RamFlash<SIZE, PAGE>;

/// The store of a [`Device`] while it is open.
pub type DeviceStore<'a, 'f, W> =
    Store<Region<'a, NoopRawMutex, Journaled<&'f mut Flash, W>>, Software, Counter<'a>, 4, RECORD>;

/// What opening can say.
pub type Opened<T> = Result<T, OpenError<FlashError<Fault>>>;

/// Whether the words of a device's flash can be programmed again.
pub trait Words: for<'f> Rewrite<&'f mut Flash> + Clone {
    /// An erased flash of this kind.
    const BLANK: Flash;

    /// Opens the journal.
    ///
    /// # Errors
    ///
    /// What the journal says.
    fn journal(flash: &mut Flash) -> Result<Journaled<&mut Flash, Self>, FlashError<Fault>>;
}

impl Words for WriteOnce {
    const BLANK: Flash = Flash::new();

    fn journal(flash: &mut Flash) -> Result<Journaled<&mut Flash, Self>, FlashError<Fault>> {
        block_on(Journaled::open(flash, JOURNAL))
    }
}

impl Words for Multiwrite {
    const BLANK: Flash = Flash::rewritable();

    fn journal(flash: &mut Flash) -> Result<Journaled<&mut Flash, Self>, FlashError<Fault>> {
        block_on(Journaled::open_multiwrite(flash, JOURNAL))
    }
}

/// A device: everything that stays when the power goes.
#[derive(Debug, Clone)]
pub struct Device<W> {
    /// Its flash.
    pub flash: Flash,
    /// The secret behind its root key.
    pub root: [u8; 32],
    /// Its monotonic counter.
    pub counter: u32,
    /// How much its random source gave so far.
    draws: u32,
    words: PhantomData<W>,
}

impl<W: Words> Device<W> {
    /// Makes a device with an empty store.
    ///
    /// # Errors
    ///
    /// When the store cannot be made.
    pub fn new() -> Result<Self, &'static str> {
        let words = PhantomData;
        let mut device = Self { flash: W::BLANK, root: [7; 32], counter: 0, draws: 0, words };
        let mut flash = &mut device.flash;
        block_on(Journaled::format(&mut flash, JOURNAL)).map_err(|_| "no journal could be made")?;
        device.boot(true, |_| ()).map_err(|_| "no store could be made")?;
        Ok(device)
    }

    /// Gives power, opens the store, runs `act`, and takes the power away.
    ///
    /// # Errors
    ///
    /// When the store does not open; `act` has not run then.
    pub fn with<T>(&mut self, act: impl FnOnce(&mut DeviceStore<'_, '_, W>) -> T) -> Opened<T> {
        self.boot(false, act)
    }

    fn boot<T>(
        &mut self,
        format: bool,
        act: impl FnOnce(&mut DeviceStore<'_, '_, W>) -> T,
    ) -> Opened<T> {
        let journaled = W::journal(&mut self.flash).map_err(OpenError::Flash)?;
        let mut shared = Shared::<NoopRawMutex, _>::new(journaled);
        let Ok([_, region]) = shared.split(&LAYOUT) else { return Err(OpenError::Plan) };
        let config = Config::new(LISTS);
        let counter = Counter(&mut self.counter);
        let mut root = SoftwareRootKey::new(Secret::new(self.root), Software);
        let mut entropy = Random { key: self.root, draws: &mut self.draws };
        let (root, entropy, events) = (&mut root, &mut entropy, &mut NoEvents);
        let store = if format {
            block_on(Store::format(region, config, Software, counter, root, entropy, events))
        } else {
            block_on(Store::open(region, config, Software, counter, root, entropy, events))
        };
        Ok(act(&mut store?))
    }
}

/// A monotonic counter in RAM.
#[derive(Debug)]
pub struct Counter<'a>(&'a mut u32);

impl MonotonicCounter for Counter<'_> {
    type Error = core::convert::Infallible;

    fn read(&mut self) -> Result<u32, CounterError<Self::Error>> {
        Ok(*self.0)
    }

    fn advance_to(&mut self, value: u32) -> Result<(), CounterError<Self::Error>> {
        if value < *self.0 {
            return Err(CounterError::WouldDecrease);
        }
        *self.0 = value;
        Ok(())
    }

    fn max(&self) -> u32 {
        u32::MAX
    }
}

/// Gives each draw once. Nobody is to guess it, but for a test that must be repeatable.
struct Random<'a> {
    key: [u8; 32],
    draws: &'a mut u32,
}

impl TryRng for Random<'_> {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in out.chunks_mut(32) {
            *self.draws += 1;
            let block = Software.hmac_sha256(&self.key, &[b"random", &self.draws.to_le_bytes()]);
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Random<'_> {}
