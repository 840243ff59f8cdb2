//! Attacks, and the provisions that they test.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

mod double;

use std::num::NonZeroU32;

use double::{Broken, MemoryStore, Seeded, block_on};
use gabion_crypto::Software;
use gabion_hal::{CounterError, EventKind, MonotonicCounter, NoEvents};
use gabion_profile::{Class, Origin, parameters};
use gabion_provision::{
    CounterFuse, Credentials, FACTORY_RECORD, FactoryFuse, GenerateError, IDENTITY_KEY,
    LabelSecret, LifeCycle, NoFuse, Pattern, ProvisionError, audit,
};
use gabion_storage::Storage;

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

type Opened = Result<LifeCycle, ProvisionError<double::PowerLost>>;

fn open(store: &mut MemoryStore, fuse: &mut impl FactoryFuse) -> Opened {
    block_on(LifeCycle::open(store, CREDENTIALS, fuse))
}

fn provision_with(
    store: &mut MemoryStore,
    fuse: &mut impl FactoryFuse,
    secret: &LabelSecret,
    verifier: &[u8],
    public: &[&[u8]],
) -> Result<(), ProvisionError<double::PowerLost>> {
    let LifeCycle::Unprovisioned(factory) = open(store, fuse)? else { panic!("already done") };
    block_on(factory.provision(
        store,
        &Software,
        &mut Seeded(5),
        fuse,
        &mut NoEvents,
        &double::equipment(secret, verifier, public),
    ))
    .map(|_| ())
}

fn secret() -> LabelSecret {
    LabelSecret::generate(&mut Seeded(9), &[]).unwrap()
}

#[test]
fn provision_5_1_1_a_thousand_devices_share_no_secret() {
    let mut entropy = Seeded(11);
    let mut seen = std::collections::HashSet::new();
    for _ in 0..1000 {
        assert!(seen.insert(*LabelSecret::generate(&mut entropy, &[]).unwrap().expose()));
    }
}

#[test]
fn provision_5_1_1_no_network_before_a_unique_credential() {
    // Every subset of the stored facts but two opens nothing that reaches a network.
    let facts = [
        FACTORY_RECORD.parameter(),
        IDENTITY_KEY.parameter(),
        LABEL.parameter(),
        OWNER.parameter(),
    ];
    let mut full = MemoryStore::default();
    provision_with(&mut full, &mut NoFuse, &secret(), &[1; 64], &[]).unwrap();
    block_on(full.put(&OWNER, &[2; 64])).unwrap();
    let mut permits = 0;
    for subset in 0..16_u32 {
        let mut store = full.power_on();
        for (bit, fact) in facts.iter().enumerate() {
            if subset & (1 << bit) == 0 {
                store.values.remove(&fact.id.raw());
            }
        }
        match open(&mut store, &mut NoFuse) {
            Ok(LifeCycle::Unprovisioned(_)) => assert_eq!(subset, 0),
            Ok(LifeCycle::FactoryProvisioned(_)) => {
                assert_eq!(subset, 0b0111);
                permits += 1;
            }
            Ok(LifeCycle::Owned(_)) => {
                assert_eq!(subset, 0b1111);
                permits += 1;
            }
            Err(why) => assert_eq!(why, ProvisionError::Inconsistent),
        }
    }
    assert_eq!(permits, 2);
}

#[test]
fn a_damaged_fact_is_not_an_absent_one() {
    // Taking damage for absence would let whoever damages the owner's record take the device over with the label.
    let mut full = MemoryStore::default();
    provision_with(&mut full, &mut NoFuse, &secret(), &[1; 64], &[]).unwrap();
    block_on(full.put(&OWNER, &[2; 64])).unwrap();
    for fact in
        [FACTORY_RECORD.parameter(), IDENTITY_KEY.parameter(), LABEL.parameter(), OWNER.parameter()]
    {
        let mut store = full.power_on();
        store.damaged = Some(fact.id.raw());
        assert!(
            matches!(open(&mut store, &mut NoFuse), Err(ProvisionError::Storage(_))),
            "{}",
            fact.name
        );
    }
}

#[test]
fn every_changed_bit_of_the_factory_record_is_refused_or_names_another_device() {
    let mut full = MemoryStore::default();
    provision_with(&mut full, &mut NoFuse, &secret(), &[1; 64], &[]).unwrap();
    let id = FACTORY_RECORD.parameter().id.raw();
    let len = full.values[&id].len();
    for cut in 0..len {
        let mut store = full.power_on();
        store.values.get_mut(&id).unwrap().truncate(cut);
        assert_eq!(open(&mut store, &mut NoFuse).unwrap_err(), ProvisionError::Inconsistent);
    }
    for bit in 0..len * 8 {
        let mut store = full.power_on();
        store.values.get_mut(&id).unwrap()[bit / 8] ^= 1 << (bit % 8);
        match open(&mut store, &mut NoFuse) {
            Err(why) => assert_eq!(why, ProvisionError::Inconsistent),
            Ok(LifeCycle::FactoryProvisioned(device)) => {
                assert_ne!(
                    (device.model().as_str(), device.serial().as_str()),
                    ("LAMP-2", "A00017")
                );
            }
            Ok(other) => panic!("bit {bit}: {other:?}"),
        }
    }
}

#[test]
fn the_factory_interface_does_not_come_back() {
    let mut store = MemoryStore::default();
    provision_with(&mut store, &mut NoFuse, &secret(), &[1; 64], &[]).unwrap();
    for _ in 0..3 {
        store = store.power_on();
        assert!(!matches!(open(&mut store, &mut NoFuse).unwrap(), LifeCycle::Unprovisioned(_)));
        block_on(store.erase_class(Class::UserSecret)).unwrap();
        block_on(store.erase_class(Class::Configuration)).unwrap();
        block_on(store.erase_class(Class::PersonalData)).unwrap();
    }
}

#[derive(Default)]
struct Counter(u32, bool);

impl MonotonicCounter for Counter {
    type Error = ();

    fn read(&mut self) -> Result<u32, CounterError<()>> {
        if self.1 { Err(CounterError::Hardware(())) } else { Ok(self.0) }
    }

    fn advance_to(&mut self, value: u32) -> Result<(), CounterError<()>> {
        if value < self.0 {
            return Err(CounterError::WouldDecrease);
        }
        self.0 = value;
        Ok(())
    }

    fn max(&self) -> u32 {
        8
    }
}

#[test]
fn erasing_the_whole_flash_does_not_open_the_factory_where_there_is_a_fuse() {
    let mut fuse = CounterFuse::new(Counter::default(), NonZeroU32::MIN);
    let mut store = MemoryStore::default();
    provision_with(&mut store, &mut fuse, &secret(), &[1; 64], &[]).unwrap();
    let wiped = open(&mut MemoryStore::default(), &mut fuse);
    assert_eq!(wiped.unwrap_err(), ProvisionError::FactoryClosed);
    assert!(open(&mut store, &mut fuse).is_ok());
}

#[test]
fn a_fuse_that_cannot_be_read_opens_nothing() {
    let mut fuse = CounterFuse::new(Counter(0, true), NonZeroU32::MIN);
    assert_eq!(open(&mut MemoryStore::default(), &mut fuse).unwrap_err(), ProvisionError::Fuse);
}

#[test]
fn power_cut_between_commit_and_fuse_is_made_good() {
    let mut store = MemoryStore { cut: Some((0, true)), ..MemoryStore::default() };
    let mut fuse = CounterFuse::new(Counter::default(), NonZeroU32::MIN);
    provision_with(&mut store, &mut fuse, &secret(), &[1; 64], &[]).unwrap_err();
    assert_eq!(fuse.is_blown(), Ok(Some(false)));
    let opened = open(&mut store.power_on(), &mut fuse).unwrap();
    assert!(matches!(opened, LifeCycle::FactoryProvisioned(_)));
    assert_eq!(fuse.is_blown(), Ok(Some(true)));
}

#[test]
fn power_cut_while_provisioning_leaves_all_or_nothing() {
    for after in [false, true] {
        let mut store = MemoryStore { cut: Some((0, after)), ..MemoryStore::default() };
        provision_with(&mut store, &mut NoFuse, &secret(), &[1; 64], &[]).unwrap_err();
        let opened = open(&mut store.power_on(), &mut NoFuse).unwrap();
        assert_eq!(matches!(opened, LifeCycle::FactoryProvisioned(_)), after);
        assert_eq!(matches!(opened, LifeCycle::Unprovisioned(_)), !after);
    }
}

#[test]
fn an_empty_or_short_credential_is_none() {
    for verifier in [&[][..], &[1; 31], &[1; 257]] {
        let mut store = MemoryStore::default();
        let refused = provision_with(&mut store, &mut NoFuse, &secret(), verifier, &[]);
        assert_eq!(refused.unwrap_err(), ProvisionError::NoCredential);
        assert!(store.values.is_empty());
    }
}

#[test]
fn provision_5_1_2_a_dead_random_source_gives_no_secret() {
    let dead = LabelSecret::generate(&mut Broken(None), &[]);
    assert_eq!(dead.unwrap_err(), GenerateError::Entropy);
}

#[test]
fn provision_5_1_2_a_stuck_random_source_gives_no_secret() {
    for byte in 0..=255 {
        let stuck = LabelSecret::generate(&mut Broken(Some(byte)), &[]);
        assert_eq!(stuck.unwrap_err(), GenerateError::Stuck, "{byte:#x}");
    }
}

#[test]
fn a_dead_random_source_ships_no_device() {
    struct Recorder(Vec<EventKind>);
    impl gabion_hal::EventSink for Recorder {
        fn event(&mut self, event: gabion_hal::Event) {
            self.0.push(event.kind);
        }
    }
    for mut bad in [Broken(None), Broken(Some(0x5a)), Broken(Some(0)), Broken(Some(0xff))] {
        let mut store = MemoryStore::default();
        let LifeCycle::Unprovisioned(factory) = open(&mut store, &mut NoFuse).unwrap() else {
            panic!("fresh")
        };
        let mut events = Recorder(Vec::new());
        let refused = block_on(factory.provision(
            &mut store,
            &Software,
            &mut bad,
            &mut NoFuse,
            &mut events,
            &double::equipment(&secret(), &[1; 64], &[]),
        ));
        assert!(matches!(refused, Err(ProvisionError::Generate(_))));
        assert_eq!(events.0, [EventKind::EntropyFailed]);
        assert!(store.values.is_empty());
    }
}

#[test]
fn provision_5_1_2_no_symbol_is_likelier_than_another() {
    const DRAWS: u32 = 60_000;
    let mut entropy = Seeded(21);
    let mut counts = [[0_u32; 256]; LabelSecret::RANDOM_SYMBOLS];
    for _ in 0..DRAWS {
        let secret = LabelSecret::generate(&mut entropy, &[]).unwrap();
        for (place, symbol) in secret.expose().iter().take(LabelSecret::RANDOM_SYMBOLS).enumerate()
        {
            counts[place][usize::from(*symbol)] += 1;
        }
    }
    // 22 degrees of freedom: 68 is exceeded by chance once in 10^6. Symbols by place find a place that is fixed or uneven;
    // all places together find the bias of a remainder, even of the mildest one (two symbols likelier by a twelfth).
    let chi2 = |counts: &[u32; 256]| {
        let used: Vec<f64> = counts.iter().filter(|n| **n > 0).map(|n| f64::from(*n)).collect();
        assert_eq!(used.len(), 23);
        let expected = used.iter().sum::<f64>() / 23.0;
        used.iter().map(|n| (n - expected).powi(2) / expected).sum::<f64>()
    };
    let mut together = [0; 256];
    for (place, counts) in counts.iter().enumerate() {
        assert!(chi2(counts) < 68.0, "place {place}: {}", chi2(counts));
        for (sum, count) in together.iter_mut().zip(counts) {
            *sum += count;
        }
    }
    assert!(chi2(&together) < 68.0, "{}", chi2(&together));
}

#[test]
fn provision_5_1_2_the_audit_costs_less_than_a_hundredth_of_a_bit() {
    // Random sources behind the audit: how many strings does it refuse?
    const DRAWS: u32 = 200_000;
    const SYMBOLS: &[u8] = b"23456789CDFHJKMNPQRTVWX";
    let mut entropy = Seeded(31);
    let public: &[&[u8]] = &[b"A00017", b"LAMP-2", b"02:4F:7C:D3:99:8E"];
    let mut refused = 0_u32;
    for _ in 0..DRAWS {
        let mut bytes = [0; 14];
        gabion_hal::rand_core::TryRng::try_fill_bytes(&mut entropy, &mut bytes).unwrap();
        let text = bytes.map(|b| SYMBOLS[usize::from(b) % 23]);
        refused += u32::from(audit(&text, public).is_err());
    }
    let lost_bits = -(1.0 - f64::from(refused) / f64::from(DRAWS)).log2();
    assert!(lost_bits < 0.010, "{refused} of {DRAWS} refused: {lost_bits} bits lost");
    let full = 14.0 * 23_f64.log2() * 1000.0;
    assert!(f64::from(LabelSecret::MIN_ENTROPY_MILLIBITS) <= full - 10.0);
    const { assert!(LabelSecret::MIN_ENTROPY_MILLIBITS >= 50_000) };
    assert_eq!(LabelSecret::SPACE, 23_u128.pow(14));
}

#[test]
fn provision_5_1_2_counters_words_and_derived_secrets_are_refused() {
    let public: &[&[u8]] = &[b"SN-9R7T2", b"h3:kd:92:04:11:a0"];
    for (text, pattern) in [
        (&b"22222222222222"[..], Pattern::Repetition),
        (b"2K7F4444PXR9DH", Pattern::Repetition),
        (b"2323232323KKKK", Pattern::Repetition),
        (b"23456789CDFHJK", Pattern::Sequence),
        (b"XWVTRK2D7P4M9F", Pattern::Sequence),
        (b"2468CKX9PDW3F7", Pattern::Sequence),
        (b"7K4FM2X7K4FM2X", Pattern::Cycle),
        (b"QWRTK7F2XP4M9D", Pattern::Common),
        (b"7K4MPWRD2X9CF3", Pattern::Common),
        (b"K9DC9R7T2K3XM4", Pattern::Derived),
        (b"M2T7R9HXK4PCDF", Pattern::Derived),
        (b"K2MH3KD97PXR4C", Pattern::Derived),
    ] {
        let got = audit(text, public);
        assert_eq!(got, Err(pattern), "{}", String::from_utf8_lossy(text));
    }
    assert_eq!(audit(b"7K4FM2XQ9RHT3W", public), Ok(()));
}

#[test]
fn an_injected_secret_that_shares_a_piece_with_the_mac_is_refused() {
    let secret = secret();
    let piece = secret.expose()[3..9].to_vec();
    let mut store = MemoryStore::default();
    let refused = provision_with(&mut store, &mut NoFuse, &secret, &[1; 64], &[&piece]);
    assert_eq!(refused.unwrap_err(), ProvisionError::Weak(Pattern::Derived));
    assert!(store.values.is_empty());
}

#[test]
fn the_private_key_is_no_constant() {
    let mut keys = std::collections::HashSet::new();
    for seed in 0..20 {
        let identity = gabion_provision::Identity::generate(&Software, &mut Seeded(seed)).unwrap();
        assert!(keys.insert(identity.public_key().0));
    }
}
