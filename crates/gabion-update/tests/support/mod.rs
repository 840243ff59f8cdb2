//! A small device with two slots.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::mod_module_files,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "shared by several tests"
)]

pub mod life;
#[path = "../../../gabion-boot/tests/support/mint.rs"]
pub mod mint;
pub mod toy;

use gabion_boot::{KeySet, Policy, TrustedKey};
use gabion_crypto::Software;
use gabion_flash::Span;
use gabion_hal::EventSink;
use gabion_sim::{Board, ChipError, FlashError, Kind, Multi, Off, Setup, SimFlash, block_on};
use gabion_update::{
    Boot, BootError, Booted, Rollback, SlotId, SlotMap, UpdateError, Updater, UpdaterConfig,
};

pub const WORD: usize = 4;
pub const PAGE: usize = 1024;
pub const CAPACITY: u32 = 10 * 1024;
pub const SLOT: u32 = 4 * 1024;
pub const MAP: SlotMap = SlotMap::new(
    CAPACITY,
    PAGE as u32,
    Span::new(0, SLOT),
    Span::new(SLOT, SLOT),
    Span::new(2 * SLOT, 2 * PAGE as u32),
);
pub const ATTEMPTS: u8 = 3;

pub type Flash = SimFlash<WORD, PAGE, Multi>;
pub type Fails = UpdateError<FlashError, ChipError>;
pub type BootFails = BootError<FlashError, ChipError>;

pub fn keys() -> [TrustedKey; 2] {
    [mint::trusted(1), mint::trusted(2)]
}

/// The body of an image that fits a slot and fills three of its pages.
pub fn image(counter: u32) -> Vec<u8> {
    mint::Mint::new(counter, 2300).build()
}

/// Head and tail of an image, as a server would send them first.
pub fn ends(image: &[u8]) -> ([u8; 32], &[u8]) {
    let head: [u8; 32] = image[..32].try_into().unwrap();
    let body_end = usize::from(u16::from_le_bytes([head[8], head[9]]))
        + u32::from_le_bytes([head[12], head[13], head[14], head[15]]) as usize;
    (head, &image[body_end..])
}

pub fn config<'a>(keys: &'a [TrustedKey]) -> UpdaterConfig<'a, Software> {
    UpdaterConfig {
        map: &MAP,
        keys: KeySet::new(keys),
        policy: Policy::new(u32::MAX).effort(gabion_boot::Effort::Single),
        provider: &Software,
        rollback: Rollback::Guarded,
        attempts: ATTEMPTS,
        revoke_older_keys: false,
    }
}

/// A device that left the factory with an image in slot A.
pub fn factory(first: &[u8]) -> Off<Flash> {
    let mut off = Off::new(Setup::new(CAPACITY as usize));
    off.medium.tamper(0, first);
    let mut board = off.power_on(None);
    let keys = keys();
    block_on(async {
        let counter = board.chip.counter.clone();
        let mut updater =
            Updater::open(&mut board.flash, counter, SlotId::A, config(&keys)).await.unwrap();
        updater.provision().await.unwrap();
    });
    board.power_off()
}

/// Runs the boot loader.
pub fn boot<const W: usize, const P: usize, K: Kind>(
    board: &mut Board<SimFlash<W, P, K>>,
    map: &SlotMap,
    keys: &[TrustedKey],
) -> Result<Booted, BootFails> {
    let boot = Boot {
        map,
        keys: KeySet::new(keys),
        policy: Policy::new(u32::MAX).effort(gabion_boot::Effort::Single),
        provider: &Software,
        rollback: Rollback::Guarded,
    };
    let mut counter = board.chip.counter.clone();
    let mut events = board.chip.events.clone();
    block_on(boot.run(&mut board.flash, &mut counter, &mut events))
}

/// Downloads and installs an image, from the running slot.
pub fn update(
    board: &mut Board<Flash>,
    running: SlotId,
    image: &[u8],
    keys: &[TrustedKey],
) -> Result<(), Fails> {
    let mut events = board.chip.events.clone();
    let counter = board.chip.counter.clone();
    block_on(async {
        let mut updater = Updater::open(&mut board.flash, counter, running, config(keys)).await?;
        fetch(&mut updater, image, &mut events).await
    })
}

pub async fn fetch(
    updater: &mut Updater<'_, &mut Flash, Software, gabion_sim::SimCounter>,
    image: &[u8],
    events: &mut impl EventSink,
) -> Result<(), Fails> {
    let (head, tail) = ends(image);
    let mut download = updater.begin(&head, tail, events).await?;
    let start = download.position() as usize;
    for piece in image[start..].chunks(300) {
        download.write(piece, events).await?;
    }
    let verified = download.finish(events).await?;
    updater.install(verified, events).await
}

pub fn confirm(
    board: &mut Board<Flash>,
    running: SlotId,
    keys: &[TrustedKey],
) -> Result<(), Fails> {
    let mut events = board.chip.events.clone();
    let counter = board.chip.counter.clone();
    block_on(async {
        let mut updater = Updater::open(&mut board.flash, counter, running, config(keys)).await?;
        updater.confirm(&mut events).await
    })
}
