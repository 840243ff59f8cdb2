//! Plants a secret, works with it, and looks through the whole RAM for what is left of it.
//!
//! A place that is left behind is a failure once the stack below was burnt, and is told before.
#![no_std]
#![no_main]

use core::convert::Infallible;
use core::fmt::Write;

use gabion_auth::{Auth, Config, Entered, LABEL, Name, Owner, Policy, Ports, label_verifier};
use gabion_crypto::{
    Aead, AeadKey, EcdsaP256Sign, HmacSha256, Label, Secret, Software, SoftwareChaCha,
    SoftwareRootKey, burn_stack, hkdf_expand,
};
use gabion_flash::{Multiwrite, block_on};
use gabion_hal::rand_core::{TryCryptoRng, TryRng};
use gabion_hal::{Clock, NoEvents, WallTime};
use gabion_privacy::{
    Basis, Category, Doubt, PersonalData, Privacy, Purpose, Retention, Scope, Sensitivity, Shape,
    Subject, Value, Words, personal_data,
};
use gabion_profile::{Authenticator, Class, Exposure, Interface, Parameter};
use gabion_qemu::gabion_testkit::device::{Device, FIRST};
use gabion_qemu::ram::{LEN, Planted};
use gabion_qemu::semihosting::Console;
use gabion_storage::{Change, Storage, StorageError};

gabion_qemu::entry!(run);
gabion_qemu::panic_with_message!();

/// How much stack is burnt after each operation.
const BURN: usize = 16 * 1024;

static PLANTED: Planted = Planted::hide(b"plum wagon 4, teal crickets sing");

type Owned = Secret<[u8; LEN]>;
type Outcome = Result<(), &'static str>;
type Operation = fn(&Owned) -> Outcome;

const OPERATIONS: &[(&str, Operation)] = &[
    ("a_secret_that_was_dropped", dropped),
    ("hmac_and_hkdf_with_a_key", derived),
    ("aes_gcm_with_a_key", aes_gcm),
    ("aes_gcm_of_a_plaintext", sealed),
    ("chacha20_poly1305_with_a_key", chacha),
    ("p256_sign_with_a_key", signed),
    ("the_store_put_get_remove_and_class_erase", stored),
    ("set_up_and_log_in_with_a_password", logged_in),
    ("personal_data_put_get_and_deletion", personal),
];

/// Works through one operation in a frame of its own, so that nothing of it stays in this one.
#[inline(never)]
fn work(operation: Operation, owned: &Owned) -> Outcome {
    operation(owned)
}

fn run() -> bool {
    let mut out = Console;
    let mut failed = 0;
    let _ = writeln!(out, "running {} tests", OPERATIONS.len() + 2);

    let _ = write!(out, "test secrets::the_search_finds_what_is_there ... ");
    let mut copy = [0_u8; LEN];
    PLANTED.plant(&mut copy);
    let there = PLANTED.found(0).places;
    let here = PLANTED.found(copy.as_ptr() as usize).places;
    copy.reverse();
    let backwards = PLANTED.found(0).places;
    zeroize(&mut copy);
    burn_stack::<BURN>();
    let gone = PLANTED.found(0).places;
    let sound = there > 0 && here == 0 && backwards > 0 && gone == 0;
    failed += usize::from(!sound);
    let _ = if sound {
        writeln!(out, "ok")
    } else {
        writeln!(out, "FAILED: {there} {here} {backwards} {gone}")
    };

    let _ = write!(out, "test secrets::the_search_finds_a_planted_leak ... ");
    let mut owned = Owned::zeroed();
    PLANTED.plant(owned.expose_mut());
    let mut keep = [0_u8; LEN];
    leak(&owned, &mut keep);
    let leaked = PLANTED.found(owned.expose().as_ptr() as usize).places;
    zeroize(&mut keep);
    failed += usize::from(leaked == 0);
    let _ = writeln!(out, "{}", if leaked > 0 { "ok" } else { "FAILED: a copy was not found" });

    for (name, operation) in OPERATIONS {
        let _ = write!(out, "test secrets::{name} ... ");
        let outcome = work(*operation, &owned);
        let owner = owned.expose().as_ptr() as usize;
        let before = PLANTED.found(owner);
        burn_stack::<BURN>();
        let after = PLANTED.found(owner);
        let _ = match outcome {
            Ok(()) if after.places == 0 => writeln!(out, "ok"),
            Ok(()) => {
                failed += 1;
                writeln!(out, "FAILED: {} places, the first at {:#x}", after.places, after.first)
            }
            Err(why) => {
                failed += 1;
                writeln!(out, "FAILED: {why}")
            }
        };
        if before.places > 0 {
            let _ = writeln!(out, "before the stack was burnt: {} places", before.places);
        }
    }
    failed == 0
}

fn zeroize(bytes: &mut [u8]) {
    for byte in bytes.iter_mut() {
        *byte = 0;
    }
    core::hint::black_box(bytes);
}

#[inline(never)]
fn leak(owned: &Owned, out: &mut [u8; LEN]) {
    *out = *owned.expose();
    core::hint::black_box(out);
}

fn dropped(owned: &Owned) -> Outcome {
    let copy = Secret::new(*owned.expose());
    if copy.ct_eq(owned.expose()) { Ok(()) } else { Err("not equal") }
}

fn derived(owned: &Owned) -> Outcome {
    let mut out = Secret::<[u8; 64]>::zeroed();
    let tag = Software.hmac_sha256(owned.expose(), &[b"message"]);
    hkdf_expand(&Software, owned, Label::StorageKek, [&tag, b""], out.expose_mut())
        .map_err(|_| "hkdf")
}

fn sealed_by(key: &impl AeadKey, data: &mut [u8]) -> Outcome {
    let tag = key.seal(&[1; 12], b"aad", data).map_err(|_| "seal")?;
    key.unseal(&[1; 12], b"aad", data, &tag).map_err(|_| "unseal")
}

fn aes_gcm(owned: &Owned) -> Outcome {
    sealed_by(&Software.aead_key(owned), &mut [7; 48])
}

fn sealed(owned: &Owned) -> Outcome {
    let mut copy = Owned::zeroed();
    copy.expose_mut().copy_from_slice(owned.expose());
    sealed_by(&Software.aead_key(&Secret::new([3; 32])), copy.expose_mut())
}

fn chacha(owned: &Owned) -> Outcome {
    sealed_by(&SoftwareChaCha.aead_key(owned), &mut [7; 48])
}

fn signed(owned: &Owned) -> Outcome {
    Software.p256_public_key(owned).map_err(|_| "public key")?;
    Software.p256_sign(owned, &[5; 32]).map_err(|_| "signature").map(|_| ())
}

fn stored(owned: &Owned) -> Outcome {
    let mut device = Device::<Multiwrite>::new()?;
    let done = device.with(|store| {
        let mut back = Owned::zeroed();
        block_on(async {
            store.put(&FIRST, owned.expose()).await?;
            store.get(&FIRST, &mut back).await?;
            store.remove(&FIRST).await?;
            store.put(&FIRST, owned.expose()).await?;
            store.erase_class(Class::UserSecret).await
        })
        .map(|()| back.ct_eq(owned.expose()))
    });
    match done {
        Ok(Ok(true)) => Ok(()),
        _ => Err("the store did not do it"),
    }
}

static INTERFACES: &[Interface] =
    &[Interface::new("app", Exposure::Local, true, Authenticator::UserSecret, "the app")];

fn logged_in(owned: &Owned) -> Outcome {
    let policy = Policy { iterations: 2, ..Policy::STANDARD };
    let (mut storage, mut entropy) = (Shelf::new(), Counted(0));
    let mut root = SoftwareRootKey::new(Secret::new([9; 32]), Software);
    let secret = Secret::new(*b"7K4FM2XQ9RHT3W8");
    let label = label_verifier(&Software, &mut root, &mut entropy, &policy, &secret)
        .map_err(|_| "label")?;
    block_on(storage.put(&LABEL, &label)).map_err(|_| "label put")?;
    let config = Config { interfaces: INTERFACES, facts: &[], policy };
    let opened = block_on(Auth::open(Software, &mut root, &mut storage, &mut Still(0), config));
    let mut auth: Auth<'_, Software> = opened.map_err(|_| "auth")?;
    let mut typed = *b"7K4FM2XQ9RHT3W8";
    let label = Entered::take(&mut typed).map_err(|_| "label text")?;
    let name = Name::new("Ada").ok_or("name")?;
    let mut ports = Ports {
        storage: &mut storage,
        entropy: &mut entropy,
        clock: &mut Still(100_000),
        events: &mut NoEvents,
    };
    let typed = |owned: &Owned| {
        let mut typed = *owned.expose();
        Entered::take(&mut typed).map_err(|_| "text")
    };
    let entered = typed(owned)?;
    let _first = block_on(auth.set_up_owner(&mut ports, &INTERFACES[0], &label, &name, &entered))
        .map_err(|_| "set-up")?;
    let entered = typed(owned)?;
    let session =
        block_on(auth.log_in(&mut ports, &INTERFACES[0], &name, &entered)).map_err(|_| "log-in")?;
    auth.authorize::<Owner>(ports.clock, &session.token).map_err(|_| "session").map(|_| ())
}

const SERVICE: Purpose = Purpose::new(
    0,
    1,
    "SERVICE",
    Words::new("to know you", "um Sie zu kennen"),
    Basis::Contract(Words::new("needed", "nötig")),
);

personal_data! {
    /// What is planted here.
    const INVENTORY, sensors: [] => {
        DIARY: {
            number: 1, max_len: 32, scope: Scope::Household,
            words: Words::new("a diary", "ein Tagebuch"), category: Category::Health,
            sensitivity: Sensitivity::Sensitive, purpose: SERVICE,
            retention: Retention::UntilDeleted, recipients: [], sensor: None, shape: Shape::Text,
        };
    }
}

fn personal(owned: &Owned) -> Outcome {
    let mut storage = Shelf::new();
    let ports = &mut gabion_privacy::Ports {
        storage: &mut storage,
        provider: &Software,
        clock: &mut Still(0),
        events: &mut NoEvents,
        device_key: None,
    };
    let opened = block_on(Privacy::<{ INVENTORY.buffer() }>::open(INVENTORY, Doubt::Keep, ports));
    let privacy = opened.map_err(|_| "open")?;
    let permit = privacy.permit(DIARY, Subject::Household).map_err(|_| "permit")?;
    let value = Value::<LEN>::new(owned.expose()).ok_or("value")?;
    let data = PersonalData::new(&permit, value);
    block_on(privacy.put(ports, &permit, &data)).map_err(|_| "put")?;
    drop(data);
    let back = block_on(privacy.get::<_, _, _, _, LEN>(ports, &permit)).map_err(|_| "get")?;
    let back = back.ok_or("nothing there")?;
    if !owned.ct_eq(back.expose(&permit).map_err(|_| "expose")?.as_ref()) {
        return Err("another value");
    }
    drop(back);
    block_on(ports.storage.erase_class(Class::PersonalData)).map_err(|_| "erase")
}

/// Keeps values, masked as a sealed store would have them.
struct Shelf {
    places: [(u16, usize, [u8; 400]); 10],
}

impl Shelf {
    const fn new() -> Self {
        Self { places: [(0, usize::MAX, [0; 400]); 10] }
    }
}

impl Storage for Shelf {
    type FlashError = Infallible;

    async fn read(
        &mut self,
        parameter: &'static Parameter,
        out: &mut [u8],
    ) -> Result<Option<usize>, StorageError<Infallible>> {
        let id = parameter.id.raw();
        let Some((_, len, bytes)) =
            self.places.iter().find(|(at, len, _)| *at == id && *len != usize::MAX)
        else {
            return Ok(None);
        };
        out.iter_mut().zip(&bytes[..*len]).for_each(|(to, from)| *to = *from ^ 0x3c);
        Ok(Some(*len))
    }

    async fn commit(&mut self, changes: &[Change<'_>]) -> Result<(), StorageError<Infallible>> {
        for change in changes {
            let id = change.parameter().id.raw();
            for place in self.places.iter_mut().filter(|(at, ..)| *at == id) {
                *place = (0, usize::MAX, [0; 400]);
            }
            let Some(value) = change.value() else { continue };
            let free = self.places.iter_mut().find(|(_, len, _)| *len == usize::MAX);
            let (at, len, bytes) = free.ok_or(StorageError::Full)?;
            (*at, *len) = (id, value.len());
            bytes.iter_mut().zip(value).for_each(|(to, from)| *to = *from ^ 0x3c);
        }
        Ok(())
    }

    async fn erase_class(&mut self, class: Class) -> Result<(), StorageError<Infallible>> {
        for place in &mut self.places {
            if place.0 >> 12 == u16::from(class.number()) {
                *place = (0, usize::MAX, [0; 400]);
            }
        }
        Ok(())
    }
}

/// A clock that stands.
struct Still(u64);

impl Clock for Still {
    fn uptime_ms(&mut self) -> u64 {
        self.0
    }

    fn wall(&mut self) -> Option<WallTime> {
        None
    }
}

/// Gives each draw once; for a test that must be repeatable.
struct Counted(u32);

impl TryRng for Counted {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for chunk in out.chunks_mut(32) {
            self.0 += 1;
            let block = Software.hmac_sha256(b"random", &[&self.0.to_le_bytes()]);
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Counted {}
