//! The power fails at every flash operation of an upload by SMP, with every fault model, and again while it goes on.
// A test may stop loudly.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod support;

use gabion_sim::{Cut, Fault, Off, Rng};
use gabion_update::SlotId;
use support::device::{Flash, MAP, boot, factory, image, keys};
use support::{V, call, digest_of, request, serve, upload};

const CHUNK: usize = 300;

/// The device as it was left, how many flash operations there were, and the packets that the upload took.
type Cycle = Result<(Off<Flash>, u64, Option<usize>), String>;

/// One power cycle of a device with a client at its side. Returns the packets that the upload took, `None` without an end.
fn cycle(off: Off<Flash>, cut: Option<Cut>, new: &[u8]) -> Cycle {
    let keys = keys();
    let mut board = off.power_on(cut);
    let supply = board.supply.clone();
    let booted = boot(&mut board, &MAP, &keys);
    if supply.is_lost() {
        return Ok((board.power_off(), supply.steps(), None));
    }
    let booted = booted.unwrap();
    if booted.slot == SlotId::B {
        assert_eq!(booted.image.digest(), &digest_of(new), "only the whole image runs");
        return Ok((board.power_off(), supply.steps(), Some(0)));
    }
    let packets = {
        let (mut server, mut events) = serve(&mut board, SlotId::A, &keys);
        let sent = upload(&mut server, &mut events, new, CHUNK, true);
        if let (Err(reply), false) = (&sent, supply.is_lost()) {
            return Err(format!("the upload is refused: {:?}", reply.error()));
        }
        sent.ok().filter(|_| {
            let test = request(2, 1, 0, &[("hash", V::B(&digest_of(new)))]);
            let list = call(&mut server, &mut events, &test);
            let pending = list.payload.starts_with(b"\xa1\x66images");
            assert!(pending || supply.is_lost(), "{list:?}");
            pending
        })
    };
    assert!(board.flash.illegal_writes().is_empty());
    Ok((board.power_off(), supply.steps(), packets))
}

/// Cut at `first`, cut the next cycle at `second`, then run without cuts: the device must run the new image. Returns how many
/// packets the last upload took. `damage`: a bit of what was stored falls while the power is off.
fn story(new: &[u8], first: Cut, second: Option<Cut>, damage: bool) -> Result<usize, String> {
    let (mut off, ..) = cycle(factory(&image(3)), Some(first), new)?;
    if second.is_some() {
        (off, ..) = cycle(off, second, new)?;
    }
    if damage {
        off.medium.flip_bit(MAP.span(SlotId::B).start() as usize + 700, 3);
    }
    let mut packets = 0;
    for _ in 0..3 {
        let (next, _, sent) = cycle(off, None, new)?;
        let Some(sent) = sent else { return Err("the upload does not end".to_owned()) };
        off = next;
        if sent == 0 {
            return Ok(packets);
        }
        packets = sent;
    }
    Err("the new image does not run".to_owned())
}

/// `GABION_SMP_CUTS=8` cuts with every fault model at every operation; without it each gets one of them in turn.
#[test]
fn every_cut_of_an_upload_ends_in_the_new_image() {
    let models = std::env::var("GABION_SMP_CUTS").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let new = image(5);
    let (_, steps, whole) = cycle(factory(&image(3)), None, &new).unwrap();
    let whole = whole.unwrap();
    let mut rng = Rng::new(77);
    let (mut stories, mut shorter) = (0, 0);
    for at in 0..steps {
        for model in 0..models {
            let fault = Fault::ALL[(at + model) as usize % Fault::ALL.len()];
            let first = Cut::new(at, fault, rng.next());
            let again = Cut::new(rng.below(steps), fault, rng.next());
            for second in [None, Some(again)] {
                let packets = story(&new, first, second, false)
                    .unwrap_or_else(|broken| panic!("{first:?} {second:?}: {broken}"));
                stories += 1;
                shorter += u32::from(packets < whole);
                assert!(packets <= whole + 2, "{packets} packets after a cut, {whole} without");
            }
        }
    }
    println!("{stories} stories, {shorter} of them with a shorter upload after the cut");
    assert!(shorter * 3 > stories, "what is on flash is not sent again");
}

/// The judge of the stories sees what is wrong: a bit that fell is not gone on with.
#[test]
fn planted_damage_is_caught() {
    let new = image(5);
    let (_, steps, _) = cycle(factory(&image(3)), None, &new).unwrap();
    let last = Cut::new(steps - 8, Fault::Clean, 1);
    assert!(story(&new, last, None, false).is_ok());
    let caught = story(&new, last, None, true).unwrap_err();
    assert!(caught.contains("refused"), "{caught}");
}
