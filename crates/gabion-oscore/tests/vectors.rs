//! RFC 8613 appendix C.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    unreachable_pub,
    reason = "tests"
)]

mod bench;

use bench::{Memory, SECRET, hex};
use gabion_crypto::Software;
use gabion_flash::block_on;
use gabion_oscore::{Context, Id, Material, OSCORE_STATE, Session, Steps};

const SALT: &str = "9e7ca92223786340";

struct Case {
    salt: &'static str,
    context: Option<&'static str>,
    client: &'static str,
    server: &'static str,
    plain: &'static str,
    sealed: &'static str,
}

/// C.4, C.5, C.6: the 21st request of a client.
const REQUESTS: [Case; 3] = [
    Case {
        salt: SALT,
        context: None,
        client: "",
        server: "01",
        plain: "44015d1f00003974396c6f63616c686f737483747631",
        sealed: "44025d1f00003974396c6f63616c686f7374620914ff612f1092f1776f1c1668b3825e",
    },
    Case {
        salt: "",
        context: None,
        client: "00",
        server: "01",
        plain: "440171c30000b932396c6f63616c686f737483747631",
        sealed: "440271c30000b932396c6f63616c686f737463091400ff4ed339a5a379b0b8bc731fffb0",
    },
    Case {
        salt: SALT,
        context: Some("37cbf3210017a2d3"),
        client: "",
        server: "01",
        plain: "44012f8eef9bbf7a396c6f63616c686f737483747631",
        sealed: "44022f8eef9bbf7a396c6f63616c686f73746b19140837cbf3210017a2d3ff72cd7273fd331ac45cffbe55c3",
    },
];

fn session(case: &Case, is_client: bool) -> (Session<Software>, Memory) {
    let (client, server) = (hex(case.client), hex(case.server));
    let (sender, recipient) = if is_client { (&client, &server) } else { (&server, &client) };
    let context = case.context.map(hex);
    let material = Material {
        secret: &SECRET,
        salt: &hex(case.salt),
        context: context.as_deref(),
        sender: Id::new(sender).unwrap(),
        recipient: Id::new(recipient).unwrap(),
    };
    let context = Context::derive(Software, &material).unwrap();
    let mut memory = Memory::default();
    let made = Session::begin(context, &mut memory, &OSCORE_STATE, Steps::DEFAULT);
    let session = block_on(made).unwrap();
    (session, memory)
}

/// A client whose next number is 20.
fn client(case: &Case) -> (Session<Software>, Memory) {
    let (mut session, mut memory) = session(case, true);
    let mut out = [0; 200];
    for _ in 0..20 {
        let _ = block_on(session.protect_request(&mut memory, &hex(case.plain), &mut out)).unwrap();
    }
    (session, memory)
}

#[test]
fn requests() {
    for case in &REQUESTS {
        let (mut client, mut memory) = client(case);
        let mut out = [0; 200];
        let (length, _) =
            block_on(client.protect_request(&mut memory, &hex(case.plain), &mut out)).unwrap();
        assert_eq!(out[..length], hex(case.sealed));

        let (mut server, mut memory) = session(case, false);
        let (length, _) =
            block_on(server.unprotect_request(&mut memory, &hex(case.sealed), &mut out)).unwrap();
        assert_eq!(out[..length], hex(case.plain));
    }
}

const RESPONSE: &str = "64455d1f00003974ff48656c6c6f20576f726c6421";

/// C.7 and C.8: the responses to C.4, without and with a number of their own.
#[test]
fn responses() {
    let sealed = [
        "64445d1f0000397490ffdbaad1e9a7e7b2a813d3c31524378303cdafae119106",
        "64445d1f00003974920100ff4d4c13669384b67354b2b6175ff4b8658c666a6cf88e",
    ];
    for (number, sealed) in sealed.into_iter().enumerate() {
        let case = &REQUESTS[0];
        let mut out = [0; 200];
        let (mut server, mut memory) = session(case, false);
        let (_, request) =
            block_on(server.unprotect_request(&mut memory, &hex(case.sealed), &mut out)).unwrap();
        let plain = hex(RESPONSE);
        let length = if number == 0 {
            server.protect_response::<()>(request, &plain, &mut out).unwrap()
        } else {
            block_on(server.protect_numbered_response(&mut memory, &request, &plain, &mut out))
                .unwrap()
        };
        assert_eq!(out[..length], hex(sealed));

        let (mut client, mut memory) = client(case);
        let (_, exchange) =
            block_on(client.protect_request(&mut memory, &hex(case.plain), &mut out)).unwrap();
        let length = client.unprotect_response::<()>(exchange, &hex(sealed), &mut out).unwrap();
        assert_eq!(out[..length], plain);
    }
}
