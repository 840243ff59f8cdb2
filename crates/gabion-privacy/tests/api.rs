//! What the crate promises while the power stays on.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

mod device;

use core::future::{Future, ready};

use device::*;
use gabion_crypto::{EcdsaP256Sign, EcdsaP256Verify, P256Signature, Secret, Sha256, Software};
use gabion_flash::block_on;
use gabion_hal::{NoEvents, TimeQuality};
use gabion_link::{Agreed, Channel, Proof, Suite, Version};
use gabion_privacy::*;
use gabion_storage::StorageError;

const ADA: Subject = Subject::User0;
const BOB: Subject = Subject::User1;
const HOME: Subject = Subject::Household;
const DAY: u64 = 86_400;

struct Wire(Vec<u8>, &'static str);

impl Channel for Wire {
    type Error = ();

    fn agreed(&self) -> Agreed<'_> {
        Agreed {
            version: Some(Version::Edhoc),
            suite: Some(Suite::EdhocSuite2),
            peer: Proof::PresharedKey(self.1),
        }
    }

    fn send(&mut self, data: &[u8]) -> impl Future<Output = Result<(), ()>> {
        self.0.extend(data);
        ready(Ok(()))
    }

    fn receive(&mut self, _: &mut [u8]) -> impl Future<Output = Result<usize, ()>> {
        ready(Ok(0))
    }
}

struct House {
    people: People,
    store: MemoryStore,
    clock: Hands,
    lamp: Lamp,
}

fn house() -> House {
    let (mut store, mut clock) =
        (MemoryStore::default(), Hands::at(1_800_000_000, TimeQuality::Authenticated));
    let lamp = start(&mut store, &mut clock).unwrap();
    House { people: People::at_home(), store, clock, lamp }
}

impl House {
    fn answer(&mut self, subject: Subject, purpose: &'static Purpose, answer: Answer) {
        let by = match subject {
            BOB => self.people.bob(),
            _ => self.people.ada(),
        };
        let ports = ports!(&mut self.store, &mut self.clock);
        block_on(self.lamp.answer(ports, by, subject, purpose, answer)).unwrap();
    }

    fn keep(&mut self, what: (PersonalKey, Subject), bytes: &[u8]) -> Result<(), Refusal> {
        match block_on(keep(&self.lamp, &mut self.store, &mut self.clock, what, bytes)) {
            Ok(()) => Ok(()),
            Err(PrivacyError::Refused(refusal)) => Err(refusal),
            Err(other) => panic!("{other:?}"),
        }
    }

    fn look(&mut self, what: (PersonalKey, Subject)) -> Result<Option<Vec<u8>>, Refusal> {
        match block_on(look(&self.lamp, &mut self.store, &mut self.clock, what)) {
            Ok(found) => Ok(found),
            Err(PrivacyError::Refused(refusal)) => Err(refusal),
            Err(other) => panic!("{other:?}"),
        }
    }

    fn restart(&mut self) {
        self.clock.uptime_s = 0;
        self.lamp = start(&mut self.store, &mut self.clock).unwrap();
    }
}

#[test]
fn provision_6_2_nothing_is_stored_before_a_yes() {
    let mut house = house();
    assert_eq!(house.keep((SNORING, ADA), &[5]), Err(Refusal::NotAsked));
    assert_eq!(house.keep((NICKNAME, ADA), b"A."), Ok(()), "a contract needs no consent");
    house.answer(ADA, &SLEEP, Answer::No);
    assert_eq!(house.keep((SNORING, ADA), &[5]), Err(Refusal::Withdrawn));
    house.answer(ADA, &SLEEP, Answer::Yes);
    assert_eq!(house.keep((SNORING, ADA), &[5]), Ok(()));
    assert_eq!(house.look((SNORING, ADA)), Ok(Some(vec![5])));
    assert_eq!(house.keep((SNORING, BOB), &[5]), Err(Refusal::NotAsked), "Bob was not asked");
    assert_eq!(house.keep((GUESTS, ADA), b"x"), Err(Refusal::NotInInventory));
    assert_eq!(house.keep((SNORING, Subject::User3), b"x"), Err(Refusal::NotInInventory));
}

#[test]
fn provision_6_3a_a_withdrawal_deletes_at_once_and_asks_the_services() {
    let mut house = house();
    house.answer(ADA, &SLEEP, Answer::Yes);
    house.answer(BOB, &SLEEP, Answer::Yes);
    for who in [ADA, BOB] {
        house.keep((SNORING, who), &[7]).unwrap();
        house.keep((DIARY, who), b"slept badly").unwrap();
    }
    house.keep((NICKNAME, ADA), b"A.").unwrap();
    house.answer(ADA, &SLEEP, Answer::No);
    assert_eq!(house.look((SNORING, ADA)), Err(Refusal::Withdrawn));
    house.answer(ADA, &SLEEP, Answer::Yes);
    assert_eq!(house.look((SNORING, ADA)), Ok(None), "gone, not hidden");
    assert_eq!(house.look((DIARY, ADA)), Ok(None));
    assert_eq!(house.look((SNORING, BOB)), Ok(Some(vec![7])), "Bob's stays");
    assert_eq!(house.look((NICKNAME, ADA)), Ok(Some(b"A.".to_vec())), "another purpose");
    house.restart();
    let ports = ports!(&mut house.store, &mut house.clock);
    let request = block_on(house.lamp.open_request(ports, &CLINIC)).unwrap().unwrap();
    assert_eq!((request.id, request.subject), (1, ADA));
    assert!(request.concerns(&SLEEP) && !request.concerns(&GREETING));
    let mut bytes = [0; 64];
    assert_eq!(request.emit(&mut bytes).unwrap(), [0xa4, 1, 1, 2, 1, 3, 1, 4, 0x81, 0]);
}

#[test]
fn a_withdrawal_counts_even_if_it_cannot_be_written_down() {
    let mut house = house();
    house.answer(ADA, &SLEEP, Answer::Yes);
    house.keep((DIARY, ADA), b"slept badly").unwrap();
    house.store.dies_before = Some(0);
    let by = house.people.ada();
    let ports = ports!(&mut house.store, &mut house.clock);
    let said = block_on(house.lamp.answer(ports, by, ADA, &SLEEP, Answer::No));
    assert_eq!(said, Err(PrivacyError::Storage(StorageError::Flash("no power"))));
    assert_eq!(house.lamp.permit(DIARY, ADA).unwrap_err(), Refusal::Withdrawn);
}

#[test]
fn everybody_answers_for_themselves_and_the_owner_for_the_household() {
    let mut house = house();
    for (by, subject) in [(house.people.bob(), ADA), (house.people.bob(), HOME)] {
        let ports = ports!(&mut house.store, &mut house.clock);
        let purpose: &'static Purpose = if subject == HOME { &GREETING } else { &SLEEP };
        let said = block_on(house.lamp.answer(ports, by, subject, purpose, Answer::Yes));
        assert_eq!(said, Err(PrivacyError::Refused(Refusal::NotYours)));
    }
    let owner = house.people.owner();
    let ports = ports!(&mut house.store, &mut house.clock);
    let said = block_on(house.lamp.answer(ports, owner, BOB, &SLEEP, Answer::Yes));
    assert_eq!(said, Err(PrivacyError::Refused(Refusal::NotYours)), "nobody consents for another");
    house.answer(HOME, &GREETING, Answer::Yes);
    let (by, ports) = (house.people.ada(), ports!(&mut house.store, &mut house.clock));
    let said = block_on(house.lamp.answer(ports, by, ADA, &SERVICE, Answer::No));
    assert_eq!(said, Err(PrivacyError::Refused(Refusal::NotAsking)));
    let (by, ports) = (house.people.ada(), ports!(&mut house.store, &mut house.clock));
    let said = block_on(house.lamp.answer(ports, by, ADA, &GREETING, Answer::No));
    assert_eq!(said, Err(PrivacyError::Refused(Refusal::NotInInventory)));
}

#[test]
fn provision_6_3b_the_record_keeps_every_answer_and_its_version() {
    let mut house = house();
    for answer in [Answer::No, Answer::Yes, Answer::No] {
        house.answer(ADA, &SLEEP, answer);
    }
    let by = house.people.ada();
    let ports = ports!(&mut house.store, &mut house.clock);
    let view = block_on(house.lamp.record(ports, &by, ADA)).unwrap();
    let said: Vec<_> = view.decisions().iter().map(|d| (d.purpose, d.version, d.answer)).collect();
    assert_eq!(said, [(0, 1, Answer::No), (0, 1, Answer::Yes), (0, 1, Answer::No)]);
    assert_eq!(view.decisions()[0].when.unwrap().unix_seconds, 1_800_000_000);
    // Whoever kept an earlier head can follow the chain to a later one, over folded answers too.
    let mut head = view.head;
    for round in 0..50 {
        let answer = if round % 2 == 0 { Answer::Yes } else { Answer::No };
        house.answer(ADA, &SLEEP, answer);
        let by = house.people.ada();
        let ports = ports!(&mut house.store, &mut house.clock);
        let view = block_on(house.lamp.record(ports, &by, ADA)).unwrap();
        let mut entry = [0; 16];
        entry[..4].copy_from_slice(&[0, answer as u8, 1, 0]);
        entry[4] = 2;
        entry[8..].copy_from_slice(&1_800_000_000_u64.to_le_bytes());
        head = Software.sha256(&[&head, &entry]);
        assert_eq!(view.head, head, "round {round}");
        assert_eq!(view.folded as usize + view.decisions().len(), round + 4);
    }
}

#[test]
fn an_answer_to_an_older_question_is_no_answer_and_loses_nothing() {
    const OLDER: Purpose = Purpose::new(1, 2, "GREETING", GREETING.words, Basis::Consent);
    let mut house = house();
    house.answer(HOME, &GREETING, Answer::Yes);
    house.keep((GUESTS, HOME), b"Carol").unwrap();
    // As if the firmware before had asked version 2.
    let ledger = house.store.values.get_mut(&0x3f60).unwrap();
    ledger[42..44].copy_from_slice(&OLDER.version.to_le_bytes());
    house.restart();
    assert_eq!(house.look((GUESTS, HOME)), Err(Refusal::OtherVersion));
    let (by, ports) = (house.people.ada(), ports!(&mut house.store, &mut house.clock));
    let said = block_on(house.lamp.answer(ports, by, HOME, &OLDER, Answer::Yes));
    assert_eq!(said, Err(PrivacyError::Refused(Refusal::NotInInventory)), "an old question");
    house.answer(HOME, &GREETING, Answer::Yes);
    assert_eq!(house.look((GUESTS, HOME)), Ok(Some(b"Carol".to_vec())));
}

#[test]
fn a_damaged_record_refuses_and_a_no_still_counts() {
    let mut house = house();
    house.answer(ADA, &SLEEP, Answer::Yes);
    house.keep((DIARY, ADA), b"slept badly").unwrap();
    house.store.damaged = Some(0x8f60);
    house.restart();
    assert_eq!(house.look((DIARY, ADA)), Err(Refusal::Unknown));
    assert!(house.store.values.contains_key(&0x8002), "what is not withdrawn is not deleted");
    house.answer(ADA, &SLEEP, Answer::No);
    assert!(!house.store.values.contains_key(&0x8002));
    let by = house.people.ada();
    let ports = ports!(&mut house.store, &mut house.clock);
    assert!(block_on(house.lamp.record(ports, &by, ADA)).unwrap().lost);
    // A record of a newer firmware is not overwritten by a yes.
    house.store.values.get_mut(&0x8f60).unwrap()[0] = 9;
    house.restart();
    let (by, ports) = (house.people.ada(), ports!(&mut house.store, &mut house.clock));
    let said = block_on(house.lamp.answer(ports, by, ADA, &SLEEP, Answer::Yes));
    assert_eq!(said, Err(PrivacyError::Refused(Refusal::Unknown)));
    assert_eq!(house.store.values[&0x8f60][0], 9);
}

#[test]
fn provision_5_11_1_one_persons_deletion_leaves_the_others() {
    let mut house = house();
    for who in [ADA, BOB] {
        house.answer(who, &SLEEP, Answer::Yes);
        house.keep((DIARY, who), b"slept badly").unwrap();
        house.keep((NICKNAME, who), b"me").unwrap();
    }
    let key = Secret::new(IDENTITY);
    let public = Software.p256_public_key(&key).unwrap();
    let bob = house.people.bob();
    let ports = ports!(&mut house.store, &mut house.clock, &Software, Some(&key));
    let forbidden = block_on(house.lamp.delete(ports, bob, ADA));
    assert_eq!(forbidden, Err(PrivacyError::Refused(Refusal::NotYours)));
    for number in 1..3 {
        let bob = house.people.bob();
        block_on(house.lamp.delete(ports, bob, BOB)).unwrap();
        let mut bytes = [0; DELETION_RECEIPT_LEN];
        assert_eq!(
            block_on(house.lamp.newest_receipt(ports, &mut bytes)),
            Ok(Some(DELETION_RECEIPT_LEN))
        );
        let receipt = DeletionReceipt::verify(&Software, &bytes, &public).unwrap();
        assert_eq!((receipt.subject, receipt.number, receipt.items), (BOB, number, 3));
        assert_eq!(receipt.request, number, "the clinic has snoring of Bob's");
        for bit in (0..bytes.len() * 8).step_by(7) {
            let mut changed = bytes;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(DeletionReceipt::verify(&Software, &changed, &public).is_err());
        }
    }
    assert_eq!(house.look((NICKNAME, BOB)), Ok(None));
    assert_eq!(house.look((DIARY, BOB)), Err(Refusal::NotAsked), "the answers went too");
    assert_eq!(house.look((DIARY, ADA)), Ok(Some(b"slept badly".to_vec())));
    // The owner may delete a user who moved away.
    let owner = house.people.owner();
    let ports = ports!(&mut house.store, &mut house.clock);
    assert_eq!(block_on(house.lamp.delete(ports, owner, BOB)), Ok(()));
}

#[test]
fn provision_5_11_2_requests_to_services_stay_until_they_are_acknowledged() {
    let mut house = house();
    let owner = house.people.owner();
    let ports = ports!(&mut house.store, &mut house.clock);
    block_on(house.lamp.delete(ports, owner, BOB)).unwrap();
    let first = block_on(house.lamp.open_request(ports, &CLINIC)).unwrap().unwrap();
    assert!(first.is_for_everything());
    assert_eq!(block_on(house.lamp.open_request(ports, &MAKER)), Ok(None), "takes no requests");
    house.restart();
    let ports = ports!(&mut house.store, &mut house.clock);
    assert_eq!(block_on(house.lamp.open_request(ports, &CLINIC)), Ok(Some(first)));
    // Another channel may not say so.
    let maker = MAKER_CHANNEL.secure(Wire(Vec::new(), "maker-1")).unwrap();
    let clinic = CLINIC_CHANNEL.secure(Wire(Vec::new(), "clinic-1")).unwrap();
    let said = block_on(house.lamp.acknowledge(ports, &maker, first.id, [9; 32]));
    assert_eq!(said, Err(PrivacyError::Refused(Refusal::WrongChannel)));
    // A second deletion before the answer: the answer to the first does not count for it.
    let owner = house.people.owner();
    block_on(house.lamp.delete(ports, owner, BOB)).unwrap();
    let said = block_on(house.lamp.acknowledge(ports, &clinic, first.id, [9; 32]));
    assert_eq!(said, Err(PrivacyError::NoRequest));
    let second = block_on(house.lamp.open_request(ports, &CLINIC)).unwrap().unwrap();
    assert!(second.id > first.id);
    block_on(house.lamp.acknowledge(ports, &clinic, second.id, [9; 32])).unwrap();
    assert_eq!(block_on(house.lamp.open_request(ports, &CLINIC)), Ok(None));
    let [ack, none, ..] = block_on(house.lamp.acknowledged(ports)).unwrap();
    let ack = ack.unwrap();
    assert_eq!((ack.id, ack.subject, ack.receipt, none), (second.id, BOB, [9; 32], None));
    // All at once, before a factory reset: one request per person and service.
    let owner = house.people.owner();
    block_on(house.lamp.ask_all_services(ports, owner)).unwrap();
    for subject in [HOME, ADA, BOB] {
        let request = block_on(house.lamp.open_request(ports, &CLINIC)).unwrap().unwrap();
        assert_eq!(request.subject, subject);
        block_on(house.lamp.acknowledge(ports, &clinic, request.id, [1; 32])).unwrap();
    }
    assert_eq!(block_on(house.lamp.open_request(ports, &CLINIC)), Ok(None));
}

#[test]
fn provision_5_8_1_data_goes_to_its_recipients_over_their_channel_only() {
    let mut house = house();
    house.answer(ADA, &SLEEP, Answer::Yes);
    let permit = house.lamp.permit(SNORING, ADA).unwrap();
    let other = house.lamp.permit(NICKNAME, ADA).unwrap();
    let data = PersonalData::new(&permit, [42_u8]);
    let mut clinic = CLINIC_CHANNEL.secure(Wire(Vec::new(), "clinic-1")).unwrap();
    let mut maker = MAKER_CHANNEL.secure(Wire(Vec::new(), "maker-1")).unwrap();
    let refused = |refusal| Err(SendError::Refused(refusal));
    assert_eq!(block_on(data.send(&permit, &MAKER, &mut maker)), refused(Refusal::NotARecipient));
    assert_eq!(block_on(data.send(&permit, &CLINIC, &mut maker)), refused(Refusal::WrongChannel));
    assert_eq!(block_on(data.send(&other, &CLINIC, &mut clinic)), refused(Refusal::NoPermit));
    assert_eq!(block_on(data.send(&permit, &CLINIC, &mut clinic)), Ok(()));
    assert!(data.expose(&other).is_err());
    assert_eq!(format!("{data:?}"), "PersonalData(SNORING, ..)");
}

#[test]
fn a_value_that_is_too_long_is_refused_and_nothing_changes() {
    let mut house = house();
    house.keep((NICKNAME, ADA), b"short").unwrap();
    let permit = house.lamp.permit(NICKNAME, ADA).unwrap();
    let data = PersonalData::new(&permit, [b'x'; 41]);
    let ports = ports!(&mut house.store, &mut house.clock);
    assert_eq!(block_on(house.lamp.put(ports, &permit, &data)), Err(PrivacyError::TooLong));
    let small = block_on(house.lamp.get::<_, _, _, _, 3>(ports, &permit));
    assert_eq!(small.unwrap_err(), PrivacyError::TooLong);
    assert_eq!(house.look((NICKNAME, ADA)), Ok(Some(b"short".to_vec())));
    let ports = ports!(&mut house.store, &mut house.clock);
    let opened = block_on(Privacy::<16>::open(INVENTORY, Doubt::Keep, ports));
    assert_eq!(opened.err(), Some(PrivacyError::Plan));
}

#[test]
fn a_damaged_deletion_stops_all_use_until_a_deletion_is_ordered_anew() {
    let mut house = house();
    house.keep((NICKNAME, ADA), b"A.").unwrap();
    house.keep((NICKNAME, BOB), b"B.").unwrap();
    for how in ["damaged", "unknown"] {
        match how {
            "damaged" => house.store.damaged = Some(0x2f61),
            _ => drop(house.store.values.insert(0x2f61, vec![9; 16])),
        }
        house.restart();
        assert_eq!(house.look((NICKNAME, ADA)), Err(Refusal::DeletionUnclear), "{how}");
        house.restart();
        assert_eq!(house.look((NICKNAME, ADA)), Err(Refusal::DeletionUnclear), "{how}");
        let bob = house.people.bob();
        let ports = ports!(&mut house.store, &mut house.clock);
        block_on(house.lamp.delete(ports, bob, BOB)).unwrap();
        assert_eq!(house.look((NICKNAME, ADA)), Ok(Some(b"A.".to_vec())));
        assert_eq!(house.look((NICKNAME, BOB)), Ok(None));
    }
}

#[test]
fn one_thing_is_forgotten_at_its_owners_word() {
    let mut house = house();
    house.keep((NICKNAME, ADA), b"A.").unwrap();
    let (bob, ports) = (house.people.bob(), ports!(&mut house.store, &mut house.clock));
    let said = block_on(house.lamp.forget(ports, bob, NICKNAME, ADA));
    assert_eq!(said, Err(PrivacyError::Refused(Refusal::NotYours)));
    let ada = house.people.ada();
    block_on(house.lamp.forget(ports, ada, NICKNAME, ADA)).unwrap();
    assert_eq!(house.look((NICKNAME, ADA)), Ok(None));
}

fn lived_in() -> House {
    let mut house = house();
    house.answer(ADA, &SLEEP, Answer::Yes);
    house.answer(HOME, &GREETING, Answer::Yes);
    house.keep((SNORING, ADA), &[0xfe, 0xff]).unwrap();
    house.keep((DIARY, ADA), "slept \"well\"\n</script> Grüße".as_bytes()).unwrap();
    house.keep((GUESTS, HOME), &[0xff, 0]).unwrap();
    house.keep((NICKNAME, BOB), b"B.").unwrap();
    house
}

#[test]
fn an_export_holds_everything_of_the_person_and_nothing_of_others() {
    let mut house = lived_in();
    let key = Secret::new(IDENTITY);
    let public = Software.p256_public_key(&key).unwrap();
    let mut room = [0; 2048];
    let by = house.people.ada();
    let ports = ports!(&mut house.store, &mut house.clock, &Software, Some(&key));
    let export = block_on(house.lamp.export_json(ports, by, &mut room)).unwrap();
    let jws = String::from_utf8(export.jws().unwrap().to_vec()).unwrap();
    let text = export.show(house.people.ada()).to_vec();
    let value: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let subjects = value["subjects"].as_array().unwrap();
    assert_eq!(subjects.len(), 2, "the household's and Ada's, not Bob's");
    assert_eq!(subjects[0]["data"][0]["hex"], "ff00", "no text after all");
    assert_eq!(subjects[1]["subject"], "account 0");
    assert_eq!(subjects[1]["data"][0]["value"], -2);
    assert_eq!(subjects[1]["data"][0]["stored"], 1_800_000_000);
    assert_eq!(subjects[1]["data"][1]["value"], "slept \"well\"\n</script> Grüße");
    assert_eq!(subjects[1]["data"][2]["value"], serde_json::Value::Null);
    assert_eq!(subjects[1]["answers"][0]["yes"], true);
    assert!(!text.windows(8).any(|w| w == b"</script"));
    // RFC 7515 with a detached payload: header, nothing, signature.
    let parts: Vec<&str> = jws.split('.').collect();
    assert_eq!((parts[0], parts[1]), ("eyJhbGciOiJFUzI1NiJ9", ""));
    let signed = format!("{}.{}", parts[0], base64(&text));
    let hash = Software.sha256(&[signed.as_bytes()]);
    let signature = P256Signature(unbase64(parts[2]).try_into().unwrap());
    assert_eq!(Software.p256_verify(&public, &hash, &signature), Ok(()));
    drop(export);
    assert!(room.iter().all(|byte| *byte == 0), "the buffer is wiped");

    let by = house.people.bob();
    let export = block_on(house.lamp.export_cbor(ports, by, &mut room)).unwrap();
    let bytes = export.show(house.people.bob()).to_vec();
    let view = gabion_codec::Sign1View::parse(&bytes).unwrap();
    let prefix = gabion_codec::Sign1Prefix::new(view.payload.len() as u32);
    let hash = Software.sha256(&[prefix.to_be_signed(), view.payload]);
    assert_eq!(Software.p256_verify(&public, &hash, &P256Signature(view.signature)), Ok(()));
    let has = |text: &[u8]| view.payload.windows(text.len()).any(|w| w == text);
    assert!(has(b"B.") && !has(b"slept") && !has(b"GUESTS"));
}

#[test]
fn an_export_that_does_not_fit_leaves_nothing_behind() {
    let mut house = lived_in();
    let key = Secret::new(IDENTITY);
    let mut room = [0; 2048];
    for len in [0, 5, 12, 13, 40, 100, 300] {
        let ports = ports!(&mut house.store, &mut house.clock, &Unsigned, Some(&key));
        let by = house.people.ada();
        let cbor = block_on(house.lamp.export_cbor(ports, by, &mut room[..len])).err();
        assert_eq!(cbor, Some(ExportError::NoRoom), "{len}");
        let by = house.people.ada();
        let json = block_on(house.lamp.export_json(ports, by, &mut room[..len])).err();
        assert_eq!(json, Some(ExportError::NoRoom), "{len}");
        assert!(room.iter().all(|byte| *byte == 0));
    }
    let ports = ports!(&mut house.store, &mut house.clock);
    let by = house.people.ada();
    let unsigned = block_on(house.lamp.export_cbor(ports, by, &mut room)).err();
    assert_eq!(unsigned, Some(ExportError::Privacy(PrivacyError::Signer)));
}

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Written anew for the test, bit by bit.
fn base64(bytes: &[u8]) -> String {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| usize::from(byte >> (7 - at % 8) & 1));
    (0..(bytes.len() * 8).div_ceil(6))
        .map(|six| (0..6).fold(0, |value, at| value << 1 | bit(six * 6 + at)))
        .map(|value| ALPHABET[value] as char)
        .collect()
}

fn unbase64(text: &str) -> Vec<u8> {
    let six: Vec<usize> =
        text.bytes().map(|c| ALPHABET.iter().position(|a| *a == c).unwrap()).collect();
    let bit = |at: usize| six[at / 6] >> (5 - at % 6) & 1;
    (0..six.len() * 6 / 8).map(|n| (0..8).fold(0, |v, at| v << 1 | bit(n * 8 + at) as u8)).collect()
}

#[test]
fn an_account_that_is_late_cannot_be_read_although_it_was_not_swept() {
    let mut house = house();
    house.answer(ADA, &SLEEP, Answer::Yes);
    house.keep((SNORING, ADA), &[1]).unwrap();
    house.clock.pass(30 * DAY - 1);
    assert_eq!(house.look((SNORING, ADA)), Ok(Some(vec![1])));
    house.clock.pass(1);
    assert_eq!(house.look((SNORING, ADA)), Ok(None));
    let _ = NoEvents;
}
