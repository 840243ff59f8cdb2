//! What a client sees.
// A test may stop loudly.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod support;

use gabion_sim::{Board, SimFlash, block_on};
use gabion_smp::{Action, Answer, Next, RawReceiver, SerialLines, SerialReceiver};
use gabion_update::{Mode, SlotId};
use support::device::{Flash, MAP, boot, factory, image, keys};
use support::{V, call, call_with, digest_of, packet, request, serve, upload, yes};

fn restart(board: Board<Flash>) -> (Board<Flash>, SlotId, Mode) {
    let mut board = board.power_off().power_on(None);
    let booted = boot(&mut board, &MAP, &keys()).unwrap();
    (board, booted.slot, booted.mode)
}

#[test]
fn an_upload_of_any_chunk_size_is_tried_and_confirmed() {
    for (chunk, sha) in
        [(1, false), (7, true), (31, false), (100, true), (333, false), (5000, true)]
    {
        let keys = keys();
        let (old, new) = (image(3), image(5));
        let mut board = factory(&old).power_on(None);
        {
            let (mut server, mut events) = serve(&mut board, SlotId::A, &keys);
            upload(&mut server, &mut events, &new, chunk, sha).unwrap();
            let list = call(&mut server, &mut events, &request(0, 1, 0, &[]));
            assert_eq!(list.image(0), Some((digest_of(&old).to_vec(), true, false, true)));
            assert_eq!(list.image(1), Some((digest_of(&new).to_vec(), false, false, false)));
            let test = request(2, 1, 0, &[("hash", V::B(&digest_of(&new)))]);
            for _ in 0..2 {
                // The second time the client did not hear the first answer.
                let list = call(&mut server, &mut events, &test);
                assert_eq!(list.image(1), Some((digest_of(&new).to_vec(), false, true, false)));
            }
            let reset = call(&mut server, &mut events, &request(2, 0, 5, &[]));
            assert_eq!(reset.next, Next::SendThenReset(9));
        }
        let (mut board, slot, mode) = restart(board);
        assert_eq!((slot, mode), (SlotId::B, Mode::Trial { boot: 1, of: 3 }));
        {
            let (mut server, mut events) = serve(&mut board, SlotId::B, &keys);
            let list = call(&mut server, &mut events, &request(0, 1, 0, &[]));
            assert_eq!(list.image(1), Some((digest_of(&new).to_vec(), true, false, false)));
            assert_eq!(list.image(0), Some((digest_of(&old).to_vec(), false, false, true)));
            let keep = request(2, 1, 0, &[("confirm", V::Is(true))]);
            let list = call(&mut server, &mut events, &keep);
            assert_eq!(list.image(1), Some((digest_of(&new).to_vec(), true, false, true)));
            assert_eq!(list.image(0), None, "below the floor now: it could not run");
        }
        assert_eq!(board.chip.state().counter, 5);
        let (_, slot, mode) = restart(board);
        assert_eq!((slot, mode), (SlotId::B, Mode::Confirmed), "chunk {chunk}");
    }
}

#[test]
fn padding_behind_the_image_is_not_asked_for() {
    let keys = keys();
    let mut file = image(5);
    file.resize(4000, 0xff);
    let mut board = factory(&image(3)).power_on(None);
    let (mut server, mut events) = serve(&mut board, SlotId::A, &keys);
    let packets = upload(&mut server, &mut events, &file, 200, true).unwrap();
    assert!(packets < 16, "{packets} packets");
}

#[test]
fn the_group_of_the_system_answers() {
    let keys = keys();
    let mut board = factory(&image(3)).power_on(None);
    let (mut server, mut events) = serve(&mut board, SlotId::A, &keys);
    let echo = call(&mut server, &mut events, &request(2, 0, 0, &[("d", V::T("hello"))]));
    assert_eq!(echo.payload, b"\xa1\x61r\x65hello");
    let parameters = call(&mut server, &mut events, &packet(0, 0, 6, b""));
    assert_eq!(parameters.number("buf_size"), Some(512));
    assert_eq!(parameters.number("buf_count"), Some(1));
    let name = call(&mut server, &mut events, &packet(0, 0, 8, b"\xbf\xff"));
    assert_eq!(name.payload, b"\xa1\x6abootloader\x66gabion");
    for (op, group, command) in [(0, 0, 2), (0, 9, 0), (2, 1, 3), (0, 1, 1), (2, 63, 0)] {
        let reply = call(&mut server, &mut events, &request(op, group, command, &[]));
        assert_eq!(reply.number("rc"), Some(8), "{op} {group} {command}");
    }
}

#[test]
fn errors_are_told_in_the_clients_version() {
    let keys = keys();
    let mut board = factory(&image(3)).power_on(None);
    let (mut server, mut events) = serve(&mut board, SlotId::A, &keys);
    let mut file = image(5);
    file[0] ^= 1;
    let fields = [("off", V::U(0)), ("data", V::B(&file[..40])), ("len", V::U(file.len() as u32))];
    let second = request(2, 1, 1, &fields);
    assert_eq!(call(&mut server, &mut events, &second).error(), Some(23));
    let mut first = second;
    first[0] &= 7;
    let reply = call(&mut server, &mut events, &first);
    assert_eq!(reply.number("rc"), Some(3));
    assert!(reply.payload.ends_with(b"\x63rsn\x68BadMagic"), "{reply:?}");
    first[0] |= 2 << 3;
    let mut out = [0; 64];
    let next = block_on(server.handle(&first, &mut out, &mut yes, &mut events));
    assert_eq!(next, Next::Send(8 + 5), "a version of the future is told so");
    assert_eq!(out[8..13], *b"\xa1\x62rc\x0d");
}

#[test]
fn a_guard_decides() {
    let keys = keys();
    let new = image(5);
    let mut board = factory(&image(3)).power_on(None);
    let (mut server, mut events) = serve(&mut board, SlotId::A, &keys);
    let first = request(
        2,
        1,
        1,
        &[("off", V::U(0)), ("data", V::B(&new[..100])), ("len", V::U(new.len() as u32))],
    );
    let requests = [
        first,
        request(2, 1, 0, &[("confirm", V::Is(true))]),
        request(2, 1, 5, &[]),
        request(2, 0, 5, &[]),
    ];
    for (answer, code) in [(Answer::No, 11), (Answer::Later, 10)] {
        for packet in &requests {
            let mut guard = |_: Action<'_>| answer;
            let reply = call_with(&mut server, &mut events, packet, &mut guard);
            assert_eq!(reply.number("rc"), Some(code));
            assert!(matches!(reply.next, Next::Send(_)));
        }
    }
    upload(&mut server, &mut events, &new, 300, false).unwrap();
    let test = request(2, 1, 0, &[("hash", V::B(&digest_of(&new)))]);
    let mut asked = None;
    let mut later = |action: Action<'_>| match action {
        Action::Install(image) => {
            asked = Some(*image.digest());
            Answer::Later
        }
        _ => Answer::No,
    };
    assert_eq!(call_with(&mut server, &mut events, &test, &mut later).number("rc"), Some(10));
    assert_eq!(asked, Some(digest_of(&new)), "the hook sees what would be installed");
    // Nothing is lost: when the device has time, it is installed.
    assert!(call(&mut server, &mut events, &test).image(1).unwrap().2);
}

#[test]
fn erasing_is_for_the_spare_slot_only() {
    let keys = keys();
    let mut board = factory(&image(3)).power_on(None);
    let (mut server, mut events) = serve(&mut board, SlotId::A, &keys);
    upload(&mut server, &mut events, &image(5), 300, false).unwrap();
    let running = request(2, 1, 5, &[("slot", V::U(0))]);
    assert_eq!(call(&mut server, &mut events, &running).error(), Some(14));
    let spare = request(2, 1, 5, &[("slot", V::U(1))]);
    assert_eq!(call(&mut server, &mut events, &spare).payload, b"\xa0");
    let list = call(&mut server, &mut events, &request(0, 1, 0, &[]));
    assert!(list.image(0).is_some() && list.image(1).is_none());
    // What waits for its first boot is not erased by the way.
    upload(&mut server, &mut events, &image(5), 300, false).unwrap();
    let test = request(2, 1, 0, &[("hash", V::B(&digest_of(&image(5))))]);
    assert!(call(&mut server, &mut events, &test).image(1).unwrap().2);
    assert_eq!(call(&mut server, &mut events, &spare).error(), Some(28));
    drop(server);
    let (mut board, slot, _) = restart(board);
    let (mut server, mut events) = serve(&mut board, slot, &keys);
    let other = request(2, 1, 5, &[]);
    assert_eq!(call(&mut server, &mut events, &other).error(), Some(9), "it may have to come back");
}

#[test]
fn a_client_can_ask_for_newer_versions_only() {
    let keys = keys();
    let mut board = factory(&image(5)).power_on(None);
    let (mut server, mut events) = serve(&mut board, SlotId::A, &keys);
    let ask = |file: &[u8]| {
        let len = ("len", V::U(file.len() as u32));
        request(
            2,
            1,
            1,
            &[("off", V::U(0)), ("data", V::B(&file[..64])), len, ("upgrade", V::Is(true))],
        )
    };
    assert_eq!(call(&mut server, &mut events, &ask(&image(5))).error(), Some(27));
    assert!(call(&mut server, &mut events, &ask(&image(6))).number("off").is_some());
}

#[test]
fn packets_travel_in_lines_between_other_lines() {
    for len in (0..200).chain([511, 512]) {
        let packet: Vec<u8> = (0..len).map(|at| (at * 7) as u8).collect();
        let mut stream = b"boot: ok\r\n\x06odd line\n".to_vec();
        for line in SerialLines::new(&packet) {
            assert!(line.len() <= 127);
            stream.extend_from_slice(&line);
            stream.extend(b"<inf> temperature 21\n");
        }
        let mut receiver = SerialReceiver::<512>::new();
        let mut seen = Vec::new();
        for byte in stream {
            seen.extend(receiver.push(byte).map(<[u8]>::to_vec));
        }
        assert_eq!(seen, [packet], "length {len}");
    }
    assert_eq!(SerialLines::new(&vec![0; 65_534]).count(), 0);
    let mut short = SerialReceiver::<4>::new();
    for line in SerialLines::new(&[0; 5]) {
        assert!(line.iter().all(|byte| short.push(*byte).is_none()));
    }
}

#[test]
fn the_lines_are_the_fields() {
    // From the documentation of a client of the field: thirteen bytes of text.
    let lines: Vec<u8> =
        SerialLines::new(b"Hello, world!").flat_map(|line| line.to_vec()).collect();
    assert_eq!(lines, b"\x06\x09AA9IZWxsbywgd29ybGQhet4=\n");
}

#[test]
fn raw_packets_follow_each_other() {
    let mut receiver = RawReceiver::<64>::new();
    let small = request(2, 0, 0, &[("d", V::T("a"))]);
    let large = packet(2, 0, 0, &[0; 100]);
    let stream = [&small[..], &large, &small].concat();
    let mut seen = Vec::new();
    for byte in stream {
        seen.extend(receiver.push(byte).map(<[u8]>::to_vec));
    }
    assert_eq!(seen, [small.clone(), small], "what does not fit is passed over");
    let _: fn() -> RawReceiver<64> = RawReceiver::default;
    let _ = core::mem::size_of::<SimFlash<4, 1024>>();
}
