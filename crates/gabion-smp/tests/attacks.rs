//! What an enemy at the other end tries.
// A test may stop loudly.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod support;

use gabion_sim::{Rng, block_on};
use gabion_smp::{Next, SerialReceiver};
use gabion_update::SlotId;
use support::device::{MAP, boot, factory, image, keys, mint::Mint};
use support::{V, call, digest_of, packet, request, serve, upload, yes};

/// Whatever is sent, the slot keeps what it holds until a trusted key has signed both ends of what comes.
#[test]
fn nothing_is_erased_for_a_forged_image() {
    let keys = keys();
    let spare = image(4);
    let forged = {
        let mut mint = Mint::new(9, 2300);
        mint.key = 99;
        mint.build()
    };
    let below = image(2);
    let mut damaged = image(5);
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    let files = [(forged, 5), (below, 27), (damaged, 5)];
    for (file, code) in files {
        let mut off = factory(&image(3));
        off.chip.counter = 3;
        off.medium.tamper(MAP.span(SlotId::B).start() as usize, &spare);
        let mut board = off.power_on(None);
        {
            let (mut server, mut events) = serve(&mut board, SlotId::A, &keys);
            let refused = upload(&mut server, &mut events, &file, 256, true).unwrap_err();
            assert_eq!(refused.error(), Some(code));
            let list = call(&mut server, &mut events, &request(0, 1, 0, &[]));
            assert_eq!(list.image(1).unwrap().0, digest_of(&spare), "the spare image is whole");
        }
        assert!(board.flash.counters().erases == 0, "nothing was erased");
    }
}

/// The ends are genuine, the body is not.
#[test]
fn a_genuine_head_and_tail_carry_no_foreign_body() {
    let keys = keys();
    let mut file = image(5);
    file[1000] ^= 1;
    let mut board = factory(&image(3)).power_on(None);
    let (mut server, mut events) = serve(&mut board, SlotId::A, &keys);
    let refused = upload(&mut server, &mut events, &file, 256, false).unwrap_err();
    assert_eq!(refused.error(), Some(24));
    let test = request(2, 1, 0, &[("hash", V::B(&digest_of(&file)))]);
    assert_eq!(call(&mut server, &mut events, &test).error(), Some(3), "nothing to install");
}

#[test]
fn a_lie_about_the_files_hash_is_noticed() {
    let keys = keys();
    let file = image(5);
    let mut board = factory(&image(3)).power_on(None);
    let (mut server, mut events) = serve(&mut board, SlotId::A, &keys);
    let mut off = 0;
    let reply = loop {
        let data = &file[off..file.len().min(off + 400)];
        let mut fields = vec![("off", V::U(off as u32)), ("data", V::B(data))];
        if off == 0 {
            fields.extend([("len", V::U(file.len() as u32)), ("sha", V::B(&[7; 32]))]);
        }
        let reply = call(&mut server, &mut events, &request(2, 1, 1, &fields));
        match reply.number("off") {
            Some(next) => off = next as usize,
            None => break reply,
        }
    };
    assert_eq!(reply.error(), Some(24));
}

#[test]
fn what_never_ran_cannot_be_confirmed() {
    let keys = keys();
    let mut board = factory(&image(3)).power_on(None);
    let (mut server, mut events) = serve(&mut board, SlotId::A, &keys);
    upload(&mut server, &mut events, &image(5), 256, false).unwrap();
    let hash = digest_of(&image(5));
    let keep = request(2, 1, 0, &[("hash", V::B(&hash)), ("confirm", V::Is(true))]);
    assert_eq!(call(&mut server, &mut events, &keep).error(), Some(32));
    let active = request(2, 1, 0, &[("hash", V::B(&digest_of(&image(3))))]);
    assert_eq!(call(&mut server, &mut events, &active).error(), Some(33));
    let none = request(2, 1, 0, &[]);
    assert_eq!(call(&mut server, &mut events, &none).error(), Some(24));
}

#[test]
fn a_replayed_upload_does_not_undo_an_installation() {
    let keys = keys();
    let new = image(5);
    let mut board = factory(&image(3)).power_on(None);
    {
        let (mut server, mut events) = serve(&mut board, SlotId::A, &keys);
        upload(&mut server, &mut events, &new, 256, false).unwrap();
        let test = request(2, 1, 0, &[("hash", V::B(&digest_of(&new)))]);
        call(&mut server, &mut events, &test);
        let refused = upload(&mut server, &mut events, &image(6), 256, false).unwrap_err();
        assert_eq!(refused.error(), Some(28));
    }
    let mut board = board.power_off().power_on(None);
    assert_eq!(boot(&mut board, &MAP, &keys).unwrap().slot, SlotId::B);
}

#[test]
fn sizes_that_do_not_fit_are_refused_before_anything_is_kept() {
    let keys = keys();
    let file = image(5);
    let mut board = factory(&image(3)).power_on(None);
    let (mut server, mut events) = serve(&mut board, SlotId::A, &keys);
    let head = |change: &dyn Fn(&mut Vec<u8>), len: u32| {
        let mut file = file.clone();
        change(&mut file);
        request(2, 1, 1, &[("off", V::U(0)), ("data", V::B(&file[..64])), ("len", V::U(len))])
    };
    let len = file.len() as u32;
    let cases: [(Vec<u8>, u64); 8] = [
        (head(&|_| {}, 31), 21),
        (head(&|_| {}, 64), 21),
        (head(&|file| file[12..16].fill(0xff), u32::MAX), 30),
        (head(&|file| file[12..16].fill(0), len), 22),
        (head(&|file| file[10..12].copy_from_slice(&2000_u16.to_le_bytes()), len + 9000), 15),
        (head(&|file| file[16] = 4, len), 22),
        (request(2, 1, 1, &[("off", V::U(0)), ("data", V::B(&file[..64]))]), 21),
        (request(2, 1, 1, &[("off", V::U(0)), ("len", V::U(len)), ("image", V::U(1))]), 14),
    ];
    for (number, (packet, code)) in cases.iter().enumerate() {
        assert_eq!(call(&mut server, &mut events, packet).error(), Some(*code), "case {number}");
    }
    let reply = call(&mut server, &mut events, &request(2, 1, 1, &[("data", V::B(&[1]))]));
    assert_eq!(reply.error(), Some(20));
    // A file that ends before its header does, in two packets.
    let short = [("off", V::U(0)), ("data", V::B(&file[..10])), ("len", V::U(20))];
    assert_eq!(call(&mut server, &mut events, &request(2, 1, 1, &short)).number("off"), Some(10));
    let more = [("off", V::U(10)), ("data", V::B(&file[10..20]))];
    let reply = call(&mut server, &mut events, &request(2, 1, 1, &more));
    assert_eq!(reply.error(), Some(21), "{reply:?}");
}

/// Packets from nowhere, twice, too early, too late: the answer is the offset that is wanted.
#[test]
fn packets_out_of_order_move_nothing() {
    let keys = keys();
    let file = image(5);
    let mut board = factory(&image(3)).power_on(None);
    let (mut server, mut events) = serve(&mut board, SlotId::A, &keys);
    let chunk = |off: usize, len: usize| {
        let data = &file[off..file.len().min(off + len)];
        request(2, 1, 1, &[("off", V::U(off as u32)), ("data", V::B(data))])
    };
    let ask = |server: &mut support::Served<'_>, events: &mut _, packet: &[u8]| {
        call(server, events, packet).number("off")
    };
    assert_eq!(ask(&mut server, &mut events, &chunk(500, 100)), Some(0));
    let first = [("off", V::U(0)), ("data", V::B(&file[..50])), ("len", V::U(file.len() as u32))];
    let first = request(2, 1, 1, &first);
    let tail = ask(&mut server, &mut events, &first).unwrap() as usize;
    assert_eq!(tail, 0x40 + 2300, "sent on to what follows the body");
    assert_eq!(ask(&mut server, &mut events, &chunk(50, 100)), Some(tail as u64));
    assert_eq!(ask(&mut server, &mut events, &chunk(tail + 1, 100)), Some(tail as u64));
    assert_eq!(ask(&mut server, &mut events, &chunk(tail - 5, 500)), Some(32), "and back");
    for _ in 0..3 {
        assert_eq!(ask(&mut server, &mut events, &chunk(32, 300)), Some(332), "taken once");
    }
    assert_eq!(ask(&mut server, &mut events, &chunk(300, 100)), Some(400), "an overlap");
    let beyond = request(2, 1, 1, &[("off", V::U(u32::MAX)), ("data", V::B(&[0; 9]))]);
    assert_eq!(ask(&mut server, &mut events, &beyond), Some(400));
    let again = upload(&mut server, &mut events, &file, 300, false);
    assert!(again.is_ok(), "from the start, without a hash: begins again");
}

/// Any packet at all: an answer or silence, and the device boots what it booted.
#[test]
fn random_packets_do_no_harm() {
    let keys = keys();
    let mut rng = Rng::new(5);
    let mut board = factory(&image(3)).power_on(None);
    {
        let (mut server, mut events) = serve(&mut board, SlotId::A, &keys);
        let good = request(
            2,
            1,
            1,
            &[("off", V::U(0)), ("data", V::B(&image(5)[..64])), ("len", V::U(2500))],
        );
        for _ in 0..20_000 {
            let mut packet = good.clone();
            for _ in 0..rng.below(4) {
                let at = rng.below(packet.len() as u64) as usize;
                packet[at] = rng.byte();
            }
            packet.truncate(8 + rng.below(packet.len() as u64) as usize);
            let mut out = [0; 128];
            match block_on(server.handle(&packet, &mut out, &mut yes, &mut events)) {
                Next::Silent => {}
                Next::Send(len) | Next::SendThenReset(len) => assert!((9..=128).contains(&len)),
            }
        }
    }
    let mut board = board.power_off().power_on(None);
    assert_eq!(boot(&mut board, &MAP, &keys).unwrap().slot, SlotId::A);
}

#[test]
fn a_reply_that_has_no_room_is_said_to_be_too_long() {
    let keys = keys();
    let mut board = factory(&image(3)).power_on(None);
    let (mut server, mut events) = serve(&mut board, SlotId::A, &keys);
    let list = request(0, 1, 0, &[]);
    let mut out = [0; 16];
    let next = block_on(server.handle(&list, &mut out, &mut yes, &mut events));
    assert_eq!((next, &out[8..13]), (Next::Send(13), &b"\xa1\x62rc\x07"[..]));
    let next = block_on(server.handle(&list, &mut [0; 9], &mut yes, &mut events));
    assert_eq!(next, Next::Silent);
    for len in 0..8 {
        let next = block_on(server.handle(&list[..len], &mut out, &mut yes, &mut events));
        assert_eq!(next, Next::Silent);
    }
    // A reply is not answered, or two devices would talk for ever.
    let reply = packet(3, 1, 0, b"\xa0");
    assert_eq!(block_on(server.handle(&reply, &mut out, &mut yes, &mut events)), Next::Silent);
}

#[test]
fn damaged_lines_are_dropped() {
    let good = request(2, 0, 0, &[("d", V::T("x".repeat(150).as_str()))]);
    let stream: Vec<u8> =
        gabion_smp::SerialLines::new(&good).flat_map(|line| line.to_vec()).collect();
    for at in 0..stream.len() {
        for bit in 0..8 {
            let mut damaged = stream.clone();
            damaged[at] ^= 1 << bit;
            let mut receiver = SerialReceiver::<256>::new();
            for byte in damaged {
                if let Some(packet) = receiver.push(byte) {
                    assert_eq!(packet, good, "byte {at} bit {bit}");
                }
            }
            // And the next packet comes through.
            let mut seen = 0;
            for byte in b"\n".iter().chain(&stream) {
                seen += usize::from(receiver.push(*byte).is_some_and(|packet| packet == good));
            }
            assert_eq!(seen, 1, "byte {at} bit {bit}");
        }
    }
}
