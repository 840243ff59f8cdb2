//! The device with its power off, between two sessions.

use std::cell::RefCell;
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use gabion::boot::Policy;
use gabion::crypto::{Secret, Software};
use gabion::erase::NoVolatile;
use gabion::flash::block_on;
use gabion::hal::ResetCause;
use gabion::update::{Boot, Booted, Rollback};
use gabion::{Device, boot::KeySet, provision::LifeCycle};
use gabion_sim::{Cut, Fault};

use crate::board::{self, DeviceRegion, Off, On, Parts, SLOTS, SimDevice};
use crate::home;
use crate::profile::{self, Home};

/// The power failed, because someone asked for it.
#[derive(Debug)]
pub(crate) struct PowerLost(pub(crate) u64);

impl std::fmt::Display for PowerLost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the power failed at flash step {}", self.0)
    }
}

impl std::error::Error for PowerLost {}

/// The device, its file, and how many flash steps the power lasts.
pub(crate) struct World {
    off: RefCell<Option<Off>>,
    /// The file that holds the flash.
    pub(crate) path: PathBuf,
    left: RefCell<Option<u64>>,
    asked: u64,
}

/// A device that was booted: verified, started, and waiting for what comes.
pub(crate) struct Session<'f, 'a> {
    /// The device.
    pub(crate) device: SimDevice<'f, 'a>,
    /// Where it is in its life; taken out by who changes it.
    pub(crate) life_cycle: Option<LifeCycle>,
    /// The slots and their state.
    pub(crate) firmware: DeviceRegion<'f, 'a>,
    /// Messages that wait for the network.
    pub(crate) queue: DeviceRegion<'f, 'a>,
    /// What it knows of people.
    pub(crate) home: Home,
    /// The key of its identity, which signs exports and receipts.
    pub(crate) identity: Option<Secret<[u8; 32]>>,
    /// What runs.
    pub(crate) booted: Booted,
    /// The chip, as the laboratory sees it.
    pub(crate) lab: gabion_sim::Chip,
    /// The supply.
    pub(crate) supply: gabion_sim::Supply,
}

impl World {
    /// Opens the device that lives in a file, or a new one.
    pub(crate) fn open(path: PathBuf, cut_after: Option<u64>) -> Result<Self> {
        let mut off = Off::open(&path, board::setup())
            .with_context(|| format!("opening the flash file {}", path.display()))?;
        if off.chip.boots == 0 {
            let mut seed = [0; 8];
            std::fs::File::open("/dev/urandom")
                .and_then(|mut f| std::io::Read::read_exact(&mut f, &mut seed))
                .context("drawing the new chip's secrets")?;
            off.chip = gabion_sim::ChipState::from_seed(u64::from_le_bytes(seed));
            off.chip.wall = Some(1_795_500_000);
        }
        Ok(Self {
            off: RefCell::new(Some(off)),
            path,
            left: RefCell::new(cut_after),
            asked: cut_after.unwrap_or_default(),
        })
    }

    /// Whether the factory is still open: nothing says that it was closed.
    pub(crate) fn is_new(&self) -> bool {
        self.off.borrow().as_ref().is_some_and(|off| off.chip.factory_counter == 0)
    }

    /// Whether the power will fail because someone asked for it.
    pub(crate) fn has_cut(&self) -> bool {
        self.left.borrow().is_some()
    }

    /// Returns a copy of the device that is tied to no file: an attacker's bench.
    pub(crate) fn copy(&self) -> Option<Off> {
        self.off.borrow().clone()
    }

    /// Switches the power on, does something, and switches it off again.
    pub(crate) fn powered<T>(&self, work: impl FnOnce(&mut On) -> Result<T>) -> Result<T> {
        let off = self.off.take().context("the power is on already")?;
        let cut = self.left.borrow().map(|left| Cut::new(left, Fault::TornWord, 0x1ea7 ^ left));
        let mut on = off.power_on(cut);
        let result = work(&mut on);
        let (steps, lost) = (on.supply.steps(), on.supply.is_lost());
        let ours = on.supply.fired().is_some_and(|(fired, _)| Some(fired) == cut);
        *self.off.borrow_mut() = Some(on.power_off());
        if let Some(left) = self.left.borrow_mut().as_mut() {
            *left = left.saturating_sub(steps);
        }
        if lost && ours { Err(PowerLost(self.asked).into()) } else { result }
    }

    /// Boots the device and does something with it.
    pub(crate) fn session<T>(
        &self,
        work: impl AsyncFnOnce(&mut Session<'_, '_>) -> Result<T>,
    ) -> Result<T> {
        self.powered(|on| boot(on, work))
    }
}

/// Boots a board: journal, boot loader, device, people. Then does something with it and writes down what happened.
pub(crate) fn boot<T>(
    on: &mut On,
    work: impl AsyncFnOnce(&mut Session<'_, '_>) -> Result<T>,
) -> Result<T> {
    let keys = board::trusted_keys();
    let mut lab = on.chip.clone();
    let supply = on.supply.clone();
    block_on(async {
        let mut shared = board::share(&mut on.flash, false).await?;
        let Parts { mut firmware, regions, queue } = board::split(&mut shared)?;
        let loader = Boot {
            map: &SLOTS,
            keys: KeySet::new(&keys),
            policy: Policy::new(u32::MAX),
            provider: &Software,
            rollback: Rollback::Guarded,
        };
        let mut early = lab.events.clone();
        let booted = loader
            .run(&mut firmware, &mut lab.rollback_counter, &mut early)
            .await
            .map_err(|e| anyhow!("nothing may run: {e:?}"))?;
        let started = Device::start(
            regions,
            board::chip(&lab),
            profile::start(&mut NoVolatile, lab.reset_cause.reset_reason()),
        )
        .await
        .map_err(|e| anyhow!("the device does not start: {e}"))?;
        let mut device = started.device;
        let (home, identity) = home::open(&mut device).await?;
        let mut session = Session {
            device,
            queue,
            home,
            identity,
            life_cycle: Some(started.life_cycle),
            firmware,
            booted,
            lab,
            supply,
        };
        // What the boot loader saw reaches the log through the device.
        for event in session.lab.events.all() {
            gabion::hal::EventSink::event(&mut session.device.events, event);
        }
        session.lab.events.clear();
        let result = work(&mut session).await?;
        session.device.settle().await.map_err(|e| anyhow!("the log: {e}"))?;
        Ok(result)
    })
}
