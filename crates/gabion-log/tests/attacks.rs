//! Each test is named after the attack that it shows failing.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

mod device;

use device::*;
use gabion_codec::{Sign1Prefix, Sign1View};
use gabion_crypto::{EcdsaP256Sign, HmacSha256, Label, Secret, Sha256, Software, hkdf_expand};
use gabion_flash::block_on;
use gabion_hal::{EventKind, RootKey, Severity};
use gabion_log::{Bundle, BundleError, EventQueue, Lane, Log, LogError, Position};
use gabion_sim::{Medium, Off, Tamper};

type Off1 = Off<Nor>;

/// A device whose main lane went once around its ring, powered off.
fn used_device() -> Off1 {
    let mut board = new_device().power_on(None);
    let mut log = open(&mut board);
    write(&mut log, Lane::Main, 0..24);
    write(&mut log, Lane::Critical, 500..502);
    drop(log);
    board.power_off()
}

/// What the examiner learns of a device with this flash: the events, or why nothing is believed.
#[derive(Debug, PartialEq)]
enum Outcome {
    Whole(Vec<(Lane, u32, u16)>),
    Detected(String),
}

fn examine_device(off: &Off1, medium: Medium) -> Outcome {
    let mut off = off.clone();
    off.medium = medium;
    let mut board = off.power_on(None);
    let mut root = board.chip.root_key.clone();
    let opened = block_on(Log::open(region(&mut board.flash), Software, &mut root, &CONFIG));
    let mut log = match opened {
        Ok(log) => log,
        Err(error) => return Outcome::Detected(format!("{error:?}")),
    };
    let alarm = log.damage();
    let bytes = export(&mut log, Position::default(), 1);
    match examine(&bytes) {
        Err(error) => Outcome::Detected(format!("{error:?}")),
        Ok(_) if alarm > 0 => Outcome::Detected(format!("alarm on the device: {alarm}")),
        Ok(events) => Outcome::Whole(events),
    }
}

/// Signs a payload as the device would: what a thief with the device key can do.
fn sign(payload: &[u8], key: u8) -> Vec<u8> {
    let prefix = Sign1Prefix::new(payload.len() as u32);
    let hash = Software.sha256(&[prefix.to_be_signed(), payload]);
    let signature = Software.p256_sign(&device_key(key), &hash).unwrap();
    [prefix.bytes(), payload, &Sign1Prefix::suffix(&signature.0)].concat()
}

fn payload(bundle: &[u8]) -> Vec<u8> {
    Sign1View::parse(bundle).unwrap().payload.to_vec()
}

/// Where the records of a bundle start and end in its payload.
fn records(payload: &[u8]) -> Vec<core::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut at = 144;
    while at < payload.len() {
        if payload[at] == b'P' {
            at += 49;
        } else {
            let end = at + 1 + 4 + usize::from(payload[at + 1]) + 16;
            found.push(at..end);
            at = end;
        }
    }
    found
}

#[test]
fn flipping_any_bit_of_a_bundle() {
    let (bytes, _) = export_all(used_device(), 1);
    assert!(examine(&bytes).is_ok());
    for bit in 0..bytes.len() * 8 {
        // A signature takes long to check; every bit of the frame and the header, every 37th of the rest.
        if bit > 300 * 8 && bit % 37 != 0 && bit < (bytes.len() - 66) * 8 {
            continue;
        }
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(examine(&changed).is_err(), "bit {bit}");
    }
}

#[test]
fn flipping_any_bit_of_the_flash() {
    let off = used_device();
    let whole = examine_device(&off, off.medium.clone());
    assert!(matches!(&whole, Outcome::Whole(events) if events.len() > 10));
    let (mut tried, mut detected) = (0, 0);
    let log = JOURNAL.end() as usize..CAPACITY;
    Tamper::new(&off.medium, log).flip_bits(|mutation, changed| {
        // Blank flash beside the records is tried at every seventh bit.
        let gabion_sim::Mutation::FlipBit { address, bit } = mutation else { return };
        if off.medium.is_blank(*address..*address + 1) && (address * 8 + usize::from(*bit)) % 7 != 0
        {
            return;
        }
        // Signing dominates: one bit of each byte, not always the same one; all with `GABION_SOAK` set.
        if std::env::var_os("GABION_SOAK").is_none() && usize::from(*bit) != address * 5 % 8 {
            return;
        }
        tried += 1;
        match examine_device(&off, changed) {
            Outcome::Detected(_) => detected += 1,
            Outcome::Whole(events) => {
                assert_eq!(Outcome::Whole(events), whole, "changed silently by {mutation:?}");
            }
        }
    });
    println!("{tried} bits flipped: {detected} detected, the rest changed nothing that is told");
    assert!(detected > tried / 4 && tried > 1_500);
}

#[test]
fn clearing_the_newest_record_is_told_by_the_anchor_and_the_earlier_bundle() {
    let off = used_device();
    let mut board = off.clone().power_on(None);
    let log = &mut open(&mut board);
    let anchor = log.anchor();
    let earlier = export(log, Position::default(), 1);
    let mut truncated = off.clone();
    // Records of one event take 52 bytes here; the newest is the last that is not blank before the keys.
    let newest = newest_record(&off.medium);
    truncated.medium.tamper(newest, &[0xff; 52]);
    let mut board = truncated.power_on(None);
    let log = &mut open(&mut board);
    assert!(!log.reaches(&anchor), "the sealed store knows better");
    let later = export(log, Position::default(), 1);
    let key = public_key(1);
    let earlier = Bundle::verify(&Software, &earlier, &key).unwrap();
    let later = Bundle::verify(&Software, &later, &key).unwrap();
    assert_eq!(later.follows(&earlier), Err(BundleError::Forked(Lane::Main)));
}

/// Address of the newest record of the main lane.
fn newest_record(medium: &Medium) -> usize {
    let page = |n: usize| 1024 + n * 512;
    let epoch = |n: usize| {
        u32::from_le_bytes(medium.bytes()[page(n) + 8..page(n) + 12].try_into().unwrap())
    };
    let newest =
        (0..5).max_by_key(|n| if medium.is_blank(page(*n)..page(*n) + 4) { 0 } else { epoch(*n) });
    let base = page(newest.unwrap());
    let used = (48..344).rev().find(|at| medium.bytes()[base + at] != 0xff).unwrap();
    base + used + 1 - 52
}

#[test]
fn truncating_a_bundle_even_with_the_device_key() {
    let (bytes, _) = export_all(used_device(), 1);
    let payload = payload(&bytes);
    let last_main = *records(&payload).iter().map(|r| r.end).collect::<Vec<_>>().last().unwrap();
    for cut in [last_main - 69, last_main - 138] {
        let forged = sign(&payload[..cut.max(144)], 1);
        assert!(examine(&forged).is_err());
    }
    // Without the records of a whole lane.
    let forged = sign(&payload[..144], 1);
    assert_eq!(examine(&forged).err(), Some(BundleError::Truncated(Lane::Main)));
}

#[test]
fn dropping_a_record_even_with_the_device_key() {
    let (bytes, _) = export_all(used_device(), 1);
    let payload = payload(&bytes);
    for record in records(&payload) {
        let mut forged = payload.clone();
        forged.drain(record.clone());
        let examined = examine(&sign(&forged, 1));
        assert!(
            matches!(examined, Err(BundleError::Gap(..) | BundleError::Truncated(_))),
            "{record:?}: {examined:?}"
        );
    }
}

#[test]
fn reordering_records_even_with_the_device_key() {
    let (bytes, _) = export_all(used_device(), 1);
    let payload = payload(&bytes);
    let all = records(&payload);
    for pair in all.windows(2) {
        let (a, b) = (pair[0].clone(), pair[1].clone());
        if a.len() != b.len() {
            continue;
        }
        let mut forged = payload.clone();
        forged[a.clone()].copy_from_slice(&payload[b.clone()]);
        forged[b].copy_from_slice(&payload[a]);
        assert!(examine(&sign(&forged, 1)).is_err());
    }
}

#[test]
fn passing_off_the_bundle_of_another_device() {
    let mut other = used_device();
    other.chip.entropy_seed ^= 1;
    let (bytes, _) = export_all(other, 2);
    assert_eq!(examine(&bytes).err(), Some(BundleError::Refused));
    // Its payload signed with this device's key.
    let forged = sign(&payload(&bytes), 1);
    assert_eq!(examine(&forged).err(), Some(BundleError::WrongDevice));
}

#[test]
fn splicing_a_record_of_another_device_even_with_the_device_key() {
    let foreign = {
        let chip = gabion_sim::ChipState::from_seed(5);
        let mut board = device_with(chip, &Secret::new([0x77; 32])).power_on(None);
        let mut log = open(&mut board);
        write(&mut log, Lane::Main, 0..24);
        write(&mut log, Lane::Critical, 500..502);
        payload(&export(&mut log, Position::default(), 1))
    };
    let (bytes, off) = export_all(used_device(), 1);
    let payload = payload(&bytes);
    assert_eq!(records(&payload), records(&foreign), "both have the same history");
    for record in records(&payload) {
        let mut forged = payload.clone();
        forged[record.clone()].copy_from_slice(&foreign[record]);
        assert!(examine(&sign(&forged, 1)).is_err());
    }
    // And on flash: the whole log region of the other device.
    let chip = gabion_sim::ChipState::from_seed(5);
    let other = device_with(chip, &Secret::new([0x77; 32]));
    let mut transplanted = off.medium.clone();
    transplanted.tamper(1024, &other.medium.bytes()[1024..]);
    assert_eq!(examine_device(&off, transplanted), Outcome::Detected("NoKey".into()));
}

#[test]
fn replaying_an_old_bundle() {
    let mut board = used_device().power_on(None);
    let mut log = open(&mut board);
    let old = export(&mut log, Position::default(), 1);
    write(&mut log, Lane::Main, 24..26);
    let new = export(&mut log, Position::default(), 1);
    let key = public_key(1);
    let [old, new] = [&old, &new].map(|bytes| Bundle::verify(&Software, bytes, &key).unwrap());
    assert_eq!(old.answers(b"another question"), Err(BundleError::Replayed));
    assert_eq!(old.follows(&new), Err(BundleError::Forked(Lane::Main)));
    assert_eq!(new.follows(&old), Ok(()));
}

#[test]
fn putting_back_an_old_flash_image() {
    let old = used_device();
    let mut board = old.clone().power_on(None);
    let mut log = open(&mut board);
    write(&mut log, Lane::Main, 24..27);
    let anchor = log.anchor();
    let before = export(&mut log, Position::default(), 1);
    let mut board = old.power_on(None);
    let mut log = open(&mut board);
    assert!(!log.reaches(&anchor));
    // The device goes on from the old image: the same numbers, another content.
    write(&mut log, Lane::Main, 900..905);
    let after = export(&mut log, Position::default(), 1);
    let key = public_key(1);
    let [before, after] =
        [&before, &after].map(|bytes| Bundle::verify(&Software, bytes, &key).unwrap());
    assert_eq!(after.follows(&before), Err(BundleError::Forked(Lane::Main)));
}

/// The keys that a thief finds: each key slot on flash, opened with the chip's root key (`docs/spec/log.md` §3.3).
fn keys_on_flash(off: &Off1) -> Vec<(u32, Secret<[u8; 32]>)> {
    let mut board = off.clone().power_on(None);
    let mut wrapping = [0; 32];
    board.chip.root_key.derive(Label::LogEpoch.as_bytes(), &mut wrapping).unwrap();
    let wrapping = Secret::new(wrapping);
    let stream = expand(&wrapping, b"stream  ", b"");
    let bytes = off.medium.bytes();
    let starts = (0..bytes.len() - 84).filter(|at| &bytes[*at..at + 4] == b"GbK1");
    starts
        .map(|at| {
            let slot = &bytes[at..at + 84];
            let epoch = u32::from_le_bytes(slot[8..12].try_into().unwrap());
            let pad = Software.hmac_sha256(stream.expose(), &[&slot[68..84], &[0]]);
            let mut key = [0; 32];
            (0..32).for_each(|i| key[i] = slot[36 + i] ^ pad[i]);
            (epoch, Secret::new(key))
        })
        .collect()
}

fn expand(key: &Secret<[u8; 32]>, purpose: &[u8], info: &[u8]) -> Secret<[u8; 32]> {
    let mut out = Secret::zeroed();
    hkdf_expand(&Software, key, Label::LogEpoch, [purpose, info], out.expose_mut()).unwrap();
    out
}

/// The key of an epoch of the main lane, as the factory can make it.
fn true_key(epoch: u32) -> Secret<[u8; 32]> {
    (0..epoch).fold(expand(&seed(), b"first   ", &[0]), |key, _| expand(&key, b"next    ", b""))
}

#[test]
fn forging_the_past_with_every_key_of_a_stolen_device() {
    let off = used_device();
    let (bytes, off) = export_all(off, 1);
    let main: Vec<_> = keys_on_flash(&off);
    let newest = main.iter().map(|(epoch, _)| *epoch).max().unwrap();
    assert!(newest >= 4, "the ring has turned");
    let found =
        main.iter().filter(|(epoch, key)| *epoch == newest && key.ct_eq(true_key(newest).expose()));
    assert_eq!(found.count(), 2, "the thief finds the newest key, twice");
    for old in 0..newest {
        assert!(
            !main.iter().any(|(_, key)| key.ct_eq(true_key(old).expose())),
            "key {old} still there"
        );
    }
    // With the newest key, the device key and a pen: rewrite the newest record of the page before, chain what follows anew.
    let payload = payload(&bytes);
    let page = (144..payload.len())
        .filter(|at| payload[*at] == b'P' && &payload[at + 1..at + 5] == b"GbL1")
        .find(|at| {
            let epoch = u32::from_le_bytes(payload[at + 9..at + 13].try_into().unwrap());
            payload[at + 6] == 0 && epoch == newest
        })
        .unwrap();
    let victim = records(&payload).into_iter().rfind(|record| record.end <= page).unwrap();
    let keys =
        [expand(&true_key(newest), b"mac     ", b""), expand(&true_key(newest), b"stream  ", b"")];
    let mut forged = payload.clone();
    let tag = Software.hmac_sha256(keys[0].expose(), &[b"whatever"]);
    forged[victim.end - 16..victim.end].copy_from_slice(&tag[..16]);
    // The header of the newest page must point to it, under the newest key, which the thief has.
    forged[page + 17..page + 33].copy_from_slice(&tag[..16]);
    let header = Software.hmac_sha256(keys[0].expose(), &[&forged[page + 1..page + 33], &[]]);
    forged[page + 33..page + 49].copy_from_slice(&header[..16]);
    let forged = sign(&forged, 1);
    let result = examine(&forged);
    assert!(matches!(result, Err(BundleError::Forged(Lane::Main, _))), "{result:?}");
}

#[test]
fn reading_the_past_with_every_key_of_a_stolen_device() {
    let off = used_device();
    let (bytes, _) = export_all(off.clone(), 1);
    let payload = payload(&bytes);
    let keys = keys_on_flash(&off);
    let newest = keys.iter().map(|(epoch, _)| *epoch).max().unwrap();
    let epoch_of = |record: usize| {
        let page = (144..record).rfind(|at| payload[*at..].starts_with(b"PGbL1")).unwrap();
        u32::from_le_bytes(payload[page + 9..page + 13].try_into().unwrap())
    };
    let (mut read, mut sealed) = (0, 0);
    for record in records(&payload) {
        let (body, tag) =
            (&payload[record.start + 5..record.end - 16], &payload[record.end - 16..record.end]);
        let opens = keys.iter().any(|(_, key)| {
            let pad = Software.hmac_sha256(expand(key, b"stream  ", b"").expose(), &[tag, &[0]]);
            // The code of the event, LoginFailed, stands behind 16 bytes of prologue.
            [body[16] ^ pad[16], body[17] ^ pad[17]] == [0x02, 0x04]
        });
        let epoch = epoch_of(record.start);
        // The critical lane is still in its first epoch, the main lane in its newest.
        let present = epoch == newest || epoch == 0 && record.start > payload.len() / 2;
        assert_eq!(opens, present, "epoch {epoch}");
        if opens { read += 1 } else { sealed += 1 }
    }
    assert!(read > 0 && sealed >= 15, "{read} {sealed}");
}

#[test]
fn destroying_the_key_of_the_log() {
    let off = used_device();
    let mut changed = off.medium.clone();
    let slots: Vec<usize> =
        (0..CAPACITY - 4).filter(|at| &off.medium.bytes()[*at..at + 4] == b"GbK1").collect();
    // One copy: the other serves, and the alarm is raised if it was the first.
    let mut one = off.medium.clone();
    one.tamper(slots[0] + 40, &[0; 8]);
    assert!(
        matches!(examine_device(&off, one), Outcome::Detected(alarm) if alarm.contains("alarm"))
    );
    slots.iter().for_each(|at| changed.tamper(at + 40, &[0; 8]));
    assert_eq!(examine_device(&off, changed), Outcome::Detected("NoKey".into()));
    // Formatting silently would hide it: a blank lane beside a used one is refused too.
    let mut blank = off.medium.clone();
    blank.tamper(1024, &[0xff; 5 * 512]);
    assert_eq!(examine_device(&off, blank), Outcome::Detected("NoKey".into()));
}

#[test]
fn damage_is_logged_inside_the_chain() {
    let off = used_device();
    let mut changed = off.clone();
    let newest = newest_record(&off.medium);
    changed.medium.flip_bit(newest + 10, 3);
    let mut board = changed.power_on(None);
    let mut log = open(&mut board);
    assert_eq!(log.damage(), 1);
    let before = log.position();
    let mut queue = EventQueue::<8>::new();
    assert_eq!(block_on(log.drain(&mut queue, &mut Stopped)), Ok(1));
    let bytes = export(&mut log, Position { main: before.main, critical: before.critical }, 1);
    let bundle = Bundle::verify(&Software, &bytes, &public_key(1)).unwrap();
    let mut told = Vec::new();
    bundle
        .open(&Software, &seed(), |record| {
            told.extend(record.body.events().map(|e| (e.kind(), e.severity)));
        })
        .unwrap();
    assert_eq!(told.last(), Some(&(Some(EventKind::LogDamaged), Severity::Critical)));
}

#[test]
fn a_bundle_that_claims_an_endless_life() {
    // A dishonest device must not keep the examiner busy.
    let (bytes, _) = export_all(used_device(), 1);
    let mut payload = payload(&bytes);
    payload[72 + 4..72 + 8].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(examine(&sign(&payload, 1)).is_err());
}

#[test]
fn what_is_no_bundle_is_refused_without_panic() {
    let (bytes, _) = export_all(used_device(), 1);
    let key = public_key(1);
    for len in 0..bytes.len().min(400) {
        assert!(Bundle::verify(&Software, &bytes[..len], &key).is_err());
    }
    let mut rng = gabion_sim::Rng::new(7);
    for _ in 0..2_000 {
        let len = rng.index(300);
        assert_eq!(
            Bundle::verify(&Software, &rng.bytes(len), &key).err(),
            Some(BundleError::NotABundle)
        );
    }
    // Signed nonsense: the parser behind the signature.
    let payload = payload(&bytes);
    for _ in 0..300 {
        let mut changed = payload.clone();
        for _ in 0..=rng.index(4) {
            let at = rng.index(changed.len());
            changed[at] = rng.byte();
        }
        changed.truncate(rng.index(changed.len() + 1).max(80));
        let _any = examine(&sign(&changed, 1));
    }
}

#[test]
fn a_poisoned_log_refuses() {
    let mut board = used_device().power_on(None);
    let supply = board.supply.clone();
    let mut log = open(&mut board);
    supply.arm(gabion_sim::Cut::clean(3));
    let entry = gabion_log::Entry::once(event(Lane::Main, 1), 0);
    let first = block_on(log.append(Lane::Main, &stamp(1), &[entry]));
    assert!(matches!(first, Err(LogError::Flash(_))));
    assert_eq!(block_on(log.append(Lane::Main, &stamp(1), &[entry])), Err(LogError::Poisoned));
    assert_eq!(block_on(log.wipe()), Err(LogError::Poisoned));
}
