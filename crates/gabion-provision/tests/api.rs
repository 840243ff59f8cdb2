//! What the crate promises.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

mod double;

use double::{MemoryStore, Seeded, block_on};
use gabion_crypto::Software;
use gabion_hal::{Event, EventKind, EventSink, NoEvents};
use gabion_profile::{Class, Origin, parameters};
use gabion_provision::{
    Credentials, Device, FactoryProvisioned, Identity, Label, LabelError, LabelSecret, LifeCycle,
    Model, NetworkPermit, NoFuse, Owned, ProvisionError, Serial,
};
use gabion_storage::{Change, Storage};

parameters! {
    /// Stands for what `gabion_auth` stores.
    pub const AUTH: {
        /// The label's verifier.
        LABEL: Critical { class: Class::DeviceSecret, number: 1, max_len: 64, origin: Origin::Factory, purpose: "test" };
        /// The owner's verifier.
        OWNER: Critical { class: Class::UserSecret, number: 2, max_len: 64, origin: Origin::User, purpose: "test" };
    }
}
const CREDENTIALS: Credentials = Credentials::new(LABEL, OWNER);

#[derive(Default)]
struct Recorder(Vec<Event>);

impl EventSink for Recorder {
    fn event(&mut self, event: Event) {
        self.0.push(event);
    }
}

fn model() -> Model {
    Model::new(b"LAMP-2").unwrap()
}

fn serial() -> Serial {
    Serial::new(b"A00017").unwrap()
}

fn open(store: &mut MemoryStore) -> Result<LifeCycle, ProvisionError<double::PowerLost>> {
    block_on(LifeCycle::open(store, CREDENTIALS, &mut NoFuse))
}

fn provision(store: &mut MemoryStore, events: &mut impl EventSink) -> Device<FactoryProvisioned> {
    let LifeCycle::Unprovisioned(factory) = open(store).unwrap() else { panic!("fresh") };
    let mut entropy = Seeded(7);
    let secret = LabelSecret::generate(&mut entropy, &[]).unwrap();
    block_on(factory.provision(
        store,
        &Software,
        &mut entropy,
        &mut NoFuse,
        events,
        &double::equipment(&secret, &[1; 64], &[]),
    ))
    .unwrap()
}

/// A service as a product writes one: it cannot be made without the permit.
struct SetUpService<'a>(NetworkPermit<'a, FactoryProvisioned>);
struct OwnerService<'a>(NetworkPermit<'a, Owned>);

#[test]
fn a_device_goes_through_its_whole_life() {
    let mut store = MemoryStore::default();
    let mut events = Recorder::default();
    let device = provision(&mut store, &mut events);
    assert_eq!((device.model(), device.serial()), (model(), serial()));
    let service = SetUpService(device.network());
    let _ = service.0;

    // After a reboot it is still provisioned, and the factory interface is gone.
    let LifeCycle::FactoryProvisioned(device) = open(&mut store.power_on()).unwrap() else {
        panic!("provisioned")
    };
    block_on(store.put(&OWNER, &[2; 64])).unwrap();
    let device = block_on(device.claimed(&mut store, &mut events)).unwrap();
    let _ = OwnerService(device.network()).0;
    let LifeCycle::Owned(_) = open(&mut store.power_on()).unwrap() else { panic!("owned") };

    block_on(store.erase_class(Class::UserSecret)).unwrap();
    let device = block_on(device.was_reset(&mut store)).unwrap();
    assert_eq!(device.serial(), serial());
    let LifeCycle::FactoryProvisioned(_) = open(&mut store.power_on()).unwrap() else {
        panic!("provisioned again")
    };
    let kinds: Vec<_> = events.0.iter().map(|e| e.kind).collect();
    assert_eq!(kinds, [EventKind::Provisioned, EventKind::SetUpFinished]);
}

#[test]
fn claiming_needs_an_owner_and_reset_needs_none() {
    let mut store = MemoryStore::default();
    let device = provision(&mut store, &mut NoEvents);
    let refused = block_on(device.claimed(&mut store, &mut NoEvents));
    assert_eq!(refused.unwrap_err(), ProvisionError::WrongState);
    block_on(store.put(&OWNER, &[2; 64])).unwrap();
    let LifeCycle::Owned(device) = open(&mut store).unwrap() else { panic!("owned") };
    assert_eq!(block_on(device.was_reset(&mut store)).unwrap_err(), ProvisionError::WrongState);
}

#[test]
fn the_identity_key_is_the_same_after_a_reboot() {
    let mut store = MemoryStore::default();
    provision(&mut store, &mut NoEvents);
    let a = block_on(Identity::load(&mut store, &Software)).unwrap();
    let b = block_on(Identity::load(&mut store.power_on(), &Software)).unwrap();
    assert_eq!(a.public_key(), b.public_key());
    let signature = a.sign(&Software, &[7; 32]).unwrap();
    use gabion_crypto::EcdsaP256Verify;
    Software.p256_verify(&b.public_key(), &[7; 32], &signature).unwrap();
    assert!(!format!("{a:?}").contains("private"), "the private key stays out of logs");
}

#[test]
fn a_secret_reads_back_however_it_is_typed() {
    let secret = LabelSecret::generate(&mut Seeded(1), &[]).unwrap();
    let printed = secret.grouped().to_string();
    assert_eq!(printed.len(), 17);
    for form in [
        printed.clone(),
        printed.to_lowercase(),
        printed.replace('-', ""),
        printed.replace('-', " "),
    ] {
        let mut typed = form.into_bytes();
        let read = LabelSecret::parse(&mut typed).unwrap();
        assert_eq!(read.expose(), secret.expose());
        assert!(typed.iter().all(|b| *b == 0), "the buffer is wiped");
    }
    assert_eq!(format!("{secret:?}"), "LabelSecret(..)");
}

#[test]
fn the_check_symbol_finds_every_wrong_symbol_and_every_swap() {
    const SYMBOLS: &[u8] = b"23456789CDFHJKMNPQRTVWX";
    for seed in 0..40 {
        let secret = *LabelSecret::generate(&mut Seeded(seed), &[]).unwrap().expose();
        for at in 0..secret.len() {
            for symbol in SYMBOLS.iter().filter(|s| **s != secret[at]) {
                let mut wrong = secret;
                wrong[at] = *symbol;
                assert_eq!(LabelSecret::parse(&mut wrong).unwrap_err(), LabelError::Check);
            }
            for other in (0..at).filter(|other| secret[*other] != secret[at]) {
                let mut wrong = secret;
                wrong.swap(at, other);
                assert_eq!(LabelSecret::parse(&mut wrong).unwrap_err(), LabelError::Check);
            }
        }
    }
}

#[test]
fn a_misread_label_is_told_from_a_wrong_length() {
    let read = |text: &str| LabelSecret::parse(&mut text.to_owned().into_bytes()).unwrap_err();
    assert_eq!(read(""), LabelError::Length);
    assert_eq!(read("22222"), LabelError::Length);
    assert_eq!(read("2222222222222222"), LabelError::Length);
    assert_eq!(read("0222222222222222"), LabelError::Symbol);
    assert_eq!(read("O"), LabelError::Symbol);
}

#[test]
fn the_payload_reads_back_and_nothing_else_does() {
    let secret = LabelSecret::generate(&mut Seeded(3), &[]).unwrap();
    let label = Label { model: model(), serial: serial(), secret };
    let payload = label.payload();
    let text = payload.expose().to_owned();
    assert!(text.starts_with("GABION:1:LAMP-2:A00017:"), "{text}");
    let read = Label::parse(&mut text.clone().into_bytes()).unwrap();
    assert_eq!(read.serial, label.serial);
    assert_eq!(read.secret.expose(), label.secret.expose());
    for wrong in [
        text.replace("GABION:1", "GABION:2"),
        text.to_lowercase(),
        format!("{text}:X"),
        format!("{text} "),
        format!(" {text}"),
        text.replace(":A00017", ""),
        text.replace("A00017", ""),
        text[..text.len() - 1].to_owned(),
        String::new(),
    ] {
        assert!(Label::parse(&mut wrong.clone().into_bytes()).is_err(), "{wrong}");
    }
    assert_eq!(format!("{payload:?}"), "Payload(..)");
    assert!(!format!("{label:?}").contains(core::str::from_utf8(label.secret.expose()).unwrap()));
}

#[test]
fn the_longest_label_still_fits() {
    let label = Label {
        model: Model::new(&[b'M'; 16]).unwrap(),
        serial: Serial::new(&[b'7'; 20]).unwrap(),
        secret: LabelSecret::generate(&mut Seeded(4), &[]).unwrap(),
    };
    let payload = label.payload();
    assert_eq!(payload.expose().len(), Label::MAX_PAYLOAD);
    let size = gabion_provision::with_modules(&payload, |modules| modules.size());
    assert!(size.unwrap() <= 37, "QR version 5 or smaller");
}

#[test]
fn another_reader_decodes_the_code() {
    for (seed, model, serial) in
        [(1, "M", "7"), (2, "LAMP-2", "A00017"), (3, "MMMMMMMMMMMMMMMM", "77777777777777777777")]
    {
        let label = Label {
            model: Model::new(model.as_bytes()).unwrap(),
            serial: Serial::new(serial.as_bytes()).unwrap(),
            secret: LabelSecret::generate(&mut Seeded(seed), &[]).unwrap(),
        };
        let payload = label.payload();
        // From the picture in the terminal, as a camera sees it: eight pixels a module, light where a block is drawn.
        let mut drawn = String::new();
        gabion_provision::draw_half_blocks(&payload, &mut drawn).unwrap();
        let rows: Vec<Vec<bool>> = drawn
            .lines()
            .flat_map(|line| {
                let upper = line.chars().map(|c| matches!(c, '█' | '▀')).collect();
                let lower = line.chars().map(|c| matches!(c, '█' | '▄')).collect();
                [upper, lower]
            })
            .collect();
        let (width, height) = (rows[0].len() * 8, rows.len() * 8);
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
            if rows[y / 8][x / 8] { 255 } else { 0 }
        });
        let grids = image.detect_grids();
        let (_, read) = grids[0].decode().unwrap();
        assert_eq!(read, payload.expose());
    }
}

#[test]
fn the_terminal_code_has_its_quiet_zone_and_finder_patterns() {
    let secret = LabelSecret::generate(&mut Seeded(3), &[]).unwrap();
    let payload = Label { model: model(), serial: serial(), secret }.payload();
    let mut drawn = String::new();
    gabion_provision::draw_half_blocks(&payload, &mut drawn).unwrap();
    let lines: Vec<Vec<char>> = drawn.lines().map(|l| l.chars().collect()).collect();
    let side = gabion_provision::with_modules(&payload, |m| m.size()).unwrap() as usize + 8;
    assert_eq!(lines.len(), side.div_ceil(2));
    assert!(lines.iter().all(|line| line.len() == side));
    assert!(lines[..2].iter().flatten().all(|c| *c == '█'), "four light rows on top");
    // The finder pattern's first row is seven dark modules, then a light one.
    assert_eq!(lines[2][4..12].iter().collect::<String>(), " ▄▄▄▄▄ █");
}

#[test]
fn parameters_are_gabions_own_numbers() {
    for parameter in gabion_provision::PARAMETERS {
        assert!((0xf40..=0xf7f).contains(&parameter.id.number()), "{}", parameter.name);
    }
    let mut store = MemoryStore::default();
    block_on(store.commit(&[Change::put(&LABEL, &[1])])).unwrap();
}
