//! A night lamp for two, with a sealed store on simulated flash, and the people of the house.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "no test uses all of it")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    reason = "a test must stop loudly"
)]

use std::collections::BTreeMap;

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use gabion_auth::{
    Auth, Authorized, Config as AuthConfig, Entered, LABEL, Name, Owner, Policy,
    Ports as AuthPorts, SessionToken, User, label_verifier,
};
use gabion_crypto::{
    CryptoError, EcdsaP256Sign, HmacSha256, P256PublicKey, P256Signature, Secret, Sha256, Software,
    SoftwareDigest, SoftwareRootKey,
};
use gabion_flash::{Journaled, Multiwrite, Region as Part, Shared, Span, block_on};
use gabion_hal::rand_core::{TryCryptoRng, TryRng};
use gabion_hal::{Clock, NoEvents, TimeQuality, WallTime};
use gabion_link::{ChannelPolicy, PeerIdentity, Suite, Version};
use gabion_privacy::*;
use gabion_profile::{Authenticator, Class, Exposure, Interface, Parameter};
use gabion_sim::{Board, Off, Setup, SimCounter, SimFlash};
use gabion_storage::{Change, Config, OpenError, Storage, StorageError, Store};

pub const CLINIC_CHANNEL: ChannelPolicy = ChannelPolicy::new(
    "clinic",
    "reports to the clinic",
    "wifi",
    Version::Edhoc,
    &[Suite::EdhocSuite2],
    PeerIdentity::PresharedKey { identity: "clinic-1" },
    "kept until acknowledged",
);
pub const MAKER_CHANNEL: ChannelPolicy = ChannelPolicy::new(
    "maker",
    "reports to the maker",
    "wifi",
    Version::Edhoc,
    &[Suite::EdhocSuite2],
    PeerIdentity::PresharedKey { identity: "maker-1" },
    "none",
);
pub const CLINIC: Recipient = Recipient::new(
    0,
    "CLINIC",
    Words::new("the sleep clinic, which looks at it", "die Schlafklinik, die es ansieht"),
    &CLINIC_CHANNEL,
    true,
);
pub const MAKER: Recipient = Recipient::new(
    1,
    "MAKER",
    Words::new("the maker of this lamp", "der Hersteller dieser Lampe"),
    &MAKER_CHANNEL,
    false,
);
pub const SLEEP: Purpose = Purpose::new(
    0,
    1,
    "SLEEP",
    Words::new("to show how you slept", "um zu zeigen, wie Sie geschlafen haben"),
    Basis::Consent,
);
pub const GREETING: Purpose = Purpose::new(
    1,
    3,
    "GREETING",
    Words::new("to greet your guests", "um Ihre Gäste zu begrüßen"),
    Basis::Consent,
);
pub const SERVICE: Purpose = Purpose::new(
    2,
    1,
    "SERVICE",
    Words::new("to know whose lamp it is", "um zu wissen, wessen Lampe es ist"),
    Basis::Contract(Words::new(
        "The lamp needs it to work with several people.",
        "Die Lampe braucht es, um mit mehreren zu arbeiten.",
    )),
);
pub const MICROPHONE: Sensor = Sensor::new(
    "MICROPHONE",
    Words::new("sound in the room", "Geräusche im Raum"),
    Words::new("a red light is on while it listens", "ein rotes Licht leuchtet, solange es zuhört"),
);
pub const LIGHT: Sensor = Sensor::new(
    "LIGHT",
    Words::new("how bright it is", "wie hell es ist"),
    Words::new("it is always on", "das ist immer an"),
);

personal_data! {
    /// What the lamp knows of people.
    pub const INVENTORY, sensors: [MICROPHONE, LIGHT] => {
        SNORING: {
            number: 1, max_len: 8, scope: Scope::Users(2),
            words: Words::new("minutes of snoring", "Minuten Schnarchen"),
            category: Category::Health, sensitivity: Sensitivity::Sensitive, purpose: SLEEP,
            retention: Retention::Days(30), recipients: [CLINIC], sensor: Some(&MICROPHONE),
            shape: Shape::Integer,
        };
        DIARY: {
            number: 2, max_len: 40, scope: Scope::Users(2),
            words: Words::new("what you wrote about the night", "was Sie über die Nacht schrieben"),
            category: Category::Health, sensitivity: Sensitivity::Sensitive, purpose: SLEEP,
            retention: Retention::UntilDeleted, recipients: [], sensor: None, shape: Shape::Text,
        };
        GUESTS: {
            number: 1, max_len: 40, scope: Scope::Household,
            words: Words::new("names of guests", "Namen von Gästen"),
            category: Category::Identity, sensitivity: Sensitivity::Ordinary, purpose: GREETING,
            retention: Retention::Hours(48), recipients: [MAKER, CLINIC], sensor: None, shape: Shape::Text,
        };
        NICKNAME: {
            number: 3, max_len: 40, scope: Scope::Users(2),
            words: Words::new("how you want to be called", "wie Sie genannt werden möchten"),
            category: Category::Identity, sensitivity: Sensitivity::Ordinary, purpose: SERVICE,
            retention: Retention::UntilDeleted, recipients: [], sensor: None, shape: Shape::Text,
        };
    }
}

pub const LISTS: &[&[Parameter]] = INVENTORY.only_door(&[
    INVENTORY.parameters(),
    PARAMETERS,
    USER_PARAMETERS[1],
    gabion_erase::PARAMETERS,
]);

pub type Lamp = Privacy<{ INVENTORY.buffer() }>;

pub const PAGE: usize = 1024;
pub const PAGES: usize = 14;
pub const fn pages(from: usize, count: usize) -> Span {
    Span::new((from * PAGE) as u32, (count * PAGE) as u32)
}
pub const JOURNAL: Span = pages(0, 2);
pub const STORE: Span = pages(2, PAGES - 2);
pub const MAP: gabion_flash::Layout<2> =
    gabion_flash::Layout::new((PAGES * PAGE) as u32, PAGE as u32, [JOURNAL, STORE]);

pub type Nor = SimFlash<4, PAGE>;
pub type Flash<'a> = Part<'a, NoopRawMutex, Journaled<&'a mut Nor, Multiwrite>>;
pub type LampStore<'a> = Store<Flash<'a>, Software, SimCounter, 24, { Config::record_size(360) }>;
pub type Failure = String;

pub fn text(error: impl core::fmt::Debug) -> Failure {
    format!("{error:?}")
}

fn part(flash: &mut Nor) -> Result<Flash<'_>, Failure> {
    let journaled = block_on(Journaled::open_multiwrite(flash, JOURNAL)).map_err(text)?;
    let shared = Box::leak(Box::new(Shared::<NoopRawMutex, _>::new(journaled)));
    let [_, store] = shared.split(&MAP).map_err(text)?;
    Ok(store)
}

/// A lamp as the factory made it.
pub fn new_lamp() -> Off<Nor> {
    let mut board = Off::<Nor>::new(Setup::new(PAGES * PAGE)).power_on(None);
    block_on(Journaled::format(&mut board.flash, JOURNAL)).unwrap();
    let mut chip = board.chip.clone();
    block_on(LampStore::format(
        part(&mut board.flash).unwrap(),
        Config::new(LISTS),
        Software,
        chip.counter.clone(),
        &mut chip.root_key,
        &mut chip.entropy,
        &mut NoEvents,
    ))
    .unwrap();
    board.power_off()
}

pub fn open_store(board: &mut Board<Nor>) -> Result<LampStore<'_>, Failure> {
    let mut chip = board.chip.clone();
    let flash = part(&mut board.flash)?;
    block_on(LampStore::open(
        flash,
        Config::new(LISTS),
        Software,
        chip.counter.clone(),
        &mut chip.root_key,
        &mut chip.entropy,
        &mut NoEvents,
    ))
    .map_err(|error: OpenError<_>| text(error))
}

/// A clock that is set by hand.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hands {
    pub uptime_s: u64,
    pub wall: Option<WallTime>,
}

impl Hands {
    pub const fn at(unix_seconds: u64, quality: TimeQuality) -> Self {
        Self { uptime_s: 0, wall: Some(WallTime { unix_seconds, quality }) }
    }

    /// Lets time pass, on the clock on the wall too.
    pub fn pass(&mut self, seconds: u64) {
        self.uptime_s += seconds;
        if let Some(wall) = &mut self.wall {
            wall.unix_seconds += seconds;
        }
    }
}

impl Clock for Hands {
    fn uptime_ms(&mut self) -> u64 {
        self.uptime_s * 1000
    }

    fn wall(&mut self) -> Option<WallTime> {
        self.wall
    }
}

pub const IDENTITY: [u8; 32] = [0x11; 32];

/// The ports for one call, with the real algorithms or without signatures.
#[macro_export]
macro_rules! ports {
    ($storage:expr, $clock:expr, $provider:expr, $key:expr) => {
        &mut gabion_privacy::Ports {
            storage: $storage,
            provider: $provider,
            clock: $clock,
            events: &mut gabion_hal::NoEvents,
            device_key: $key,
        }
    };
    ($storage:expr, $clock:expr) => {
        $crate::ports!($storage, $clock, &Unsigned, None)
    };
}

/// Signatures cost more than everything else and are tested elsewhere: this provider fakes them.
#[derive(Debug, Clone, Copy)]
pub struct Unsigned;

impl Sha256 for Unsigned {
    type Digest = SoftwareDigest;

    fn sha256_start(&self) -> SoftwareDigest {
        Software.sha256_start()
    }
}

impl EcdsaP256Sign for Unsigned {
    fn p256_public_key(&self, _: &Secret<[u8; 32]>) -> Result<P256PublicKey, CryptoError> {
        Ok(P256PublicKey([3; 64]))
    }

    fn p256_sign(&self, _: &Secret<[u8; 32]>, _: &[u8; 32]) -> Result<P256Signature, CryptoError> {
        Ok(P256Signature([1; 64]))
    }
}

/// A store in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    pub values: BTreeMap<u16, Vec<u8>>,
    pub damaged: Option<u16>,
    pub commits: usize,
    /// The power fails before this commit.
    pub dies_before: Option<usize>,
}

impl Storage for MemoryStore {
    type FlashError = &'static str;

    async fn read(
        &mut self,
        parameter: &'static Parameter,
        out: &mut [u8],
    ) -> Result<Option<usize>, StorageError<&'static str>> {
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

    async fn commit(&mut self, changes: &[Change<'_>]) -> Result<(), StorageError<&'static str>> {
        if self.dies_before.is_some_and(|at| self.commits >= at) {
            return Err(StorageError::Flash("no power"));
        }
        self.commits += 1;
        for change in changes {
            let id = change.parameter().id.raw();
            if self.damaged == Some(id) {
                self.damaged = None;
            }
            match change.value() {
                Some(value) => {
                    assert!(value.len() <= change.parameter().max_len.into());
                    self.values.insert(id, value.to_vec());
                }
                None => drop(self.values.remove(&id)),
            }
        }
        Ok(())
    }

    async fn erase_class(&mut self, class: Class) -> Result<(), StorageError<&'static str>> {
        if self.dies_before.is_some_and(|at| self.commits >= at) {
            return Err(StorageError::Flash("no power"));
        }
        self.commits += 1;
        self.values.retain(|id, _| id >> 12 != u16::from(class.number()));
        Ok(())
    }
}

#[derive(Debug, Clone)]
struct Seeded(u64);

impl TryRng for Seeded {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(self.try_next_u64()? as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.0 += 1;
        let block = Software.hmac_sha256(b"people", &[&self.0.to_le_bytes()]);
        Ok(u64::from_le_bytes(block[..8].try_into().unwrap()))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in out.chunks_mut(8) {
            let word = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Seeded {}

static INTERFACES: &[Interface] =
    &[Interface::new("app", Exposure::Local, true, Authenticator::UserSecret, "the app")];

/// The people of the house, logged in: Ada, the owner, has account 0; Bob has account 1.
pub struct People {
    auth: Auth<'static, Software>,
    ada: SessionToken,
    bob: SessionToken,
}

impl People {
    pub fn at_home() -> Self {
        let policy = Policy { iterations: 2, ..Policy::STANDARD };
        let mut root = SoftwareRootKey::new(Secret::new([0x42; 32]), Software);
        let mut storage = MemoryStore::default();
        let mut entropy = Seeded(1);
        let mut clock = Hands { uptime_s: 10, wall: None };
        let secret = Secret::new(*b"7K4FM2XQ9RHT3W8");
        let label = label_verifier(&Software, &mut root, &mut entropy, &policy, &secret).unwrap();
        block_on(storage.put(&LABEL, &label)).unwrap();
        let config = AuthConfig { interfaces: INTERFACES, facts: &[], policy };
        let mut auth =
            block_on(Auth::open(Software, &mut root, &mut storage, &mut Hands::default(), config))
                .unwrap();
        let entered = |text: &str| Entered::take(&mut text.to_owned().into_bytes()).unwrap();
        let name = |text: &str| Name::new(text).unwrap();
        let mut events = NoEvents;
        let mut ports = AuthPorts {
            storage: &mut storage,
            entropy: &mut entropy,
            clock: &mut clock,
            events: &mut events,
        };
        let (app, ada, bob) = (&INTERFACES[0], name("Ada"), name("Bob"));
        let (hers, his) = (entered("blue kettle on a hill"), entered("seven quiet tractors"));
        let ada = block_on(async {
            let label = entered("7K4FM2XQ9RHT3W8");
            let session = auth.set_up_owner(&mut ports, app, &label, &ada, &hers).await.unwrap();
            let owner = auth.authorize::<Owner>(ports.clock, &session.token).unwrap();
            auth.add_user(&mut ports, owner, &bob, &his).await.unwrap();
            session.token
        });
        let bob = block_on(auth.log_in(&mut ports, app, &bob, &his)).unwrap().token;
        Self { auth, ada, bob }
    }

    pub fn owner(&mut self) -> Authorized<Owner> {
        self.auth.authorize(&mut Hands { uptime_s: 10, wall: None }, &self.ada).unwrap()
    }

    /// Ada, as anybody who lives here.
    pub fn ada(&mut self) -> Authorized<User> {
        self.auth.authorize(&mut Hands { uptime_s: 10, wall: None }, &self.ada).unwrap()
    }

    pub fn bob(&mut self) -> Authorized<User> {
        self.auth.authorize(&mut Hands { uptime_s: 10, wall: None }, &self.bob).unwrap()
    }
}

/// Stores text or bytes of somebody.
pub async fn keep<S: Storage>(
    lamp: &Lamp,
    storage: &mut S,
    clock: &mut Hands,
    (key, subject): (PersonalKey, Subject),
    bytes: &[u8],
) -> Result<(), PrivacyError<S::FlashError>> {
    let permit = lamp.permit(key, subject)?;
    let value = PersonalData::new(&permit, Value::<48>::new(bytes).unwrap());
    lamp.put(ports!(storage, clock), &permit, &value).await
}

/// Reads what somebody may read.
pub async fn look<S: Storage>(
    lamp: &Lamp,
    storage: &mut S,
    clock: &mut Hands,
    (key, subject): (PersonalKey, Subject),
) -> Result<Option<Vec<u8>>, PrivacyError<S::FlashError>> {
    let permit = lamp.permit(key, subject)?;
    let found = lamp.get::<_, _, _, _, 48>(ports!(storage, clock), &permit).await?;
    Ok(found.map(|data| data.expose(&permit).unwrap().as_ref().to_vec()))
}

pub fn start<S: Storage>(
    storage: &mut S,
    clock: &mut Hands,
) -> Result<Lamp, PrivacyError<S::FlashError>> {
    block_on(Lamp::open(INVENTORY, Doubt::Keep, ports!(storage, clock)))
}
