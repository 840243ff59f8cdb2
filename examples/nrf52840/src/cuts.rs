//! What power cuts are tried on by the ten thousand: the drivers, the journal, the counters, the root key's page and the sealed
//! store as in every firmware here, without a shell. It starts, says what it holds, and commits for ever.
//!
//! Which values the commit of a number makes is a function of the number, which `examples/emulators/cuts.py` knows too. So after
//! every cut the whole store must be that of the last number that was acknowledged, or of the one after it.

use core::fmt::Write as _;

use embassy_nrf::nvmc::Nvmc;
use embassy_nrf::pac::POWER;
use gabion::crypto::{Software, SoftwareRootKey};
use gabion::flash::{Blocking, Journaled, Layout, Multiwrite, Region, Shared, Span};
use gabion::hal::{MonotonicCounter, NoEvents};
use gabion::profile::{Class, Origin, Parameter, parameters};
use gabion::storage::{Change, Config, Storage, Store};
use gabion_nrf::{Flash, Noise, SharedFlash, config};
use gabion_port::FlashCounter;

use crate::board::{Prepared, Raw, prepare};
use crate::map::{CAPACITY, MAP, PAGE, STORE};
use crate::uart::{Pins, Serial};

parameters! {
    /// A value of each protection and of several classes.
    const VALUES: {
        /// Which commit was the last: in every commit, never removed.
        LAST: Public { class: Class::Configuration, number: 1, max_len: 12, origin: Origin::Firmware,
            purpose: "counts the commits" };
        /// A public value.
        NAME: Public { class: Class::Configuration, number: 2, max_len: 32, origin: Origin::User,
            purpose: "comes and goes" };
        /// A secret.
        SECRET: Critical { class: Class::UserSecret, number: 1, max_len: 63, origin: Origin::User,
            purpose: "comes and goes" };
        /// A secret of another class.
        PERSONAL: Critical { class: Class::PersonalData, number: 1, max_len: 240, origin: Origin::User,
            purpose: "comes and goes" };
    }
}

/// Four data pages, so that one is erased every few commits.
const SMALL_STORE: Layout<1> = Layout::new(CAPACITY, PAGE, [Span::new(STORE.start(), 6 * PAGE)]);
const REGISTRY: &[&[Parameter]] = &[VALUES];
const LONGEST: usize = 240;
const KEYS: usize = 4;
const RECORD: usize = Config::record_size(LONGEST);

type Sealed<'a, 'f> = Store<
    Region<'f, embassy_sync::blocking_mutex::raw::NoopRawMutex, Journaled<Raw<'a>, Multiwrite>>,
    Software,
    FlashCounter<SharedFlash<'a, 'static>>,
    KEYS,
    RECORD,
>;

/// Runs until the power fails; returns, having said why, when something is wrong.
pub async fn run() {
    let p = embassy_nrf::init(config());
    let pins = Pins { uarte: p.UARTE0, rxd: p.P0_08, txd: p.P0_06, cts: p.P0_07, rts: p.P0_05 };
    let mut serial = Serial::new(pins);
    let flash = Flash::new(Nvmc::new(p.NVMC));
    if let Err(what) = commit_for_ever(&mut serial, &flash, Noise::new(p.RNG)).await {
        say(&mut serial, format_args!("FAILED: {what}"));
    }
}

async fn commit_for_ever(
    serial: &mut Serial,
    flash: &Flash<'static>,
    noise: Noise<'static>,
) -> Result<(), &'static str> {
    let Prepared { root_key, mut entropy, counters: [mut factory, _, counter] } =
        prepare(flash.share(), noise).await?;
    let mut root = SoftwareRootKey::new(root_key, Software);
    let journal = Journaled::open_multiwrite(Blocking(flash.share()), MAP.journal).await;
    let mut shared = Shared::new(journal.map_err(|_| "erase journal")?);
    let [mut region] = shared.split(&SMALL_STORE).map_err(|_| "flash map")?;
    let registry = Config::new(REGISTRY).scrub();
    if factory.read() == Ok(0) {
        let (flash, counter) = (region.reborrow(), counter.clone());
        let made: Result<Sealed<'_, '_>, _> = Store::format(
            flash,
            registry,
            Software,
            counter,
            &mut root,
            &mut entropy,
            &mut NoEvents,
        )
        .await;
        made.map_err(|_| "making the store")?;
        factory.advance_to(1).map_err(|_| "factory counter")?;
    }
    let opened: Result<Sealed<'_, '_>, _> =
        Store::open(region, registry, Software, counter, &mut root, &mut entropy, &mut NoEvents)
            .await;
    let mut store = opened.map_err(|_| "opening the store")?;
    let mut number = tell(serial, &mut store).await?;
    // The plant: a firmware that acknowledges what it has not stored yet. The runner asks for it, and must find it.
    let too_early = POWER.gpregret().read().0 != 0;
    loop {
        number = number.wrapping_add(1);
        if too_early {
            say(serial, format_args!("done {number}"));
        }
        commit(&mut store, number).await?;
        if !too_early {
            say(serial, format_args!("done {number}"));
        }
    }
}

/// Says what is there, and returns the number of the last commit.
async fn tell(serial: &mut Serial, store: &mut Sealed<'_, '_>) -> Result<u32, &'static str> {
    let mut last = 0;
    for (key, parameter) in VALUES.iter().enumerate() {
        let mut value = [0; LONGEST];
        let Some(len) = store.read(parameter, &mut value).await.map_err(|_| "reading")? else {
            continue;
        };
        let value = value.get(..len).unwrap_or_default();
        if let (0, Some(number)) = (key, value.first_chunk()) {
            last = u32::from_le_bytes(*number);
        }
        let mut line = heapless::String::<{ 2 * LONGEST + 16 }>::new();
        let _ = write!(line, "holds {key} ");
        for byte in value {
            let _ = write!(line, "{byte:02x}");
        }
        say(serial, format_args!("{line}"));
    }
    say(serial, format_args!("ready {last}"));
    Ok(last)
}

/// Makes the commit of a number: one to four changes of values of all lengths.
async fn commit(store: &mut Sealed<'_, '_>, number: u32) -> Result<(), &'static str> {
    let mut values = [[0; LONGEST]; KEYS];
    for (key, value) in (0..).zip(&mut values) {
        for (at, byte) in (0..).zip(value.iter_mut()) {
            let [low, ..] =
                number.wrapping_mul(31).wrapping_add(key * 7).wrapping_add(at).to_le_bytes();
            *byte = low;
        }
        for (to, from) in value.iter_mut().zip(number.to_le_bytes()) {
            *to = from;
        }
    }
    let mixed = number.wrapping_mul(0x9e37_79b1);
    let mixed = mixed ^ mixed >> 15;
    let [last, name, secret, personal] = &values;
    let mut changes = heapless::Vec::<_, KEYS>::new();
    let mut push = |change| changes.push(change).map_err(|_| "too many changes");
    push(Change::put(&LAST, last.get(..12).unwrap_or_default()))?;
    if let Some(len) = length(mixed, 0, NAME.parameter()) {
        push(len.map_or(Change::remove(&NAME), |len| {
            Change::put(&NAME, name.get(..len).unwrap_or_default())
        }))?;
    }
    if let Some(len) = length(mixed, 1, SECRET.parameter()) {
        push(len.map_or(Change::remove(&SECRET), |len| {
            Change::put(&SECRET, secret.get(..len).unwrap_or_default())
        }))?;
    }
    if let Some(len) = length(mixed, 2, PERSONAL.parameter()) {
        push(len.map_or(Change::remove(&PERSONAL), |len| {
            Change::put(&PERSONAL, personal.get(..len).unwrap_or_default())
        }))?;
    }
    store.commit(&changes).await.map_err(|_| "committing")
}

/// What becomes of a value: nothing (`None`), its removal (`Some(None)`), or a new one of a length.
fn length(mixed: u32, place: u32, parameter: &Parameter) -> Option<Option<usize>> {
    if mixed >> (8 + place) & 1 == 0 {
        return None;
    }
    let draw = mixed >> (12 + 5 * place) & 31;
    if draw < 4 {
        return Some(None);
    }
    let room = u32::from(parameter.max_len).saturating_sub(5);
    Some(usize::try_from(draw.saturating_mul(room) / 31 + 5).ok())
}

/// Says a line, and waits until it is out: nothing here is interrupted.
fn say(serial: &mut Serial, line: core::fmt::Arguments<'_>) {
    let mut text = heapless::String::<{ 2 * LONGEST + 32 }>::new();
    let _ = write!(text, "{line}\r\n");
    serial.write_now(text.as_bytes());
}
