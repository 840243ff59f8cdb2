//! A small client, which goes where it is told as the field's do.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::mod_module_files,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "shared by several tests"
)]

#[path = "../../../gabion-update/tests/support/mod.rs"]
pub mod device;

use device::Flash;
use gabion_boot::TrustedKey;
use gabion_codec::cbor::{Budget, Document, Encoder, Item};
use gabion_crypto::{Sha256, Software};
use gabion_sim::{Board, SimCounter, SimEvents, block_on};
use gabion_smp::{Action, Answer, Guard, Next, Server};
use gabion_update::{SlotId, Updater};

pub const LONGEST: u16 = 512;
pub type Served<'a> = Server<'a, &'a mut Flash, Software, SimCounter, 1024>;

pub fn yes(_: Action<'_>) -> Answer {
    Answer::Yes
}

/// Starts the server on a device that runs a slot.
pub fn serve<'a>(
    board: &'a mut Board<Flash>,
    running: SlotId,
    keys: &'a [TrustedKey],
) -> (Served<'a>, SimEvents) {
    let (counter, events) = (board.chip.counter.clone(), board.chip.events.clone());
    let updater = Updater::open(&mut board.flash, counter, running, device::config(keys));
    (Server::new(block_on(updater).unwrap(), LONGEST), events)
}

#[derive(Clone, Copy)]
pub enum V<'a> {
    U(u32),
    B(&'a [u8]),
    T(&'a str),
    Is(bool),
}

/// A request of the second version; the fields in any order, in a map of indefinite length if so wanted.
pub fn request(op: u8, group: u8, command: u8, fields: &[(&str, V<'_>)]) -> Vec<u8> {
    let mut buffer = vec![0; 8192];
    let mut encoder = Encoder::new(&mut buffer);
    encoder.map(fields.len() as u64).unwrap();
    for (name, value) in fields {
        encoder.text(name).unwrap();
        match value {
            V::U(number) => encoder.unsigned(u64::from(*number)),
            V::B(bytes) => encoder.bytes(bytes),
            V::T(text) => encoder.text(text),
            V::Is(truth) => encoder.bool(*truth),
        }
        .unwrap();
    }
    let len = encoder.position();
    packet(op, group, command, &buffer[..len])
}

pub fn packet(op: u8, group: u8, command: u8, payload: &[u8]) -> Vec<u8> {
    let [l0, l1] = (payload.len() as u16).to_be_bytes();
    [&[op | 8, 0, l0, l1, 0, group, 77, command], payload].concat()
}

/// An answer: its header's first byte, and the fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    pub payload: Vec<u8>,
    pub next: Next,
}

impl Reply {
    pub fn number(&self, name: &str) -> Option<u64> {
        match Document::parse(&self.payload, Budget::SMALL).unwrap().root() {
            Item::Map(entries) => entries.get_text(name)?.as_u64(),
            other => panic!("{other:?}"),
        }
    }

    /// The number of an error of the image group.
    pub fn error(&self) -> Option<u64> {
        match Document::parse(&self.payload, Budget::SMALL).unwrap().root() {
            Item::Map(entries) => match entries.get_text("err")? {
                Item::Map(err) => {
                    assert_eq!(err.get_text("group").unwrap().as_u64(), Some(1));
                    err.get_text("rc")?.as_u64()
                }
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    /// What is told of a slot: hash, active, pending, confirmed.
    pub fn image(&self, slot: u64) -> Option<(Vec<u8>, bool, bool, bool)> {
        let Item::Map(entries) = Document::parse(&self.payload, Budget::SMALL).unwrap().root()
        else {
            panic!("no map")
        };
        let Some(Item::Array(images)) = entries.get_text("images") else { panic!("no images") };
        images.into_iter().find_map(|image| {
            let Item::Map(image) = image else { panic!("no map") };
            let is = |name| image.get_text(name) == Some(Item::Bool(true));
            (image.get_text("slot")?.as_u64()? == slot).then(|| {
                let hash = image.get_text("hash").unwrap().as_bytes().unwrap().to_vec();
                (hash, is("active"), is("pending"), is("confirmed"))
            })
        })
    }
}

pub fn call_with(
    server: &mut Served<'_>,
    events: &mut SimEvents,
    packet: &[u8],
    guard: &mut impl Guard,
) -> Reply {
    let mut out = [0; 512];
    let next = block_on(server.handle(packet, &mut out, guard, events));
    let len = match next {
        Next::Silent => return Reply { payload: Vec::new(), next },
        Next::Send(len) | Next::SendThenReset(len) => len,
    };
    let reply = &out[..len];
    assert_eq!(reply[0], (packet[0] | 1), "operation and version");
    assert_eq!(reply[4..8], packet[4..8], "group, sequence, command");
    assert_eq!(usize::from(u16::from_be_bytes([reply[2], reply[3]])), len - 8);
    Reply { payload: reply[8..].to_vec(), next }
}

pub fn call(server: &mut Served<'_>, events: &mut SimEvents, packet: &[u8]) -> Reply {
    call_with(server, events, packet, &mut yes)
}

/// Sends a file; every chunk goes where the last answer said. Returns how many packets that took.
pub fn upload(
    server: &mut Served<'_>,
    events: &mut SimEvents,
    file: &[u8],
    chunk: usize,
    sha: bool,
) -> Result<usize, Reply> {
    let hash = Software.sha256(&[file]);
    let (mut off, mut packets) = (0, 0);
    loop {
        let data = &file[off..file.len().min(off + chunk)];
        let mut fields = vec![("off", V::U(off as u32)), ("data", V::B(data))];
        if off == 0 {
            fields.extend([("len", V::U(file.len() as u32)), ("image", V::U(0))]);
            if sha {
                fields.push(("sha", V::B(&hash)));
            }
        }
        let reply = call(server, events, &request(2, 1, 1, &fields));
        packets += 1;
        match reply.number("off") {
            Some(next) if next as usize == file.len() => return Ok(packets),
            Some(next) => off = next as usize,
            None => return Err(reply),
        }
        assert!(packets < 20_000, "no end");
    }
}

pub fn digest_of(file: &[u8]) -> [u8; 32] {
    let at = file.windows(8).position(|w| w[..2] == [0x07, 0x69] && w[4..8] == [0x10, 0, 32, 0]);
    file[at.unwrap() + 8..][..32].try_into().unwrap()
}
