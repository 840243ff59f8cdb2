#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
// A simulated device on a host: it may stop with a message where a device may not.
#![allow(clippy::arithmetic_side_effects)]

mod serve;

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use gabion::auth::{Auth, Config, Policy};
use gabion::crypto::Software;
use gabion::flash::{Journaled, Layout, Multiwrite, Region, Shared, Span, block_on};
use gabion::hal::NoEvents;
use gabion::profile::{Authenticator, Class, Exposure, Interface, Parameter};
use gabion::provision::{Label, LifeCycle, Model, NoFuse, Serial};
use gabion::setup::{CREDENTIALS, Factory, Order, SET_UP_WINDOW};
use gabion::storage::{Storage, Store};
use gabion_sim::{Chip, ChipState, Off, Setup, SimCounter, SimFlash};

pub use serve::{Ended, Event, Hands};

const PAGE: usize = 4096;
const JOURNAL: Span = Span::new(0, 2 * PAGE as u32);
const STORE: Span = Span::new(2 * PAGE as u32, 8 * PAGE as u32);
const CAPACITY: usize = 10 * PAGE;
const LISTS: &[&[Parameter]] =
    &[gabion::auth::PARAMETERS, gabion::provision::PARAMETERS, gabion::setup::PARAMETERS];

type Flash = SimFlash<4, PAGE>;
type Journal<'a> = Journaled<&'a mut Flash, Multiwrite>;
type Sealed<'a> = Store<Region<'a, NoopRawMutex, Journal<'a>>, Software, SimCounter, 32, 320>;

/// The model of the device.
pub const MODEL: &str = "LAMP-2";
/// Its serial number.
pub const SERIAL: &str = "A00017";

/// What can reach the device.
static INTERFACES: &[Interface] = &[Interface::new(
    "set-up",
    Exposure::Local,
    true,
    Authenticator::UserSecret,
    "first set-up with the label's code",
)];

/// A device on a simulated chip. Its power is off between two calls.
pub struct SimDevice {
    off: Option<Off<Flash>>,
    speed: u32,
}

impl SimDevice {
    /// Opens the device that lives in a file, or a new one, which is blank.
    ///
    /// # Errors
    ///
    /// When the file cannot be used.
    pub fn open(path: &Path, seed: u64) -> Result<Self> {
        let mut off = Off::open(path, Setup::new(CAPACITY))
            .with_context(|| format!("opening the flash file {}", path.display()))?;
        if off.chip.boots == 0 {
            off.chip = ChipState::from_seed(seed);
        }
        Ok(Self { off: Some(off), speed: 1 })
    }

    /// Makes a device in memory.
    #[must_use]
    pub fn in_memory(seed: u64) -> Self {
        let mut off = Off::new(Setup::new(CAPACITY));
        off.chip = ChipState::from_seed(seed);
        Self { off: Some(off), speed: 1 }
    }

    /// Lets the device's clock run as many times faster than ours: for tests that have no time to wait.
    #[must_use]
    pub fn faster(mut self, times: u32) -> Self {
        self.speed = times;
        self
    }

    /// Draws what is printed on the label.
    ///
    /// # Errors
    ///
    /// When the random source fails.
    pub fn draw_label(&mut self) -> Result<Label> {
        let off = self.off.take().context("the power is on")?;
        let mut board = off.power_on(None);
        let public: [&[u8]; 2] = [MODEL.as_bytes(), SERIAL.as_bytes()];
        let secret = gabion::provision::LabelSecret::generate(&mut board.chip.entropy, &public);
        self.off = Some(board.power_off());
        let secret = secret.map_err(|e| anyhow!("the label: {e}"))?;
        Ok(Label { model: model()?, serial: serial()?, secret })
    }

    /// Provisions the device with its label, unless that was done.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub fn provision(&mut self, label: &Label) -> Result<()> {
        self.with_store(true, |store, chip| {
            let LifeCycle::Unprovisioned(device) = life_cycle(store)? else { return Ok(()) };
            let order = Order { model: model()?, serial: serial()?, public: &[], policy: POLICY };
            let mut factory = Factory {
                crypto: &Software,
                root_key: &mut chip.root_key,
                entropy: &mut chip.entropy,
                fuse: &mut NoFuse,
                events: &mut NoEvents,
            };
            block_on(factory.provision_with(device, store, &order, &label.secret))
                .map(|_| ())
                .map_err(|e| anyhow!("provisioning: {e}"))
        })
    }

    /// Whether the device has an owner.
    ///
    /// # Errors
    ///
    /// When the device does not start.
    pub fn is_owned(&mut self) -> Result<bool> {
        self.with_store(false, |store, _| Ok(matches!(life_cycle(store)?, LifeCycle::Owned(_))))
    }

    /// Name and passphrase of the Wi-Fi that set-up stored.
    ///
    /// # Errors
    ///
    /// When the device does not start.
    pub fn wifi(&mut self) -> Result<Option<(Vec<u8>, Vec<u8>)>> {
        self.with_store(false, |store, _| {
            let wifi = block_on(gabion::setup::Wifi::load(store)).map_err(|e| anyhow!("{e}"))?;
            Ok(wifi.map(|w| (w.name().to_vec(), w.expose_passphrase().to_vec())))
        })
    }

    /// Attempts that are left in the window.
    ///
    /// # Errors
    ///
    /// When the device does not start.
    pub fn attempts_left(&mut self) -> Result<u8> {
        self.with_store(false, |store, _| {
            let mut bytes = [0; 2];
            block_on(store.get_public(&SET_UP_WINDOW, &mut bytes)).map_err(|e| anyhow!("{e}"))?;
            let [_, left] = bytes;
            Ok(left)
        })
    }

    /// Whether the owner's secret opens the device.
    ///
    /// # Errors
    ///
    /// When the device does not start.
    pub fn opens_with(&mut self, name: &str, secret: &str) -> Result<bool> {
        use gabion::auth::{Entered, Name, Ports};
        self.with_store(false, |store, chip| {
            let mut auth = open_auth(store, chip)?;
            chip.clock.advance_ms(10_000_000);
            let name = Name::new(name).context("the name")?;
            let entered = Entered::take(&mut secret.as_bytes().to_vec());
            let entered = entered.map_err(|e| anyhow!("{e}"))?;
            let mut ports = Ports {
                storage: store,
                entropy: &mut chip.entropy,
                clock: &mut chip.clock,
                events: &mut chip.events,
            };
            let interface = INTERFACES.first().context("no interface")?;
            Ok(block_on(auth.log_in(&mut ports, interface, &name, &entered)).is_ok())
        })
    }

    /// Destroys everything that is the owner's.
    ///
    /// # Errors
    ///
    /// When the device does not start.
    pub fn reset(&mut self) -> Result<()> {
        self.with_store(false, |store, _| {
            for class in [Class::UserSecret, Class::PersonalData, Class::Configuration] {
                block_on(store.erase_class(class)).map_err(|e| anyhow!("{e}"))?;
            }
            Ok(())
        })
    }

    fn with_store<T>(
        &mut self,
        may_format: bool,
        act: impl FnOnce(&mut Sealed<'_>, &mut Chip) -> Result<T>,
    ) -> Result<T> {
        let off = self.off.take().context("the power is on")?;
        let mut board = off.power_on(None);
        let result = mounted(&mut board.flash, &mut board.chip, may_format, act);
        self.off = Some(board.power_off());
        result
    }
}

/// Opens journal and store and does something with them; makes them first, where that is allowed and needed.
fn mounted<T>(
    flash: &mut Flash,
    chip: &mut Chip,
    may_format: bool,
    act: impl FnOnce(&mut Sealed<'_>, &mut Chip) -> Result<T>,
) -> Result<T> {
    if may_format {
        if block_on(Journaled::open_multiwrite(&mut *flash, JOURNAL)).is_err() {
            block_on(Journaled::<Flash>::format(&mut *flash, JOURNAL))
                .map_err(|e| anyhow!("the journal: {e:?}"))?;
        }
        if opened(flash, chip, false, |_, _| Ok(())).is_err() {
            opened(flash, chip, true, |_, _| Ok(()))?;
        }
    }
    opened(flash, chip, false, act)
}

fn opened<T>(
    flash: &mut Flash,
    chip: &mut Chip,
    format: bool,
    act: impl FnOnce(&mut Sealed<'_>, &mut Chip) -> Result<T>,
) -> Result<T> {
    let journaled = block_on(Journaled::open_multiwrite(flash, JOURNAL))
        .map_err(|e| anyhow!("the journal: {e:?}"))?;
    let layout = Layout::check(CAPACITY as u32, PAGE as u32, [STORE])
        .map_err(|e| anyhow!("the flash map: {e:?}"))?;
    let mut shared = Shared::<NoopRawMutex, _>::new(journaled);
    let [region] = shared.split(&layout).map_err(|e| anyhow!("the flash map: {e:?}"))?;
    let config = gabion::storage::Config::new(LISTS);
    let counter = chip.counter.clone();
    let (root, entropy, events) = (&mut chip.root_key, &mut chip.entropy, &mut chip.events);
    let store = if format {
        block_on(Store::format(region, config, Software, counter, root, entropy, events))
            .map_err(|e| anyhow!("the store: {e:?}"))
    } else {
        block_on(Store::open(region, config, Software, counter, root, entropy, events))
            .map_err(|e| anyhow!("the store: {e:?}"))
    };
    let mut store: Sealed<'_> = store?;
    act(&mut store, chip)
}

const POLICY: Policy = Policy::STANDARD;

fn life_cycle(store: &mut Sealed<'_>) -> Result<LifeCycle> {
    block_on(LifeCycle::open(store, CREDENTIALS, &mut NoFuse)).map_err(|e| anyhow!("{e}"))
}

fn open_auth(store: &mut Sealed<'_>, chip: &mut Chip) -> Result<Auth<'static, Software>> {
    const FACTS: &[&[u8]] = &[MODEL.as_bytes(), SERIAL.as_bytes()];
    let config = Config { interfaces: INTERFACES, facts: FACTS, policy: POLICY };
    block_on(Auth::open(Software, &mut chip.root_key, store, &mut chip.clock, config))
        .map_err(|e| anyhow!("log-in does not open: {e}"))
}

fn model() -> Result<Model> {
    Model::new(MODEL.as_bytes()).context("the model")
}

fn serial() -> Result<Serial> {
    Serial::new(SERIAL.as_bytes()).context("the serial number")
}
