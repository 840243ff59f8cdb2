//! Both sides of set-up on any bytes, in any state.

use std::collections::BTreeMap;
use std::convert::Infallible;

use gabion_auth::{Auth, Config, Policy, Ports};
use gabion_crypto::{Secret, Software, SoftwareRootKey};
use gabion_flash::block_on;
use gabion_hal::rand_core::{TryCryptoRng, TryRng};
use gabion_hal::{Clock, NoEvents, WallTime};
use gabion_profile::{Authenticator, Class, Exposure, Interface, Parameter};
use gabion_provision::{LabelSecret, LifeCycle, Model, NoFuse, Serial};
use gabion_setup::{
    CREDENTIALS, Factory, Next, Order, Outbox, Outcome, Phone, Progress, SET_UP_WINDOW, SetUpLink,
};
use gabion_storage::{Change, Storage, StorageError};

#[derive(Default, Clone)]
struct Memory(BTreeMap<u16, Vec<u8>>);

impl Storage for Memory {
    type FlashError = Infallible;

    async fn read(
        &mut self,
        parameter: &'static Parameter,
        out: &mut [u8],
    ) -> Result<Option<usize>, StorageError<Infallible>> {
        let Some(value) = self.0.get(&parameter.id.raw()) else { return Ok(None) };
        let place = out.get_mut(..value.len()).ok_or(StorageError::BufferTooSmall(value.len()))?;
        place.copy_from_slice(value);
        Ok(Some(value.len()))
    }

    async fn commit(&mut self, changes: &[Change<'_>]) -> Result<(), StorageError<Infallible>> {
        for change in changes {
            let id = change.parameter().id.raw();
            match change.value() {
                Some(value) => self.0.insert(id, value.to_vec()),
                None => self.0.remove(&id),
            };
        }
        Ok(())
    }

    async fn erase_class(&mut self, _class: Class) -> Result<(), StorageError<Infallible>> {
        Ok(())
    }
}

struct Counting(u64);

impl TryRng for Counting {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Ok((self.0 >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from(self.try_next_u32()?) << 32 | u64::from(self.try_next_u32()?))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for byte in out {
            *byte = self.try_next_u32()? as u8;
        }
        Ok(())
    }
}

impl TryCryptoRng for Counting {}

struct Later;

impl Clock for Later {
    fn uptime_ms(&mut self) -> u64 {
        100_000
    }

    fn wall(&mut self) -> Option<WallTime> {
        None
    }
}

static INTERFACES: &[Interface] =
    &[Interface::new("app", Exposure::Local, true, Authenticator::UserSecret, "set-up")];

const CODE: &[u8] = b"7K4FM2XQ9RHT3W8";

fn made() -> Memory {
    let mut store = Memory::default();
    let Ok(LifeCycle::Unprovisioned(device)) =
        block_on(LifeCycle::open(&mut store, CREDENTIALS, &mut NoFuse))
    else {
        panic!("fresh")
    };
    let policy = Policy { iterations: 1, ..Policy::STANDARD };
    let order = Order {
        model: Model::new(b"LAMP-2").expect("a model"),
        serial: Serial::new(b"A00017").expect("a number"),
        public: &[],
        policy,
    };
    let mut factory = Factory {
        crypto: &Software,
        root_key: &mut SoftwareRootKey::new(Secret::new([7; 32]), Software),
        entropy: &mut Counting(1),
        fuse: &mut NoFuse,
        events: &mut NoEvents,
    };
    let secret = LabelSecret::parse(&mut CODE.to_vec()).expect("a code");
    let made = block_on(factory.provision_with(device, &mut store, &order, &secret));
    assert!(made.is_ok());
    store
}

/// What must hold for every input. The first byte says how many honest frames go before, and to whom the rest goes; the second
/// how long its pieces are.
pub fn setup_link(data: &[u8]) {
    let [turns, piece, rest @ ..] = data else { return };
    let (honest, to_phone) = (usize::from(turns & 3), turns & 4 != 0);
    let mut store = made();
    let policy = Policy { iterations: 1, ..Policy::STANDARD };
    let config = Config { interfaces: INTERFACES, facts: &[], policy };
    let mut root = SoftwareRootKey::new(Secret::new([7; 32]), Software);
    let mut start = AtStart;
    let opened = Auth::open(Software, &mut root, &mut store, &mut start, config);
    let mut auth: Auth<'_, _> = block_on(opened).expect("log-in opens");
    let Ok(LifeCycle::FactoryProvisioned(device)) =
        block_on(LifeCycle::open(&mut store, CREDENTIALS, &mut NoFuse))
    else {
        panic!("provisioned")
    };
    let interface = INTERFACES.first().expect("one");
    let mut link = SetUpLink::open(Software, device, interface, &mut Later);
    link.connected(&mut Later);
    let (mut out, mut reply) = (Outbox::new(), Outbox::new());
    let code = LabelSecret::parse(&mut CODE.to_vec()).expect("a code");
    let mut phone = Phone::start(Software, code, None, &mut out);
    let mut entropy = Counting(2);
    let mut device_receives = |bytes: &[u8], reply: &mut Outbox| {
        let mut ports = Ports {
            storage: &mut store,
            entropy: &mut Counting(3),
            clock: &mut Later,
            events: &mut NoEvents,
        };
        let left = |store: &Memory| store.0[&SET_UP_WINDOW.parameter().id.raw()][1];
        let before = left(ports.storage);
        let progress = block_on(link.receive(&mut auth, &mut ports, bytes, reply));
        assert!(!matches!(progress, Progress::Done(_)), "nobody gets in");
        let after = left(ports.storage);
        assert!(after <= before && before - after <= 1, "attempts only go down");
        assert!(after < before || reply.bytes().first() != Some(&4), "no answer is free");
        assert_eq!(matches!(progress, Progress::More), reply.bytes().is_empty());
        matches!(progress, Progress::More | Progress::Answered)
    };
    for _ in 0..honest {
        device_receives(out.bytes(), &mut reply);
        assert!(phone.receive(&mut entropy, reply.bytes(), &mut out).is_ok());
    }
    for bytes in rest.chunks(usize::from(*piece).max(1)) {
        if to_phone {
            match phone.receive(&mut entropy, bytes, &mut out) {
                Ok(Next::More) => {}
                Ok(Next::Send) if honest == 0 => {} // any offer may be answered
                Ok(other) => panic!("a phone was led on: {other:?}"),
                Err(_) => break,
            }
        } else if !device_receives(bytes, &mut reply) {
            break;
        }
    }
    assert!(matches!(link.into_device(), Outcome::Unclaimed(_)));
}

/// The log-in opens long before the peer comes.
struct AtStart;

impl Clock for AtStart {
    fn uptime_ms(&mut self) -> u64 {
        0
    }

    fn wall(&mut self) -> Option<WallTime> {
        None
    }
}
