//! Doubles: a store in memory whose power can be cut at any commit, random sources good and bad, a clock, a recorder; and a
//! device put together from them.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "each test file uses some of it, and a test may panic"
)]

use std::collections::BTreeMap;
use std::convert::Infallible;

use gabion_auth::{
    Auth, AuthError, Budget, Config, Entered, LABEL, Name, Policy, Ports, Session, label_verifier,
};
use gabion_crypto::{CryptoError, HmacSha256, PasswordHash, Secret, Software, SoftwareRootKey};
use gabion_hal::rand_core::{TryCryptoRng, TryRng};
use gabion_hal::{Clock, Event, EventKind, EventSink, WallTime};
use gabion_profile::{Authenticator, Class, Exposure, Interface, Parameter};
use gabion_storage::{Change, Storage, StorageError};

/// The power was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PowerLost;

/// A store in memory. A commit is atomic; the armed one is cut before or after it took effect.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    pub values: BTreeMap<u16, Vec<u8>>,
    pub commits: u64,
    pub reads: u64,
    /// Cut at the commit with this number; `true`: after it took effect.
    pub cut: Option<(u64, bool)>,
    pub lost: bool,
    pub damaged: Option<u16>,
}

impl MemoryStore {
    /// Comes back with power, disarmed.
    pub fn power_on(&self) -> Self {
        Self { values: self.values.clone(), damaged: self.damaged, ..Self::default() }
    }
}

impl Storage for MemoryStore {
    type FlashError = PowerLost;

    async fn read(
        &mut self,
        parameter: &'static Parameter,
        out: &mut [u8],
    ) -> Result<Option<usize>, StorageError<PowerLost>> {
        self.reads += 1;
        if self.lost {
            return Err(StorageError::Flash(PowerLost));
        }
        if self.damaged == Some(parameter.id.raw()) {
            return Err(StorageError::Damaged);
        }
        let Some(value) = self.values.get(&parameter.id.raw()) else { return Ok(None) };
        if out.len() < value.len() {
            return Err(StorageError::BufferTooSmall(value.len()));
        }
        out[..value.len()].copy_from_slice(value);
        Ok(Some(value.len()))
    }

    async fn commit(&mut self, changes: &[Change<'_>]) -> Result<(), StorageError<PowerLost>> {
        if self.lost {
            return Err(StorageError::Flash(PowerLost));
        }
        for change in changes {
            if change.value().is_some_and(|v| v.len() > change.parameter().max_len.into()) {
                return Err(StorageError::TooLong);
            }
        }
        let at = self.commits;
        self.commits += 1;
        let cut = self.cut.filter(|(number, _)| *number == at);
        if cut.is_none_or(|(_, after)| after) {
            for change in changes {
                match change.value() {
                    Some(value) => {
                        self.values.insert(change.parameter().id.raw(), value.to_vec());
                    }
                    None => {
                        self.values.remove(&change.parameter().id.raw());
                    }
                }
            }
        }
        if cut.is_some() {
            self.lost = true;
            return Err(StorageError::Flash(PowerLost));
        }
        Ok(())
    }

    async fn erase_class(&mut self, class: Class) -> Result<(), StorageError<PowerLost>> {
        if self.lost {
            return Err(StorageError::Flash(PowerLost));
        }
        self.values.retain(|id, _| id >> 12 != u16::from(class.number()));
        Ok(())
    }
}

/// A good source with a seed.
#[derive(Debug, Clone)]
pub struct Seeded(pub u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl TryRng for Seeded {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.next() as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.next())
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for chunk in out.chunks_mut(8) {
            let word = self.next().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Seeded {}

/// Answers with a fixed byte, or with an error.
#[derive(Debug, Clone)]
pub struct Broken(pub Option<u8>);

impl TryRng for Broken {
    type Error = std::fmt::Error;

    fn try_next_u32(&mut self) -> Result<u32, std::fmt::Error> {
        self.0.map(|b| u32::from_le_bytes([b; 4])).ok_or(std::fmt::Error)
    }

    fn try_next_u64(&mut self) -> Result<u64, std::fmt::Error> {
        self.0.map(|b| u64::from_le_bytes([b; 8])).ok_or(std::fmt::Error)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), std::fmt::Error> {
        out.fill(self.0.ok_or(std::fmt::Error)?);
        Ok(())
    }
}

impl TryCryptoRng for Broken {}

/// Polls a future that is always ready.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("nothing in a double ever waits"),
    }
}

/// Powered time, moved by hand.
#[derive(Debug, Default)]
pub struct Uptime(pub u64);

impl Clock for Uptime {
    fn uptime_ms(&mut self) -> u64 {
        self.0
    }

    fn wall(&mut self) -> Option<WallTime> {
        None
    }
}

/// Keeps events.
#[derive(Debug, Default)]
pub struct Recorder(pub Vec<Event>);

impl EventSink for Recorder {
    fn event(&mut self, event: Event) {
        self.0.push(event);
    }
}

/// The software provider, counting what it does.
#[derive(Debug, Default, Clone)]
pub struct Counting {
    pub iterations: std::rc::Rc<std::cell::Cell<u64>>,
    pub hmacs: std::rc::Rc<std::cell::Cell<u64>>,
}

impl HmacSha256 for Counting {
    fn hmac_sha256(&self, key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        self.hmacs.set(self.hmacs.get() + 1);
        Software.hmac_sha256(key, parts)
    }
}

impl PasswordHash for Counting {
    fn pbkdf2(
        &self,
        password: &[u8],
        salt: &[u8],
        iterations: u32,
        out: &mut Secret<[u8; 32]>,
    ) -> Result<(), CryptoError> {
        self.iterations.set(self.iterations.get() + u64::from(iterations));
        Software.pbkdf2(password, salt, iterations, out)
    }
}

pub static INTERFACES: &[Interface] = &[
    Interface::new("app", Exposure::Local, true, Authenticator::UserSecret, "the owner's app"),
    Interface::new("web", Exposure::Network, true, Authenticator::UserSecret, "remote access"),
    Interface::new("cloud", Exposure::Network, true, Authenticator::MachineKey, "back end"),
];
pub static APP: &Interface = &INTERFACES[0];
pub static WEB: &Interface = &INTERFACES[1];
pub static CLOUD: &Interface = &INTERFACES[2];
pub const FACTS: &[&[u8]] = &[b"LAMP-2", b"A00017"];

pub const LABEL_SECRET: &str = "7K4FM2XQ9RHT3W8";
pub const GOOD: &str = "blue kettle on a hill";
pub const OTHER: &str = "seven quiet tractors";

/// The standard policy, with few iterations so that tests are fast.
pub const POLICY: Policy = Policy { iterations: 2, ..Policy::STANDARD };
/// A policy with short waits for sweeps.
pub const SHORT: Policy = Policy {
    account: Budget::new(2, 10, 80, None),
    interface: Budget::new(3, 10, 40, Some(200)),
    global: Budget::new(4, 10, 40, Some(200)),
    ..POLICY
};

pub fn entered(text: &str) -> Entered {
    Entered::take(&mut text.to_owned().into_bytes()).unwrap()
}

pub fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub fn root_key() -> SoftwareRootKey<Software> {
    SoftwareRootKey::new(Secret::new([0x42; 32]), Software)
}

pub type Outcome<T> = Result<T, AuthError<PowerLost>>;

/// A device with power.
pub struct Device {
    pub store: MemoryStore,
    pub entropy: Seeded,
    pub clock: Uptime,
    pub events: Recorder,
    pub crypto: Counting,
    pub auth: Auth<'static, Counting>,
    pub policy: Policy,
}

impl Device {
    /// Fresh from the factory, with a label.
    pub fn provisioned(policy: Policy) -> Self {
        let mut store = MemoryStore::default();
        let secret = Secret::new(*b"7K4FM2XQ9RHT3W8");
        let verifier =
            label_verifier(&Software, &mut root_key(), &mut Seeded(1), &policy, &secret).unwrap();
        block_on(store.put(&LABEL, &verifier)).unwrap();
        let mut device = Self::boot(store, policy, 100);
        device.clock.0 += 1_000;
        device
    }

    /// With an owner named Ada whose secret is `GOOD`.
    pub fn owned(policy: Policy) -> Self {
        let mut device = Self::provisioned(policy);
        let session = device.set_up(LABEL_SECRET, "Ada", GOOD).unwrap();
        device.auth.log_out(&session.token);
        device.clock.0 += 10_000_000;
        device.events.0.clear();
        device
    }

    pub fn boot(mut store: MemoryStore, policy: Policy, seed: u64) -> Self {
        let crypto = Counting::default();
        let mut clock = Uptime::default();
        let config = Config { interfaces: INTERFACES, facts: FACTS, policy };
        let auth =
            block_on(Auth::open(crypto.clone(), &mut root_key(), &mut store, &mut clock, config))
                .unwrap();
        let events = Recorder::default();
        Self { store, entropy: Seeded(seed), clock, events, crypto, auth, policy }
    }

    /// Takes the power away and gives it back.
    pub fn reboot(self) -> Self {
        Self::boot(self.store.power_on(), self.policy, self.entropy.0.wrapping_add(1))
    }

    /// The same, and then some powered time.
    pub fn reboot_after(self, ms: u64) -> Self {
        let mut device = self.reboot();
        device.clock.0 += ms;
        device
    }

    pub fn with<T>(
        &mut self,
        act: impl AsyncFnOnce(
            &mut Auth<'static, Counting>,
            &mut Ports<'_, MemoryStore, Seeded, Uptime, Recorder>,
        ) -> T,
    ) -> T {
        let mut ports = Ports {
            storage: &mut self.store,
            entropy: &mut self.entropy,
            clock: &mut self.clock,
            events: &mut self.events,
        };
        block_on(act(&mut self.auth, &mut ports))
    }

    pub fn log_in_over(
        &mut self,
        interface: &'static Interface,
        who: &str,
        secret: &str,
    ) -> Outcome<Session> {
        self.with(async |auth, ports| {
            auth.log_in(ports, interface, &name(who), &entered(secret)).await
        })
    }

    pub fn log_in(&mut self, who: &str, secret: &str) -> Outcome<Session> {
        self.log_in_over(APP, who, secret)
    }

    pub fn set_up(&mut self, label: &str, who: &str, secret: &str) -> Outcome<Session> {
        self.with(async |auth, ports| {
            auth.set_up_owner(ports, APP, &entered(label), &name(who), &entered(secret)).await
        })
    }

    pub fn change(&mut self, who: &str, old: &str, new: &str) -> Outcome<Session> {
        self.with(async |auth, ports| {
            auth.change_authenticator(ports, APP, &name(who), &entered(old), &entered(new)).await
        })
    }

    pub fn kinds(&self) -> Vec<EventKind> {
        self.events.0.iter().map(|e| e.kind).collect()
    }
}
