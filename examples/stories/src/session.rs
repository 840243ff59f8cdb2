//! A device that has started, and what the shell keeps beside it.

use core::num::NonZeroU32;

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use gabion::auth::{Auth, Config, Policy, Session as LogIn};
use gabion::crypto::{Secret, Software};
use gabion::erase::{NoVolatile, Plan};
use gabion::flash::{Region, Shared};
use gabion::hal::rand_core::TryRng;
use gabion::hal::{DebugPort, DebugPortState, Event, EventKind, EventSink, Severity, Source};
use gabion::hal::{MonotonicCounter, ResetReason};
use gabion::provision::LifeCycle;
use gabion::{Device, Regions, Start};

use crate::board::{Hardware, OnChip, Parts, chip};
use crate::console::{Text, dump};
use crate::map::Map;
use crate::product::{KEYS, LOG_CONFIG, RECORD, interfaces, store_config};
use crate::say;
use crate::update;

/// Factory counter of a chip on which nothing was made yet.
const NOTHING: u32 = 0;
/// Factory counter of a chip with store and log. One more, and the factory is closed.
const MADE: u32 = 1;
/// Factory counter from which on the factory is closed.
pub(crate) const CLOSED: NonZeroU32 = NonZeroU32::new(2).unwrap();

/// A story came to no good end. What there is to say was said.
#[derive(Debug)]
pub struct Failed(pub(crate) Text);

impl Failed {
    /// Says why.
    pub(crate) fn because(why: impl core::fmt::Debug) -> Self {
        Self(Text::of(format_args!("{why:?}")))
    }

    /// Says why, in words.
    pub(crate) fn to(what: &str, why: impl core::fmt::Display) -> Self {
        Self(Text::of(format_args!("{what}: {why}")))
    }
}

/// A started device and what the shell keeps beside it.
pub struct Session<'f, 's, H: Hardware> {
    /// The device.
    pub device: Device<'f, OnChip<H>, KEYS, RECORD>,
    /// The slots and their state.
    pub(crate) firmware: Region<'f, NoopRawMutex, H::Flash>,
    /// Where the device is in its life; taken out by who changes it.
    pub(crate) life_cycle: Option<LifeCycle>,
    /// The log-in, once somebody may log in.
    pub(crate) auth: Option<Auth<'s, Software>>,
    /// The owner's session.
    pub(crate) log_in: Option<LogIn>,
    /// The serial port.
    pub(crate) console: &'s mut H::Console,
    pub(crate) raw: H::Raw,
    pub(crate) debug_port: H::DebugPort,
    pub(crate) rollback_counter: H::Counter,
    pub(crate) map: &'static Map,
    pub(crate) reason: ResetReason,
    pub(crate) facts: &'s [&'s [u8]],
    pub(crate) serial: &'s str,
    pub(crate) slot: Option<gabion::update::SlotId>,
    pub(crate) keys: gabion::boot::KeySet<'s>,
}

impl<H: Hardware> core::fmt::Debug for Session<'_, '_, H> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Session(..)")
    }
}

impl<'f, 's, H: Hardware> Session<'f, 's, H> {
    /// Starts the device. On a chip that has nothing yet, store and log are made first.
    ///
    /// # Errors
    ///
    /// [`Failed`]: start nothing.
    ///
    /// # Power loss
    ///
    /// May be cut anywhere and repeated.
    pub async fn start(
        parts: Parts<'s, H>,
        shared: &'f mut Shared<NoopRawMutex, H::Flash>,
        plan: &Plan<4>,
        facts: &'s [&'s [u8]],
    ) -> Result<Self, Failed> {
        let Parts { map, root_key, store_counter, rollback_counter, mut factory_counter, .. } =
            parts;
        let Parts { entropy, clock, mut console, debug_port, reason, .. } = parts;
        let Parts { serial, slot, keys, raw, .. } = parts;
        let made = factory_counter.read().map_err(|e| Failed::to("factory counter", e))?;
        let [_journal, mut firmware, mut store, mut log] =
            shared.split(&map.layout).map_err(|e| Failed::to("flash map", e))?;
        let mut chip = chip::<H>(root_key, store_counter, factory_counter.clone(), entropy, clock);
        if made == NOTHING {
            // Whoever will examine the log gets its seed; the device keeps nothing of it.
            let mut seed = Secret::<[u8; 32]>::zeroed();
            chip.entropy.try_fill_bytes(seed.expose_mut()).map_err(|e| Failed::to("entropy", e))?;
            say!(console, "A new chip. The seed of its log, for the back end:");
            dump(&mut console, "seed", seed.expose()).await;
            let regions = Regions { store: store.reborrow(), log: log.reborrow() };
            let device: Device<'_, OnChip<H>, KEYS, RECORD> =
                Device::format(regions, chip, store_config(), &LOG_CONFIG, &seed)
                    .await
                    .map_err(|e| Failed::to("making store and log", e))?;
            chip = device.chip;
            if let Some(running) = slot {
                let counter = rollback_counter.clone();
                update::begin_state(firmware.reborrow(), counter, map, running, keys).await?;
            }
            factory_counter.advance_to(MADE).map_err(|e| Failed::to("factory counter", e))?;
        }
        let start = Start {
            store: store_config(),
            log: &LOG_CONFIG,
            new_log: None,
            plan,
            memory: &mut NoVolatile,
            reason,
        };
        let started = Device::start(Regions { store, log }, chip, start)
            .await
            .map_err(|e| Failed::to("the device does not start", e))?;
        let mut session = Self {
            device: started.device,
            firmware,
            life_cycle: Some(started.life_cycle),
            auth: None,
            log_in: None,
            console,
            raw,
            debug_port,
            rollback_counter,
            map,
            reason,
            facts,
            serial,
            slot,
            keys,
        };
        session.look_at_debug_port()?;
        Ok(session)
    }

    /// An open port is an event: it belongs into the log of a device that left the factory.
    fn look_at_debug_port(&mut self) -> Result<(), Failed> {
        let state = self.debug_port.state().map_err(Failed::because)?;
        if state == DebugPortState::Open {
            let open = EventKind::DebugPortOpen;
            self.device.events.event(Event::new(open, Severity::Warning, Source::Lockdown, 0));
        }
        Ok(())
    }

    /// Opens the log-in, once.
    pub(crate) async fn open_auth(&mut self) -> Result<(), Failed> {
        if self.auth.is_none() {
            let config =
                Config { interfaces: interfaces(), facts: self.facts, policy: Policy::STANDARD };
            let Device { chip, store, .. } = &mut self.device;
            let auth = Auth::open(Software, &mut chip.root_key, store, &mut chip.clock, config)
                .await
                .map_err(|e| Failed::to("log-in", e))?;
            self.auth = Some(auth);
        }
        Ok(())
    }

    /// Writes waiting events to the log.
    pub(crate) async fn settle(&mut self) -> Result<(), Failed> {
        self.device.settle().await.map(|_| ()).map_err(|e| Failed::to("log", e))
    }
}
