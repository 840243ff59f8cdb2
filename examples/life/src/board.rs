//! The board of the story: a simulated chip with 280 KiB of flash, laid out like a small product.

use std::marker::PhantomData;
use std::num::NonZeroU32;

use anyhow::{Context, Result, anyhow};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use gabion::crypto::{P256PublicKey, Software};
use gabion::flash::{Journaled, Layout, Multiwrite, Region, Shared, Span};
use gabion::provision::CounterFuse;
use gabion::storage::Config;
use gabion::update::SlotMap;
use gabion::{Board, Chip, Device, Regions};
use gabion::{boot::TrustedKey, log::LogConfig};
use gabion_sim::{Setup, SimClock, SimCounter, SimEntropy, SimFlash, SimRootKey};

/// Words of 4 bytes and pages of 4 KiB, as on an nRF52840.
pub(crate) type Flash = SimFlash<4, PAGE>;
/// A board with its power off.
pub(crate) type Off = gabion_sim::Off<Flash>;
/// A board with its power on.
pub(crate) type On = gabion_sim::Board<Flash>;

const PAGE: usize = 4096;
const CAPACITY: u32 = 0x4_6000;
const JOURNAL: Span = Span::new(0x0000, 0x2000);
const FIRMWARE: Span = Span::new(0x0_2000, 0x2_2000);
const STORE: Span = Span::new(0x2_4000, 0x1_0000);
const LOG: Span = Span::new(0x3_4000, 0xc000);
const QUEUE: Span = Span::new(0x4_0000, 0x6000);
/// The flash map.
pub(crate) const LAYOUT: Layout<5> =
    Layout::new(CAPACITY, PAGE as u32, [JOURNAL, FIRMWARE, STORE, LOG, QUEUE]);

/// Both slots and their state, within the firmware's region.
pub(crate) static SLOTS: SlotMap = SlotMap::new(
    FIRMWARE.len(),
    PAGE as u32,
    Span::new(0, 0x1_0000),
    Span::new(0x1_0000, 0x1_0000),
    Span::new(0x2_0000, 0x2000),
);

/// Where the sealed store lies in the flash file, for whoever wants to tamper with it.
pub(crate) const STORE_SPAN: std::ops::Range<usize> =
    STORE.start() as usize..(STORE.start() + STORE.len()) as usize;

/// Longest value that the device registers, in bytes.
const LONGEST: usize = 360;
const KEYS: usize = 48;
const RECORD: usize = Config::record_size(LONGEST);

/// The types of the board.
pub(crate) struct Sim<'a>(PhantomData<&'a ()>);

/// The flash as the device sees it.
pub(crate) type DeviceFlash<'a> = Journaled<&'a mut Flash, Multiwrite>;
/// A region of it.
pub(crate) type DeviceRegion<'f, 'a> = Region<'f, NoopRawMutex, DeviceFlash<'a>>;
/// A started device.
pub(crate) type SimDevice<'f, 'a> = Device<'f, Sim<'a>, KEYS, RECORD>;

impl<'a> Board for Sim<'a> {
    type Mutex = NoopRawMutex;
    type Flash = DeviceFlash<'a>;
    type Crypto = Software;
    type RootKey = SimRootKey;
    type Counter = SimCounter;
    type Fuse = CounterFuse<SimCounter>;
    type Entropy = SimEntropy;
    type Clock = SimClock;
}

/// How the event log uses its flash.
pub(crate) const LOG_CONFIG: LogConfig = LogConfig::DEFAULT;

/// The keys whose images run: the two test keys that the sample images are signed with.
pub(crate) fn trusted_keys() -> [TrustedKey; 2] {
    let key = |hex: &str| {
        let mut bytes = [0; 64];
        for (byte, at) in bytes.iter_mut().zip((0..128).step_by(2)) {
            *byte = u8::from_str_radix(&hex[at..at + 2], 16).unwrap_or(0);
        }
        TrustedKey::p256(&Software, P256PublicKey(bytes))
    };
    [
        key("9d696674a4357b2b652cd85b610e22f400bf41d24b9fc9f227e5e45849dbbf6c\
             4fb388b1242be33de80e5fd86fe35552931c6d02a19d578a17e0c5dc04dc1116"),
        key("21e6ee7a328d498c8b1db3a2045304d44c06639f1092a80f1dcc2618368b3df3\
             635e7bb86172ad492a39a6e8cdd42b031008108f64e32d85bb13e4a14e75c285"),
    ]
}

/// How the flash part behaves.
pub(crate) fn setup() -> Setup {
    Setup::new(CAPACITY as usize)
}

/// Opens the journal under the flash; makes it where `format` allows that.
pub(crate) async fn share<'a>(
    flash: &'a mut Flash,
    format: bool,
) -> Result<Shared<NoopRawMutex, DeviceFlash<'a>>> {
    if format {
        let blank = Journaled::open_multiwrite(&mut *flash, JOURNAL).await.is_err();
        if blank {
            Journaled::<Flash>::format(flash, JOURNAL)
                .await
                .map_err(|e| anyhow!("the erase journal cannot be made: {e:?}"))?;
        }
    }
    let journaled = Journaled::open_multiwrite(flash, JOURNAL)
        .await
        .map_err(|e| anyhow!("the erase journal does not open: {e:?}"))?;
    Ok(Shared::new(journaled))
}

/// The flash, handed out.
pub(crate) struct Parts<'f, 'a> {
    /// The slots and their state.
    pub(crate) firmware: DeviceRegion<'f, 'a>,
    /// Store and log.
    pub(crate) regions: Regions<'f, Sim<'a>>,
    /// Messages that wait for the network.
    pub(crate) queue: DeviceRegion<'f, 'a>,
}

/// Hands the flash out.
pub(crate) fn split<'f, 'a>(
    shared: &'f mut Shared<NoopRawMutex, DeviceFlash<'a>>,
) -> Result<Parts<'f, 'a>> {
    let [_journal, firmware, store, log, queue] =
        shared.split(&LAYOUT).map_err(|e| anyhow!("{e:?}")).context("the flash map")?;
    Ok(Parts { firmware, regions: Regions { store, log }, queue })
}

/// What the chip gives to the device.
pub(crate) fn chip<'a>(chip: &gabion_sim::Chip) -> Chip<Sim<'a>> {
    Chip {
        crypto: Software,
        root_key: chip.root_key.clone(),
        counter: chip.counter.clone(),
        fuse: CounterFuse::new(chip.factory_counter.clone(), NonZeroU32::MIN),
        entropy: chip.entropy.clone(),
        clock: chip.clock.clone(),
    }
}
