//! What whoever sits between two ends tries.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    unreachable_pub,
    reason = "tests"
)]

mod bench;

use bench::{Memory, begin, context, hex};
use gabion_crypto::Software;
use gabion_flash::block_on;
use gabion_oscore::coap::{MessageView, number};
use gabion_oscore::{
    Context, Exchange, Id, Material, OSCORE_STATE, OscoreError, OscoreRefusal, Request, Session,
    Steps,
};

const GET: &str = "44015d1f00003974396c6f63616c686f737483747631";
const CONTENT: &str = "64455d1f00003974ff48656c6c6f20576f726c6421";

struct Ends {
    client: (Session<Software>, Memory),
    server: (Session<Software>, Memory),
}

impl Ends {
    fn new(steps: Steps) -> Self {
        Self { client: begin(&[], &[1], steps), server: begin(&[1], &[], steps) }
    }

    fn ask(&mut self) -> (Vec<u8>, Exchange) {
        let mut out = [0; 200];
        let (client, memory) = &mut self.client;
        let (length, exchange) =
            block_on(client.protect_request(memory, &hex(GET), &mut out)).unwrap();
        (out[..length].to_vec(), exchange)
    }

    fn receive(&mut self, bytes: &[u8]) -> Result<(Vec<u8>, Request), OscoreError<()>> {
        let mut out = [0; 400];
        let (server, memory) = &mut self.server;
        let (length, request) = block_on(server.unprotect_request(memory, bytes, &mut out))?;
        Ok((out[..length].to_vec(), request))
    }
}

fn refused<T: std::fmt::Debug>(result: Result<T, OscoreError<()>>) -> OscoreRefusal {
    match result.unwrap_err() {
        OscoreError::Refused(reason) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_replayed_request() {
    let mut ends = Ends::new(Steps::DEFAULT);
    let asked: Vec<_> = (0..100).map(|_| ends.ask().0).collect();
    // Out of order within the window, each once.
    for at in [3, 0, 2, 1, 60, 5, 4] {
        let (plain, _) = ends.receive(&asked[at]).unwrap();
        assert_eq!(plain, hex(GET));
    }
    for at in [3, 0, 2, 1, 60, 5, 4] {
        assert_eq!(refused(ends.receive(&asked[at])), OscoreRefusal::Replayed);
    }
    let _ = ends.receive(&asked[99]).unwrap();
    // Behind the window: whether it was seen is no longer known.
    assert_eq!(refused(ends.receive(&asked[6])), OscoreRefusal::Replayed);
    let _ = ends.receive(&asked[98]).unwrap();
}

#[test]
fn one_bit_changed_anywhere_changes_nothing_or_is_refused() {
    let mut ends = Ends::new(Steps::DEFAULT);
    let (sealed, _) = ends.ask();
    let header = MessageView::parse(&sealed).unwrap();
    assert_eq!(header.code(), 2);
    for bit in 0..sealed.len() * 8 {
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        match ends.receive(&changed) {
            Err(OscoreError::Refused(_)) => {}
            // Type, id, token, another unprotected method, and the names for boxes in between are not protected (§8).
            Ok((plain, _)) => {
                assert!(bit / 8 < 8 || (9..18).contains(&(bit / 8)), "bit {bit}");
                let plain = MessageView::parse(&plain).unwrap();
                assert_eq!((plain.code(), plain.only(number::URI_PATH)), (1, Some(&b"tv1"[..])));
                ends.server = begin(&[1], &[], Steps::DEFAULT);
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_forged_number_does_not_move_the_window() {
    let mut ends = Ends::new(Steps::DEFAULT);
    let (first, _) = ends.ask();
    let mut forged = first.clone();
    let at = forged.windows(3).position(|w| w == [9, 0, 0xff]).unwrap();
    forged[at + 1] = 200;
    let writes = ends.server.1.writes;
    assert_eq!(refused(ends.receive(&forged)), OscoreRefusal::Crypto);
    assert_eq!(ends.server.1.writes, writes, "a forger writes to the flash");
    let _ = ends.receive(&first).unwrap();
}

#[test]
fn a_response_to_another_request() {
    let mut ends = Ends::new(Steps::DEFAULT);
    let (first, first_exchange) = ends.ask();
    let (second, second_exchange) = ends.ask();
    let (_, request) = ends.receive(&first).unwrap();
    let (_, _other) = ends.receive(&second).unwrap();
    let mut answer = [0; 200];
    let length = ends.server.0.protect_response::<()>(request, &hex(CONTENT), &mut answer).unwrap();
    let mut out = [0; 400];
    let client = &mut ends.client.0;
    let (_, error) =
        client.unprotect_response::<()>(second_exchange, &answer[..length], &mut out).unwrap_err();
    assert_eq!(error, OscoreError::Refused(OscoreRefusal::Crypto));
    // The right one still gets it.
    client.unprotect_response::<()>(first_exchange, &answer[..length], &mut out).unwrap();
}

#[test]
fn a_request_sent_back() {
    let mut ends = Ends::new(Steps::DEFAULT);
    let (sealed, exchange) = ends.ask();
    let mut out = [0; 400];
    let (client, memory) = &mut ends.client;
    assert_eq!(
        refused(block_on(client.unprotect_request(memory, &sealed, &mut out))),
        OscoreRefusal::UnknownContext
    );
    assert!(client.unprotect_response::<()>(exchange, &sealed, &mut out).is_err());
}

#[test]
fn the_protection_taken_away() {
    let mut ends = Ends::new(Steps::DEFAULT);
    assert_eq!(refused(ends.receive(&hex(GET))), OscoreRefusal::Unprotected);
    let (_, exchange) = ends.ask();
    let mut out = [0; 400];
    let (_, error) =
        ends.client.0.unprotect_response::<()>(exchange, &hex(CONTENT), &mut out).unwrap_err();
    assert_eq!(error, OscoreError::Refused(OscoreRefusal::Unprotected));
}

#[test]
fn options_smuggled_in_outside() {
    let mut ends = Ends::new(Steps::DEFAULT);
    let (sealed, _) = ends.ask();
    // Uri-Path (11) behind the OSCORE option, where anybody can put it.
    let at = sealed.iter().position(|byte| *byte == 0xff).unwrap();
    let mut changed = sealed.clone();
    changed.splice(at..at, [0x24, b'e', b'v', b'i', b'l']);
    let (plain, _) = ends.receive(&changed).unwrap();
    assert_eq!(plain, hex(GET));
}

#[test]
fn truncated_anywhere() {
    let mut ends = Ends::new(Steps::DEFAULT);
    let (sealed, _) = ends.ask();
    for length in 0..sealed.len() {
        let _ = refused(ends.receive(&sealed[..length]));
    }
}

#[test]
fn malformed_options() {
    let mut ends = Ends::new(Steps::DEFAULT);
    for value in
        ["00", "e9", "89", "49", "29", "0e", "0a00", "0a0001", "1914", "1914ff", "01", "08"]
    {
        let value = hex(value);
        let mut message = hex("44025d1f00003974");
        message.push(0x90 | value.len() as u8);
        message.extend(value);
        message.push(0xff);
        message.extend([7; 20]);
        let _ = refused(ends.receive(&message));
    }
}

#[test]
fn a_store_that_fails_uses_up_and_delivers_nothing() {
    let mut ends = Ends::new(Steps { send: 1, receive: 1 });
    let (sealed, _) = ends.ask();
    ends.server.1.fails = true;
    assert!(matches!(ends.receive(&sealed), Err(OscoreError::Storage(_))));
    ends.server.1.fails = false;
    let _ = ends.receive(&sealed).unwrap();
    ends.client.1.fails = true;
    let (client, memory) = &mut ends.client;
    let mut out = [0; 200];
    let failed = block_on(client.protect_request(memory, &hex(GET), &mut out));
    assert!(matches!(failed, Err(OscoreError::Storage(_))));
    assert_eq!(out, [0; 200]);
}

#[test]
fn state_that_is_missing_or_another_ones_is_refused() {
    let resume = |value: Option<Vec<u8>>| {
        let mut memory = Memory { value, ..Memory::default() };
        let made = Session::resume(context(&[], &[1]), &mut memory, &OSCORE_STATE, Steps::DEFAULT);
        block_on(made).map(drop)
    };
    let (_, memory) = begin(&[], &[1], Steps::DEFAULT);
    let good = memory.value.unwrap();
    assert_eq!(resume(Some(good.clone())), Ok(()));
    assert_eq!(resume(None), Err(OscoreError::NoState));
    let (_, other) = begin(&[2], &[1], Steps::DEFAULT);
    assert_eq!(resume(other.value), Err(OscoreError::NoState));
    assert_eq!(resume(Some(good[..18].to_vec())), Err(OscoreError::NoState));
    for version in [0, 2, 0xff] {
        let mut state = good.clone();
        state[0] = version;
        assert_eq!(resume(Some(state)), Err(OscoreError::NoState));
    }
}

#[test]
fn the_last_number_is_not_passed() {
    let (_, mut memory) = begin(&[], &[1], Steps::DEFAULT);
    let mut state = memory.value.unwrap();
    state[9..14].fill(0xff);
    state[13] = 0xfd;
    memory.value = Some(state);
    let made = Session::resume(context(&[], &[1]), &mut memory, &OSCORE_STATE, Steps::DEFAULT);
    let mut session = block_on(made).unwrap();
    let mut out = [0; 200];
    let mut ask = || block_on(session.protect_request(&mut memory, &hex(GET), &mut out)).map(drop);
    assert_eq!(ask(), Ok(()));
    assert_eq!(ask(), Ok(()));
    assert_eq!(ask(), Err(OscoreError::UsedUp));
    assert_eq!(ask(), Err(OscoreError::UsedUp));
}

#[test]
fn weak_material() {
    let id = |bytes: &'static [u8]| Id::new(bytes).unwrap();
    let material = |secret: &'static [u8], context, sender, recipient| {
        let material = Material { secret, salt: &[], context, sender, recipient };
        Context::derive(Software, &material).is_some()
    };
    assert!(material(&[7; 16], None, id(&[1]), id(&[])));
    assert!(!material(&[7; 15], None, id(&[1]), id(&[])), "a short secret");
    assert!(!material(&[7; 16], None, id(&[1]), id(&[1])), "two ends of one name use one key");
    assert!(!material(&[7; 16], Some(&[0; 17]), id(&[1]), id(&[])));
    assert!(Id::new(&[0; 8]).is_none());
}

#[test]
fn what_cannot_be_protected_uses_nothing_up() {
    let (mut session, mut memory) = begin(&[], &[1], Steps::DEFAULT);
    let mut out = [0; 200];
    // A response, an empty message, nonsense, Observe, Proxy-Uri; and no room.
    for message in [CONTENT, "40000001", "ff", "40010001 60", "40010001 d6 16 636f61703a2f"] {
        let result = block_on(session.protect_request(&mut memory, &hex(message), &mut out));
        assert_eq!(result.map(drop), Err(OscoreError::Misuse), "{message}");
    }
    let result = block_on(session.protect_request(&mut memory, &hex(GET), &mut out[..50]));
    assert_eq!(result.map(drop), Err(OscoreError::Misuse));
    let (length, _) = block_on(session.protect_request(&mut memory, &hex(GET), &mut out)).unwrap();
    assert!(out[..length].windows(3).any(|w| w == [9, 0, 0xff]), "number 0");
}
