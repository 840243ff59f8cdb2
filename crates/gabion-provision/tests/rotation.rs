//! Certificates and the rotation of the identity key: the old key is good until the new one was confirmed, whatever the power
//! does; injected keys.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

mod double;

use double::{Broken, MemoryStore, Seeded, block_on, equipment};
use gabion_crypto::{EcdsaP256Sign, EcdsaP256Verify, P256PublicKey, Secret, Sha256, Software};
use gabion_hal::NoEvents;
use gabion_profile::{Class, Origin, parameters};
use gabion_provision::*;
use gabion_storage::StorageError;

parameters! {
    /// Stands for what `gabion_auth` stores.
    const AUTH: {
        /// The label's verifier.
        LABEL: Critical { class: Class::DeviceSecret, number: 1, max_len: 64, origin: Origin::Factory, purpose: "test" };
        /// The owner's verifier.
        OWNER: Critical { class: Class::UserSecret, number: 2, max_len: 64, origin: Origin::User, purpose: "test" };
    }
}

fn model() -> Model {
    Model::new(b"LAMP-2").unwrap()
}

fn serial() -> Serial {
    Serial::new(b"A00017").unwrap()
}

fn provisioned_with(
    identity: NewIdentity<'_>,
) -> Result<MemoryStore, ProvisionError<double::PowerLost>> {
    let _ = AUTH;
    let mut store = MemoryStore::default();
    let credentials = Credentials::new(LABEL, OWNER);
    let cycle = block_on(LifeCycle::open(&mut store, credentials, &mut NoFuse))?;
    let LifeCycle::Unprovisioned(device) = cycle else { panic!("fresh") };
    let secret = LabelSecret::generate(&mut Seeded(9), &[]).unwrap();
    let equipment = Equipment { identity, ..equipment(&secret, &[1; 64], &[]) };
    block_on(device.provision(
        &mut store,
        &Software,
        &mut Seeded(5),
        &mut NoFuse,
        &mut NoEvents,
        &equipment,
    ))?;
    Ok(store)
}

fn provisioned() -> MemoryStore {
    provisioned_with(NewIdentity::Generate).unwrap()
}

fn identity(store: &mut MemoryStore) -> P256PublicKey {
    block_on(Identity::load(store, &Software)).unwrap().public_key()
}

/// A certificate as a back end would make it: here the device signs for itself, which is the same to the device.
fn certificate_of(private: &Secret<[u8; 32]>) -> Vec<u8> {
    let store = provisioned_with(NewIdentity::Injected(private)).unwrap();
    let own = block_on(Identity::load(&mut store.power_on(), &Software)).unwrap();
    let from = Time::day(2026, 1, 1).unwrap();
    let mut out = [0; 512];
    self_signed_certificate(&Software, &own, &model(), &serial(), from, &mut out).unwrap().to_vec()
}

fn private(store: &MemoryStore, key: &gabion_profile::CriticalKey) -> Secret<[u8; 32]> {
    Secret::new(store.values[&key.parameter().id.raw()].as_slice().try_into().unwrap())
}

fn in_use(store: &mut MemoryStore) -> Option<Vec<u8>> {
    let mut out = [0; MAX_CERTIFICATE];
    block_on(certificate(store, &mut out)).unwrap().map(<[u8]>::to_vec)
}

#[test]
fn provision_5_4_4_a_key_is_replaced_when_its_successor_was_confirmed() {
    let mut store = provisioned();
    let old = identity(&mut store);
    let old_certificate = certificate_of(&private(&store, &IDENTITY_KEY));
    block_on(install_certificate(&mut store, &Software, &old_certificate)).unwrap();
    let next = block_on(begin_rotation(&mut store, &Software, &mut Seeded(70))).unwrap();
    assert_ne!(next.public_key(), old);
    // Begun again, after a power cut for example, it is the same key.
    let again = block_on(begin_rotation(&mut store, &Software, &mut Seeded(71))).unwrap();
    assert_eq!(again.public_key(), next.public_key());
    let mut out = [0; 512];
    let request = next.signing_request(&Software, &model(), &serial(), &mut out).unwrap();
    assert!(request.windows(64).any(|part| part == next.public_key().0));
    // Not ready without a certificate; the old key is the one in use.
    let early = block_on(confirm_rotation(&mut store, &Software, &mut NoEvents)).unwrap_err();
    assert_eq!(early, RotationError::NotReady);
    let new_certificate = certificate_of(&private(&store, &IDENTITY_NEXT));
    block_on(install_certificate(&mut store, &Software, &new_certificate)).unwrap();
    assert_eq!(identity(&mut store), old);
    assert_eq!(in_use(&mut store), Some(old_certificate));
    // The next key signs its trial log-in, then it is confirmed.
    let hash = Software.sha256(&[b"trial"]);
    let signature = next.sign(&Software, &hash).unwrap();
    assert!(Software.p256_verify(&next.public_key(), &hash, &signature).is_ok());
    let confirmed = block_on(confirm_rotation(&mut store, &Software, &mut NoEvents)).unwrap();
    assert_eq!(confirmed.public_key(), next.public_key());
    assert_eq!(identity(&mut store), next.public_key());
    assert_eq!(in_use(&mut store), Some(new_certificate));
    assert!(block_on(next_identity(&mut store, &Software)).unwrap().is_none());
    // A second time there is nothing to confirm.
    let done = block_on(confirm_rotation(&mut store, &Software, &mut NoEvents)).unwrap_err();
    assert_eq!(done, RotationError::NotReady);
    assert_eq!(identity(&mut store), next.public_key());
}

#[test]
fn a_rotation_can_be_given_up() {
    let mut store = provisioned();
    let old = identity(&mut store);
    let next = block_on(begin_rotation(&mut store, &Software, &mut Seeded(70))).unwrap();
    block_on(abandon_rotation(&mut store)).unwrap();
    assert!(block_on(next_identity(&mut store, &Software)).unwrap().is_none());
    assert_eq!(identity(&mut store), old);
    let other = block_on(begin_rotation(&mut store, &Software, &mut Seeded(71))).unwrap();
    assert_ne!(other.public_key(), next.public_key());
}

#[test]
fn certificates_for_other_keys_and_what_is_none_are_refused() {
    let mut store = provisioned();
    let foreign = certificate_of(&Secret::new(core::array::from_fn(|at| at as u8 + 1)));
    let refused = block_on(install_certificate(&mut store, &Software, &foreign));
    assert_eq!(refused.unwrap_err(), RotationError::NotOurs);
    let good = certificate_of(&private(&store, &IDENTITY_KEY));
    for len in 0..good.len() {
        let refused = block_on(install_certificate(&mut store, &Software, &good[..len]));
        assert_eq!(refused.unwrap_err(), RotationError::Certificate, "{len}");
    }
    for odd in [[&good[..], b"x"].concat(), vec![0x30; 1025], [&[0; 3][..], &good].concat()] {
        let refused = block_on(install_certificate(&mut store, &Software, &odd));
        assert_eq!(refused.unwrap_err(), RotationError::Certificate);
    }
    assert_eq!(in_use(&mut store), None);
}

#[test]
fn no_cut_leaves_a_key_without_its_certificate() {
    // Every commit of the whole rotation, cut before and after it took effect.
    let mut base = provisioned();
    let old = identity(&mut base);
    let old_certificate = certificate_of(&private(&base, &IDENTITY_KEY));
    block_on(install_certificate(&mut base, &Software, &old_certificate)).unwrap();
    let rotate = |store: &mut MemoryStore| -> Result<(), RotationError<double::PowerLost>> {
        block_on(begin_rotation(store, &Software, &mut Seeded(70)))?;
        let new = certificate_of(&private(store, &IDENTITY_NEXT));
        block_on(install_certificate(store, &Software, &new))?;
        block_on(confirm_rotation(store, &Software, &mut NoEvents)).map(|_| ())
    };
    for at in 0..3 {
        for after in [false, true] {
            let mut store = base.power_on();
            store.cut = Some((at, after));
            let cut = rotate(&mut store).unwrap_err();
            assert!(matches!(
                cut,
                RotationError::Provision(ProvisionError::Storage(StorageError::Flash(_)))
            ));
            let mut store = store.power_on();
            let key = private(&store, &IDENTITY_KEY);
            assert_eq!(in_use(&mut store), Some(certificate_of(&key)), "a pair: {at} {after}");
            assert_eq!(identity(&mut store) == old, !(at == 2 && after));
            if identity(&mut store) == old {
                rotate(&mut store).unwrap();
                assert_ne!(identity(&mut store), old);
            }
        }
    }
}

#[test]
fn a_dead_random_source_begins_nothing() {
    for dead in [None, Some(0), Some(0x5a)] {
        let mut store = provisioned();
        let refused = block_on(begin_rotation(&mut store, &Software, &mut Broken(dead)));
        assert!(matches!(
            refused.unwrap_err(),
            RotationError::Provision(ProvisionError::Generate(_))
        ));
        assert!(block_on(next_identity(&mut store, &Software)).unwrap().is_none());
    }
}

#[test]
fn an_injected_key_is_the_identity_unless_it_is_none() {
    let key = Secret::new(core::array::from_fn(|at| at as u8 + 1));
    let mut store = provisioned_with(NewIdentity::Injected(&key)).unwrap();
    assert_eq!(identity(&mut store), Software.p256_public_key(&key).unwrap());
    for bad in [[0; 32], [0xff; 32], [7; 32]] {
        let refused = provisioned_with(NewIdentity::Injected(&Secret::new(bad))).unwrap_err();
        assert_eq!(refused, ProvisionError::Generate(GenerateError::Stuck), "{bad:?}");
    }
}
