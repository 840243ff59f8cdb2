//! A simulated device with a store on it.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use gabion_crypto::Software;
use gabion_flash::{Journaled, Layout, Multiwrite, Region, Shared, Span, block_on};
use gabion_profile::{Class, CriticalKey, Origin, Parameter, parameters};
use gabion_sim::{ChipState, FlashError, Off, Setup, SimFlash};
use gabion_storage::{Config, OpenError, Replay, Storage, StorageError, Store};

parameters! {
    /// What the tests store.
    pub const REGISTRY: {
        /// A secret of the user.
        WIFI: Critical { class: Class::UserSecret, number: 1, max_len: 64, origin: Origin::User, purpose: "tests" };
        /// Another one.
        PIN: Critical { class: Class::UserSecret, number: 2, max_len: 64, origin: Origin::User, purpose: "tests" };
        /// A public one.
        NAME: Public { class: Class::Configuration, number: 1, max_len: 32, origin: Origin::User, purpose: "tests" };
        /// Settings.
        K0: Critical { class: Class::Configuration, number: 16, max_len: 16, origin: Origin::User, purpose: "tests" };
        /// Settings.
        K1: Critical { class: Class::Configuration, number: 17, max_len: 16, origin: Origin::User, purpose: "tests" };
        /// Settings.
        K2: Critical { class: Class::Configuration, number: 18, max_len: 16, origin: Origin::User, purpose: "tests" };
        /// Settings.
        K3: Critical { class: Class::Configuration, number: 19, max_len: 16, origin: Origin::User, purpose: "tests" };
    }
}

parameters! {
    /// What no store knows.
    pub const STRANGERS: {
        /// Not in the registry.
        STRANGER: Critical { class: Class::Configuration, number: 99, max_len: 16, origin: Origin::User, purpose: "tests" };
    }
}

pub const KEYS_16: [CriticalKey; 4] = [K0, K1, K2, K3];
pub const LISTS: &[&[Parameter]] = &[REGISTRY];

pub const PAGE: usize = 512;
pub const JOURNAL: Span = Span::new(0, 2 * PAGE as u32);
pub const REGION: Span = Span::new(2 * PAGE as u32, 8 * PAGE as u32);

pub type Nor = SimFlash<4, PAGE>;
pub type Flash<'a> = Region<'a, NoopRawMutex, Journaled<&'a mut Nor, Multiwrite>>;
pub type TestStore<'a> = Store<Flash<'a>, Software, gabion_sim::SimCounter, 12, 160>;
pub type Opened<T> = Result<T, OpenError<gabion_flash::FlashError<FlashError>>>;
pub type Done<T> = Result<T, StorageError<gabion_flash::FlashError<FlashError>>>;

/// Flash, chip and power.
pub struct Device {
    pub off: Option<Off<Nor>>,
    /// Events of the last boot.
    pub events: Vec<gabion_hal::Event>,
    pub replay: Replay,
}

impl Device {
    pub fn blank() -> Self {
        let mut board = Off::<Nor>::new(Setup::new(10 * PAGE)).power_on(None);
        block_on(Journaled::format(&mut board.flash, JOURNAL)).unwrap();
        Self { off: Some(board.power_off()), events: Vec::new(), replay: Replay::Refuse }
    }

    pub fn new() -> Self {
        let mut device = Self::blank();
        device.format_at(REGION).unwrap();
        device
    }

    pub fn image(&self) -> Vec<u8> {
        self.off.as_ref().unwrap().medium.bytes().to_vec()
    }

    pub fn copy(&self) -> Self {
        Self { off: self.off.clone(), events: Vec::new(), replay: self.replay }
    }

    pub fn flip(&mut self, address: usize, bit: u8) {
        self.off.as_mut().unwrap().medium.flip_bit(address, bit);
    }

    pub fn tamper(&mut self, at: usize, bytes: &[u8]) {
        self.off.as_mut().unwrap().medium.tamper(at, bytes);
    }

    pub fn counter(&self) -> u32 {
        self.off.as_ref().unwrap().chip.counter
    }

    pub fn change(&mut self, change: impl FnOnce(&mut ChipState)) {
        change(&mut self.off.as_mut().unwrap().chip);
    }

    pub fn format_at(&mut self, region: Span) -> Opened<()> {
        let mut board = self.off.take().unwrap().power_on(None);
        let chip = &mut board.chip;
        let journaled = block_on(Journaled::open_multiwrite(&mut board.flash, JOURNAL)).unwrap();
        let layout = Layout::check(10 * PAGE as u32, PAGE as u32, [region]).unwrap();
        let mut shared = Shared::<NoopRawMutex, _>::new(journaled);
        let [flash] = shared.split(&layout).unwrap();
        let made = block_on(Store::<_, _, _, 12, 160>::format(
            flash,
            Config::new(LISTS),
            Software,
            chip.counter.clone(),
            &mut chip.root_key,
            &mut chip.entropy,
            &mut chip.events,
        ));
        let made = made.map(|_| ());
        drop(shared);
        self.off = Some(board.power_off());
        made
    }

    pub fn open(&mut self) -> Opened<()> {
        self.try_with(|_| ())
    }

    /// Opens the store for a while, then takes the power away.
    pub fn with<T>(&mut self, act: impl FnOnce(&mut TestStore<'_>) -> T) -> T {
        self.try_with(act).unwrap()
    }

    pub fn try_with<T>(&mut self, act: impl FnOnce(&mut TestStore<'_>) -> T) -> Opened<T> {
        let mut board = self.off.take().unwrap().power_on(None);
        let result = {
            let chip = &mut board.chip;
            let journaled =
                block_on(Journaled::open_multiwrite(&mut board.flash, JOURNAL)).unwrap();
            let layout = Layout::check(10 * PAGE as u32, PAGE as u32, [REGION]).unwrap();
            let mut shared = Shared::<NoopRawMutex, _>::new(journaled);
            let [flash] = shared.split(&layout).unwrap();
            let opened = block_on(Store::open(
                flash,
                Config::new(LISTS).replay(self.replay),
                Software,
                chip.counter.clone(),
                &mut chip.root_key,
                &mut chip.entropy,
                &mut chip.events,
            ));
            opened.map(|mut store| act(&mut store))
        };
        assert!(board.flash.illegal_writes().is_empty(), "{:?}", board.flash.illegal_writes());
        self.events = board.chip.events.all();
        self.off = Some(board.power_off());
        result
    }
}

pub fn read<S: Storage>(
    store: &mut S,
    key: &CriticalKey,
) -> Result<Option<Vec<u8>>, StorageError<S::FlashError>> {
    let mut out = [0; 64];
    let len = block_on(store.read(key.parameter(), &mut out))?;
    Ok(len.map(|len| out[..len].to_vec()))
}

pub fn read_public<S: Storage>(
    store: &mut S,
) -> Result<Option<Vec<u8>>, StorageError<S::FlashError>> {
    let mut out = [0; 32];
    let len = block_on(store.get_public(&NAME, &mut out))?;
    Ok(len.map(|len| out[..len].to_vec()))
}

pub fn contains(image: &[u8], needle: &[u8]) -> bool {
    image.windows(needle.len()).any(|window| window == needle)
}

pub mod subject;
