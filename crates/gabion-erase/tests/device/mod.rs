//! A device with a sealed store and a plain region, for the tests of this crate.

#![allow(dead_code, unreachable_pub, reason = "no test uses all of it")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use gabion_crypto::{
    CryptoError, EcdsaP256Sign, EcdsaP256Verify, P256PublicKey, P256Signature, Secret, Sha256,
    Software, SoftwareDigest,
};
use gabion_erase::{
    Context, Domain, FlashRegion, NoVolatile, PARAMETERS, Plan, Region, TriggerKind,
};
use gabion_flash::{Journaled, Layout, Multiwrite, Region as Part, Shared, Span, block_on};
use gabion_hal::NoEvents;
use gabion_profile::{Class, Origin, Parameter, parameters};
use gabion_sim::{Board, Off, Setup, SimClock, SimCounter, SimFlash};
use gabion_storage::{Config, OpenError, Storage, Store};

parameters! {
    /// What a user leaves on the device, and what the factory does.
    pub const REGISTRY: {
        /// A user's secret.
        WIFI: Critical { class: Class::UserSecret, number: 1, max_len: 32, origin: Origin::User, purpose: "tests" };
        /// Personal, in clear.
        NAME: Public { class: Class::PersonalData, number: 1, max_len: 32, origin: Origin::User, purpose: "tests" };
        /// Personal.
        HEALTH: Critical { class: Class::PersonalData, number: 2, max_len: 32, origin: Origin::User, purpose: "tests" };
        /// A setting.
        SETTING: Critical { class: Class::Configuration, number: 1, max_len: 32, origin: Origin::User, purpose: "tests" };
        /// The identity, which survives.
        IDENTITY: Critical { class: Class::DeviceSecret, number: 1, max_len: 32, origin: Origin::Factory, purpose: "tests" };
    }
}

pub const LISTS: &[&[Parameter]] = &[REGISTRY, PARAMETERS];

pub const WIFI_VALUE: [u8; 32] = *b"my wireless pass phrase, typed!!";
pub const OLD_WIFI_VALUE: [u8; 32] = *b"the pass phrase before this one!";
pub const NAME_VALUE: [u8; 32] = *b"Name of a person who lives there";
pub const HEALTH_VALUE: [u8; 32] = *b"blood pressure 128 over 85 mmHg.";
pub const SETTING_VALUE: [u8; 32] = *b"wakes at 06:45 on working days..";
pub const CACHE_VALUE: [u8; 64] =
    *b"a picture of the living room, in the clear, over several words..";
pub const IDENTITY_VALUE: [u8; 32] = [0x11; 32];

pub const PAGE: usize = 512;
pub const fn pages(from: usize, count: usize) -> Span {
    Span::new((from * PAGE) as u32, (count * PAGE) as u32)
}
pub const JOURNAL: Span = pages(0, 2);
pub const MAP: Layout<3> =
    Layout::new((14 * PAGE) as u32, PAGE as u32, [JOURNAL, pages(2, 9), pages(11, 3)]);
pub const PLAN: Plan<3> = Plan::new(
    &MAP,
    [
        Region::new("journal", Domain::Survives("numbers of pages, nothing else")),
        Region::new("store", Domain::Store),
        Region::new("cache", Domain::Erased),
    ],
    LISTS,
);

pub type Nor = SimFlash<4, PAGE>;
pub type Flash<'a> = Part<'a, NoopRawMutex, Journaled<&'a mut Nor, Multiwrite>>;
pub type TestStore<'a> = Store<Flash<'a>, Software, SimCounter, 12, { Config::record_size(184) }>;
pub type Failure = String;

/// A device that is on: store, region, clock.
pub struct Live<'a> {
    pub store: TestStore<'a>,
    pub cache: FlashRegion<Flash<'a>>,
    pub clock: SimClock,
}

/// Splits the flash. Leaks the mutex.
pub fn parts(flash: &mut Nor) -> Result<[Flash<'_>; 3], Failure> {
    let journaled = block_on(Journaled::open_multiwrite(flash, JOURNAL)).map_err(text)?;
    let shared = Box::leak(Box::new(Shared::<NoopRawMutex, _>::new(journaled)));
    shared.split(&MAP).map_err(text)
}

pub fn text(error: impl core::fmt::Debug) -> Failure {
    format!("{error:?}")
}

/// A device as the factory made it.
pub fn new_device() -> Off<Nor> {
    let mut board = Off::<Nor>::new(Setup::new(14 * PAGE)).power_on(None);
    block_on(Journaled::format(&mut board.flash, JOURNAL)).unwrap();
    let mut chip = board.chip.clone();
    {
        let [_, flash, _] = parts(&mut board.flash).unwrap();
        let mut store = block_on(TestStore::format(
            flash,
            Config::new(LISTS),
            Software,
            chip.counter.clone(),
            &mut chip.root_key,
            &mut chip.entropy,
            &mut NoEvents,
        ))
        .unwrap();
        block_on(store.put(&IDENTITY, &IDENTITY_VALUE)).unwrap();
    }
    board.power_off()
}

pub fn open(board: &mut Board<Nor>) -> Result<Live<'_>, Failure> {
    let mut chip = board.chip.clone();
    let [_, flash, cache] = parts(&mut board.flash)?;
    let store = block_on(TestStore::open(
        flash,
        Config::new(LISTS),
        Software,
        chip.counter.clone(),
        &mut chip.root_key,
        &mut chip.entropy,
        &mut NoEvents,
    ))
    .map_err(|error: OpenError<_>| text(error))?;
    Ok(Live { store, cache: FlashRegion::new("cache", cache, 0xff), clock: chip.clock })
}

/// Puts everything that a user leaves; old values are overwritten by new ones.
pub async fn live_in(live: &mut Live<'_>) -> Result<(), Failure> {
    use embedded_storage_async::nor_flash::NorFlash;
    let store = &mut live.store;
    store.put(&WIFI, &OLD_WIFI_VALUE).await.map_err(text)?;
    store.put(&NAME, &NAME_VALUE).await.map_err(text)?;
    store.put(&HEALTH, &HEALTH_VALUE).await.map_err(text)?;
    store.put(&SETTING, &SETTING_VALUE).await.map_err(text)?;
    store.put(&WIFI, &WIFI_VALUE).await.map_err(text)?;
    let flash = live.cache.flash_mut();
    for page in 0..3 {
        let at = page * PAGE as u32;
        flash.erase(at, at + PAGE as u32).await.map_err(text)?;
        flash.write(at + 64, &CACHE_VALUE).await.map_err(text)?;
    }
    Ok(())
}

/// What is left of the user: how many of the four values can be read.
pub async fn values(store: &mut TestStore<'_>) -> Result<usize, Failure> {
    let mut found = 0;
    let mut bytes = [0; 32];
    for (parameter, value) in [
        (WIFI.parameter(), WIFI_VALUE),
        (NAME.parameter(), NAME_VALUE),
        (HEALTH.parameter(), HEALTH_VALUE),
        (SETTING.parameter(), SETTING_VALUE),
    ] {
        if let Some(len) = store.read(parameter, &mut bytes).await.map_err(text)? {
            assert!(bytes[..len] == value || bytes[..len] == OLD_WIFI_VALUE);
            found += 1;
        }
    }
    Ok(found)
}

/// A trigger for tests.
pub struct Told;

impl gabion_erase::ResetTrigger for Told {
    fn kind(&self) -> TriggerKind {
        TriggerKind::Command
    }
}

/// Takes a pending reset up, as every boot does.
pub async fn resume(live: &mut Live<'_>) -> Result<bool, Failure> {
    resume_with(live, &Unsigned).await
}

pub async fn resume_with(
    live: &mut Live<'_>,
    provider: &(impl Sha256 + EcdsaP256Sign),
) -> Result<bool, Failure> {
    let mut key = Secret::zeroed();
    let found = live.store.get(&IDENTITY, &mut key).await.map_err(text)?;
    assert_eq!(found, Some(32), "the identity survives everything");
    let mut regions = (&mut live.cache,);
    let context = Context {
        provider,
        memory: &mut NoVolatile,
        clock: &mut live.clock,
        events: &mut NoEvents,
        device_key: Some(&key),
    };
    let clean = gabion_erase::resume(&PLAN, &mut live.store, &mut regions, context).await;
    clean.map(|clean| clean.finished_reset()).map_err(text)
}

/// Signatures cost more than everything else and are tested elsewhere: this provider fakes them.
#[derive(Clone, Copy)]
pub struct Unsigned;

impl Sha256 for Unsigned {
    type Digest = SoftwareDigest;

    fn sha256_start(&self) -> SoftwareDigest {
        Software.sha256_start()
    }
}

impl EcdsaP256Sign for Unsigned {
    fn p256_public_key(&self, _private: &Secret<[u8; 32]>) -> Result<P256PublicKey, CryptoError> {
        Ok(NOBODY)
    }

    fn p256_sign(
        &self,
        _private: &Secret<[u8; 32]>,
        _hash: &[u8; 32],
    ) -> Result<P256Signature, CryptoError> {
        Ok(P256Signature([1; 64]))
    }
}

impl EcdsaP256Verify for Unsigned {
    fn p256_verify(
        &self,
        _key: &P256PublicKey,
        _hash: &[u8; 32],
        _signature: &P256Signature,
    ) -> Result<(), CryptoError> {
        Ok(())
    }
}

pub const NOBODY: P256PublicKey = P256PublicKey([3; 64]);
