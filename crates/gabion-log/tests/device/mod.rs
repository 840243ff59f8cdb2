//! A device with a log, for the tests of this crate.

#![allow(dead_code, unreachable_pub, reason = "no test uses all of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use gabion_crypto::{P256PublicKey, Secret, Software};
use gabion_flash::{Journaled, Layout, Region, Shared, Span, block_on};
use gabion_hal::{Event, EventKind, Severity, Source};
use gabion_log::{Bundle, BundleSink, Entry, Lane, Log, LogConfig, Position, RateLimit, Stamp};
use gabion_sim::{Board, ChipState, Off, Setup, SimFlash};

/// Pages of 512 bytes: two for the journal, five for the main lane, four for the critical one.
pub type Nor = SimFlash<4, 512>;
pub const PAGE: u32 = 512;
pub const JOURNAL: Span = Span::new(0, 2 * PAGE);
pub const LOG: Span = Span::new(2 * PAGE, 9 * PAGE);
pub const CAPACITY: usize = 11 * PAGE as usize;
pub const MAP: Layout<2> = Layout::new(CAPACITY as u32, PAGE, [JOURNAL, LOG]);
pub const NONCE: [u8; 16] = *b"a fresh question";

pub const CONFIG: LogConfig = LogConfig {
    critical_pages: 4,
    main_rate: RateLimit { burst: 200, refill_ms: 1000 },
    critical_rate: RateLimit { burst: 200, refill_ms: 1000 },
    ..LogConfig::DEFAULT
};

pub type DeviceLog<'a, P = Software> = Log<Region<'a, NoopRawMutex, Journaled<&'a mut Nor>>, P>;

pub fn seed() -> Secret<[u8; 32]> {
    Secret::new(*b"the seed that the factory keeps!")
}

/// A signing key; each `n` is another device.
pub fn device_key(n: u8) -> Secret<[u8; 32]> {
    Secret::new([n; 32])
}

pub fn public_key(n: u8) -> P256PublicKey {
    use gabion_crypto::EcdsaP256Sign;
    Software.p256_public_key(&device_key(n)).unwrap()
}

/// The region of the log on a board whose journal is formatted if it is blank. Leaks the mutex.
pub fn region(flash: &mut Nor) -> Region<'_, NoopRawMutex, Journaled<&mut Nor>> {
    if flash.medium().is_blank(0..2 * PAGE as usize) {
        block_on(Journaled::format(flash, JOURNAL)).unwrap();
    }
    let journaled = block_on(Journaled::open(flash, JOURNAL)).unwrap();
    let shared = Box::leak(Box::new(Shared::<NoopRawMutex, _>::new(journaled)));
    let [_, log] = shared.split(&MAP).unwrap();
    log
}

/// A device that was never used, with a log.
pub fn new_device() -> Off<Nor> {
    device_with(ChipState::default(), &seed())
}

pub fn device_with(chip: ChipState, seed: &Secret<[u8; 32]>) -> Off<Nor> {
    let mut off = Off::<Nor>::new(Setup::new(CAPACITY));
    off.chip = chip;
    let mut board = off.power_on(None);
    let mut root = board.chip.root_key.clone();
    block_on(Log::format(region(&mut board.flash), Software, &mut root, &CONFIG, seed))
        .map(|_| ())
        .unwrap();
    board.power_off()
}

pub fn open(board: &mut Board<Nor>) -> DeviceLog<'_> {
    let mut root = board.chip.root_key.clone();
    block_on(Log::open(region(&mut board.flash), Software, &mut root, &CONFIG)).unwrap()
}

/// An event that carries a number, so that it can be told apart.
pub fn event(lane: Lane, detail: u16) -> Event {
    let severity = match lane {
        Lane::Main => Severity::Warning,
        Lane::Critical => Severity::Critical,
    };
    Event::new(EventKind::LoginFailed, severity, Source::Auth, detail)
}

pub fn stamp(boot: u32) -> Stamp {
    Stamp { boot, uptime_ds: 12, wall: None, lost: 0 }
}

/// Writes records of one event each, numbered from `first`.
pub fn write(log: &mut DeviceLog<'_>, lane: Lane, details: core::ops::Range<u16>) {
    for detail in details {
        let boot = log.boot();
        block_on(log.append(lane, &stamp(boot), &[Entry::once(event(lane, detail), 5)])).unwrap();
    }
}

/// Collects bytes.
#[derive(Default)]
pub struct Bytes(pub Vec<u8>);

impl BundleSink for Bytes {
    type Error = core::convert::Infallible;

    async fn put(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

pub fn export(log: &mut DeviceLog<'_>, from: Position, key: u8) -> Vec<u8> {
    let mut sink = Bytes::default();
    let mut clock = Stopped;
    block_on(log.export(from, &NONCE, &mut clock, &device_key(key), &mut sink)).unwrap();
    sink.0
}

/// Powers the device on, exports everything, powers it off.
pub fn export_all(off: Off<Nor>, key: u8) -> (Vec<u8>, Off<Nor>) {
    let mut board = off.power_on(None);
    let bytes = export(&mut open(&mut board), Position::default(), key);
    (bytes, board.power_off())
}

/// A clock at one second after power on.
pub struct Stopped;

impl gabion_hal::Clock for Stopped {
    fn uptime_ms(&mut self) -> u64 {
        1_000
    }

    fn wall(&mut self) -> Option<gabion_hal::WallTime> {
        None
    }
}

/// Every event that a bundle proves: lane, record number, detail.
pub fn events(bundle: &Bundle<'_>) -> Result<Vec<(Lane, u32, u16)>, gabion_log::BundleError> {
    let mut all = Vec::new();
    bundle.open(&Software, &seed(), |record| {
        all.extend(record.body.events().map(|event| (record.lane, record.number, event.detail)));
    })?;
    Ok(all)
}

/// Verifies and opens a bundle of device 1.
pub fn examine(bytes: &[u8]) -> Result<Vec<(Lane, u32, u16)>, gabion_log::BundleError> {
    events(&Bundle::verify(&Software, bytes, &public_key(1))?)
}
