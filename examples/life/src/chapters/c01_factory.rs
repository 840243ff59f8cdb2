//! The factory: label, identity, first firmware; then its interface closes for good.

use anyhow::{Context, Result, anyhow, bail};
use embedded_storage_async::nor_flash::NorFlash;
use gabion::auth::Policy as AuthPolicy;
use gabion::boot::{KeySet, Policy};
use gabion::crypto::{Secret, Software};
use gabion::erase::NoVolatile;
use gabion::flash::block_on;
use gabion::hal::ResetReason;
use gabion::hal::rand_core::TryRng;
use gabion::provision::{
    Identity, Label, LabelSecret, LifeCycle, Model, Serial, Unprovisioned, draw_half_blocks,
};
use gabion::setup::{Factory, Order};
use gabion::update::{Rollback, SlotId, Updater, UpdaterConfig};
use gabion::{Device, StartError};
use gabion_cli::hex::hex;
use serde_json::json;

use crate::board::{self, DeviceRegion, LOG_CONFIG, SLOTS, SimDevice};
use crate::handover::Handover;
use crate::images;
use crate::profile::{self, PROFILE};
use crate::progress::{self, Progress};
use crate::teller::Teller;
use crate::world::World;

/// The radio address, which everyone nearby can see.
const MAC: &[u8] = b"02:00:5E:10:00:17";
const SERIAL: &str = "A00017";

/// Tells the chapter.
pub(crate) fn tell(world: &World, teller: &mut Teller) -> Result<()> {
    teller.chapter(1, "The factory gives the device a secret of its own", "5.1-1, 5.1-2, 5.4-4");
    world.powered(|on| block_on(make(on, world, teller)))?;
    let handover = Handover::load(&world.path)?;
    let mut scanned = handover.label.clone().into_bytes();
    let label = Label::parse(&mut scanned).map_err(|e| anyhow!("the label: {e}"))?;
    let mut picture = String::new();
    draw_half_blocks(&label.payload(), &mut picture).map_err(|_| anyhow!("drawing the label"))?;
    teller.say(&format!(
        "The label, as it is printed on this one device (code {}):",
        label.secret.grouped()
    ));
    teller.picture(&picture);
    world.session(async |session| {
        teller.acknowledge("serial", &json!(handover.serial));
        progress::done(session, teller, Progress { round: 1, chapter: 1 }).await
    })?;
    teller.say("The factory interface is closed for good: the value that opened it was consumed.");
    Ok(())
}

async fn make(on: &mut board::On, world: &World, teller: &mut Teller) -> Result<()> {
    let lab = on.chip.clone();
    let handover = hand_over(world, &lab)?;
    let mut shared = board::share(&mut on.flash, true).await?;
    let board::Parts { mut firmware, regions, .. } = board::split(&mut shared)?;
    install(&mut firmware, &lab).await?;
    let seed = handover.log_seed()?;
    let mut memory = NoVolatile;
    let start = profile::start(&mut memory, ResetReason::PowerOn);
    let started = Device::start(regions, board::chip(&lab), start).await;
    let (mut device, life_cycle) = match started {
        Ok(started) => (started.device, started.life_cycle),
        // Nothing was kept yet: make store and log, then look again.
        Err(StartError::Store(_) | StartError::Log(_)) => {
            drop(shared);
            return Box::pin(format_then_make(on, world, teller, &seed)).await;
        }
        Err(other) => return Err(anyhow!("the factory's device does not start: {other}")),
    };
    match life_cycle {
        LifeCycle::Unprovisioned(unprovisioned) => {
            provision(&mut device, unprovisioned, &handover).await?;
        }
        // The power failed after the commit: all is there.
        LifeCycle::FactoryProvisioned(_) => {}
        LifeCycle::Owned(_) => bail!("a device with an owner is in the factory"),
    }
    let identity =
        Identity::load(&mut device.store, &Software).await.map_err(|e| anyhow!("{e}"))?;
    let mut handover = handover;
    handover.identity = Some(hex(&identity.public_key().0));
    handover.save(&world.path)?;
    device.settle().await.map_err(|e| anyhow!("{e}"))?;
    teller.say(&format!("Firmware {} lies in slot A.", images::FACTORY.file));
    teller.shows(
        "5.1",
        "a random secret for each device, on its label only",
        "gabion-provision/src/label_secret.rs",
    );
    Ok(())
}

/// Formats store and log and starts over.
async fn format_then_make(
    on: &mut board::On,
    world: &World,
    teller: &mut Teller,
    seed: &Secret<[u8; 32]>,
) -> Result<()> {
    let lab = on.chip.clone();
    {
        let mut shared = board::share(&mut on.flash, true).await?;
        let regions = board::split(&mut shared)?.regions;
        let chip = board::chip(&lab);
        let made: Result<SimDevice<'_, '_>, _> =
            Device::format(regions, chip, profile::store_config(), &LOG_CONFIG, seed).await;
        made.map_err(|e| anyhow!("formatting: {e}"))?;
    }
    make(on, world, teller).await
}

/// Draws label and log seed and writes them down before the device learns of them.
fn hand_over(world: &World, lab: &gabion_sim::Chip) -> Result<Handover> {
    if let Ok(found) = Handover::load(&world.path) {
        return Ok(found);
    }
    let mut entropy = lab.entropy.clone();
    let secret = LabelSecret::generate(&mut entropy, &[MAC, SERIAL.as_bytes()])
        .map_err(|e| anyhow!("the label's secret: {e}"))?;
    let label = Label { model: model()?, serial: serial()?, secret };
    let mut seed = Secret::<[u8; 32]>::zeroed();
    entropy.try_fill_bytes(seed.expose_mut()).map_err(|e| anyhow!("the log's seed: {e}"))?;
    let handover = Handover::new(label.payload().expose(), SERIAL, &seed);
    handover.save(&world.path)?;
    Ok(handover)
}

/// Puts the first firmware into slot A, and the update state behind the slots.
async fn install(firmware: &mut DeviceRegion<'_, '_>, lab: &gabion_sim::Chip) -> Result<()> {
    let slot = SLOTS.span(SlotId::A);
    firmware.erase(slot.start(), slot.end()).await.map_err(|e| anyhow!("{e:?}"))?;
    let mut bytes = images::FACTORY.bytes.to_vec();
    bytes.resize(bytes.len().next_multiple_of(4), 0xff);
    firmware.write(slot.start(), &bytes).await.map_err(|e| anyhow!("{e:?}"))?;
    let keys = board::trusted_keys();
    let config = UpdaterConfig {
        map: &SLOTS,
        keys: KeySet::new(&keys),
        policy: Policy::new(u32::MAX),
        provider: &Software,
        rollback: Rollback::Guarded,
        attempts: 3,
        revoke_older_keys: false,
    };
    let counter = lab.rollback_counter.clone();
    let mut updater =
        Updater::open(firmware, counter, SlotId::A, config).await.map_err(|e| anyhow!("{e:?}"))?;
    updater.provision().await.map_err(|e| anyhow!("{e:?}"))?;
    updater.confirm(&mut gabion::hal::NoEvents).await.map_err(|e| anyhow!("{e:?}"))
}

async fn provision(
    device: &mut SimDevice<'_, '_>,
    unprovisioned: Unprovisioned,
    handover: &Handover,
) -> Result<()> {
    let mut printed = handover.label.clone().into_bytes();
    let label = Label::parse(&mut printed).map_err(|e| anyhow!("the label: {e}"))?;
    let order =
        Order { model: model()?, serial: serial()?, public: &[MAC], policy: AuthPolicy::STANDARD };
    let chip = &mut device.chip;
    let mut factory = Factory {
        crypto: &chip.crypto,
        root_key: &mut chip.root_key,
        entropy: &mut chip.entropy,
        fuse: &mut chip.fuse,
        events: &mut device.events,
    };
    factory
        .provision_with(unprovisioned, &mut device.store, &order, &label.secret)
        .await
        .map(|_provisioned| ())
        .map_err(|e| anyhow!("provisioning: {e}"))
}

fn model() -> Result<Model> {
    Model::new(PROFILE.device.model.as_bytes()).context("the model")
}

fn serial() -> Result<Serial> {
    Serial::new(SERIAL.as_bytes()).context("the serial number")
}
