//! The flash refuses and records each write that a real part would punish.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)] // test code

use std::time::Duration;

use embedded_storage::nor_flash::{MultiwriteNorFlash, NorFlash, ReadNorFlash};
use gabion_hal::Clock;
use gabion_sim::{
    Cut, Fault, FlashError, Kind, Medium, Off, PlainNor, Rewrite, Setup, SimFlash, Timing,
    TraceKind, Wide, block_on,
};

type Flash = SimFlash<4, 64>;

fn flash() -> Flash {
    Flash::new(Setup::new(256))
}

fn read<const W: usize, const P: usize, K: Kind>(flash: &mut SimFlash<W, P, K>) -> Vec<u8> {
    let mut bytes = vec![0; flash.medium().capacity()];
    flash.read(0, &mut bytes).unwrap();
    bytes
}

#[test]
fn a_blank_flash_reads_as_erased_and_keeps_what_is_written() {
    let mut flash = flash();
    assert_eq!(read(&mut flash), [0xFF; 256]);
    flash.write(8, &[1, 2, 3, 4, 5, 6, 7, 8]).unwrap();
    let bytes = read(&mut flash);
    assert_eq!(bytes[8..16], [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!((bytes[7], bytes[16]), (0xFF, 0xFF));
    flash.erase(0, 64).unwrap();
    assert_eq!(read(&mut flash), [0xFF; 256]);
    assert_eq!(flash.medium().wear(), [1, 0, 0, 0]);
}

#[test]
fn what_is_not_aligned_or_does_not_fit_is_refused() {
    let mut flash = flash();
    let mut buffer = [0; 8];
    assert_eq!(flash.write(2, &[0; 4]), Err(FlashError::NotAligned));
    assert_eq!(flash.write(0, &[0; 3]), Err(FlashError::NotAligned));
    assert_eq!(flash.write(256, &[0; 4]), Err(FlashError::OutOfBounds));
    assert_eq!(flash.write(u32::MAX - 3, &[0; 4]), Err(FlashError::OutOfBounds));
    assert_eq!(flash.read(250, &mut buffer), Err(FlashError::OutOfBounds));
    assert_eq!(flash.read(u32::MAX, &mut buffer), Err(FlashError::OutOfBounds));
    assert_eq!(flash.erase(0, 32), Err(FlashError::NotAligned));
    assert_eq!(flash.erase(32, 64), Err(FlashError::NotAligned));
    assert_eq!(flash.erase(64, 0), Err(FlashError::OutOfBounds));
    assert_eq!(flash.erase(0, 320), Err(FlashError::OutOfBounds));
    assert_eq!(flash.write(256, &[]), Ok(()));
    assert_eq!(flash.erase(64, 64), Ok(()));
    assert_eq!(read(&mut flash), [0xFF; 256], "a refused call changes nothing");
    assert_eq!(flash.counters().words + flash.counters().erases, 0);
}

#[test]
fn reads_of_a_wide_part_must_be_aligned() {
    let mut flash = SimFlash::<4, 64, Wide<4>>::new(Setup::new(128));
    assert_eq!(<SimFlash<4, 64, Wide<4>> as ReadNorFlash>::READ_SIZE, 4);
    assert_eq!(flash.read(2, &mut [0; 4]), Err(FlashError::NotAligned));
    assert_eq!(flash.read(4, &mut [0; 6]), Err(FlashError::NotAligned));
    assert_eq!(flash.read(4, &mut [0; 8]), Ok(()));
}

#[test]
fn a_plain_word_is_written_once() {
    let mut flash = PlainNor::<8, 64>::new(Setup::new(128));
    flash.write(0, &[0xFF; 8]).unwrap(); // even all ones is a write: it programs the ECC
    let second = flash.write(0, &[0; 8]);
    assert_eq!(second, Err(FlashError::IllegalWrite { address: 0 }));
    assert_eq!(flash.illegal_writes().len(), 1);
    assert_eq!(flash.illegal_writes()[0].writes, 1);
    assert_eq!(read(&mut flash), [0xFF; 128], "the refused write did nothing");
    flash.erase(0, 64).unwrap();
    flash.write(0, &[0; 8]).unwrap();
}

#[test]
fn a_multiwrite_word_is_written_twice_and_bits_only_fall() {
    let mut flash = flash();
    flash.write(0, &[0xF0; 4]).unwrap();
    assert_eq!(flash.write(0, &[0xF1; 4]), Err(FlashError::IllegalWrite { address: 0 }));
    flash.write(0, &[0x30; 4]).unwrap();
    assert_eq!(flash.write(0, &[0; 4]), Err(FlashError::IllegalWrite { address: 0 }));
    let reasons: Vec<_> = flash.illegal_writes().iter().map(|illegal| illegal.reason).collect();
    assert!(reasons[0].contains("cannot go back") && reasons[1].contains("more often"));
    assert_eq!(read(&mut flash)[..4], [0x30; 4]);
}

#[test]
fn an_illegal_word_in_the_middle_stops_the_write_there() {
    let mut flash = PlainNor::<4, 64>::new(Setup::new(64));
    flash.write(4, &[1; 4]).unwrap();
    assert_eq!(flash.write(0, &[2; 12]), Err(FlashError::IllegalWrite { address: 4 }));
    assert_eq!(read(&mut flash)[..12], [2, 2, 2, 2, 1, 1, 1, 1, 0xFF, 0xFF, 0xFF, 0xFF]);
}

#[test]
fn the_rule_for_rewrites_can_be_set() {
    let mut zeroing = Flash::new(Setup::new(64).rewrite(Rewrite::ZeroOnly));
    zeroing.write(0, &[0xF0; 4]).unwrap();
    assert!(zeroing.write(0, &[0x30; 4]).is_err());
    zeroing.write(0, &[0; 4]).unwrap();
    zeroing.write(0, &[0; 4]).unwrap();

    let mut once = Flash::new(Setup::new(64).rewrite(Rewrite::Once));
    once.write(0, &[0xF0; 4]).unwrap();
    assert!(once.write(0, &[0xF0; 4]).is_err());

    let mut free = Flash::new(Setup::new(64).rewrite(Rewrite::Unlimited));
    for value in [0xFF, 0x7F, 0x3F, 0x3F, 0x0F, 0x00] {
        free.write(0, &[value; 4]).unwrap();
    }
    assert!(free.write(0, &[1; 4]).is_err());

    let mut and = Flash::new(Setup::new(64).and_writes());
    and.write(0, &[0xF0; 4]).unwrap();
    and.write(0, &[0x3C; 4]).unwrap();
    assert_eq!(read(&mut and)[..4], [0x30; 4], "AND, as the trait says");
    assert!(and.illegal_writes().is_empty());
}

#[test]
fn a_part_that_erases_to_zero_only_raises_bits() {
    let mut flash = Flash::new(Setup::new(128).erased(0x00));
    assert_eq!(read(&mut flash), [0; 128]);
    flash.write(0, &[0x0F; 4]).unwrap();
    assert!(flash.write(0, &[0x0E; 4]).is_err());
    flash.write(0, &[0x1F; 4]).unwrap();
    assert_eq!(read(&mut flash)[..4], [0x1F; 4]);
    flash.erase(0, 64).unwrap();
    assert_eq!(read(&mut flash), [0; 128]);
    assert!(flash.medium().is_blank(0..128));
}

#[test]
fn a_worn_page_refuses_and_the_others_do_not() {
    let mut flash = Flash::new(Setup::new(128).endurance(3));
    for _ in 0..3 {
        flash.erase(0, 64).unwrap();
    }
    assert_eq!(flash.erase(0, 64), Err(FlashError::WornOut { page: 0 }));
    flash.erase(64, 128).unwrap();
    assert_eq!(flash.medium().wear(), [3, 1]);
}

#[test]
fn counters_and_trace_tell_what_was_asked() {
    let mut flash = flash();
    flash.write(0, &[0; 12]).unwrap();
    let before = flash.counters();
    flash.record();
    flash.write(64, &[0; 8]).unwrap();
    flash.read(64, &mut [0; 5]).unwrap();
    flash.erase(0, 128).unwrap();
    assert!(flash.write(3, &[0; 4]).is_err());
    let spent = flash.counters() - before;
    assert_eq!((spent.writes, spent.words, spent.programmed_bytes), (1, 2, 8));
    assert_eq!((spent.reads, spent.read_bytes, spent.erases), (1, 5, 2));
    let trace: Vec<_> =
        flash.trace().iter().map(|e| (e.index, e.step, e.kind, e.address, e.len)).collect();
    assert_eq!(
        trace,
        [
            (0, 3, TraceKind::Write, 64, 8),
            (1, 5, TraceKind::Read, 64, 5),
            (2, 5, TraceKind::Erase, 0, 128),
            (3, 7, TraceKind::Write, 3, 4),
        ]
    );
}

#[test]
fn the_async_traits_do_the_same() {
    use embedded_storage_async::nor_flash as nonblocking;
    fn multiwrite(_: &impl nonblocking::MultiwriteNorFlash, _: &impl MultiwriteNorFlash) {}
    async fn run(flash: &mut impl nonblocking::NorFlash) -> [u8; 4] {
        flash.erase(0, 64).await.unwrap();
        flash.write(4, &[1, 2, 3, 4]).await.unwrap();
        let mut word = [0; 4];
        flash.read(4, &mut word).await.unwrap();
        assert_eq!(flash.capacity(), 256);
        word
    }
    multiwrite(&flash(), &flash());
    assert_eq!(block_on(run(&mut flash())), [1, 2, 3, 4]);
    assert_eq!(block_on(run(&mut PlainNor::<4, 64>::new(Setup::new(256)))), [1, 2, 3, 4]);
}

#[test]
fn after_the_cut_nothing_works_and_nothing_changes() {
    let off: Off<Flash> = Off::new(Setup::new(256));
    let mut board = off.power_on(Some(Cut::clean(2)));
    let flash = &mut board.flash;
    assert_eq!(flash.write(0, &[0; 16]), Err(FlashError::PowerLost));
    assert_eq!(flash.write(64, &[0; 4]), Err(FlashError::PowerLost));
    assert_eq!(flash.erase(0, 64), Err(FlashError::PowerLost));
    assert_eq!(flash.read(0, &mut [0; 4]), Err(FlashError::PowerLost));
    assert!(board.supply.is_lost());
    assert_eq!(board.supply.steps(), 2);
    let off = board.power_off();
    assert_eq!(off.medium.bytes()[..12], [0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
    assert!(off.medium.is_blank(8..256));
    let mut board = off.power_on(None);
    board.flash.read(0, &mut [0; 4]).unwrap();
    board.flash.write(8, &[0; 4]).unwrap();
}

#[test]
fn a_supply_can_be_armed_in_a_session_and_an_erase_fault_waits_for_an_erase() {
    let off: Off<Flash> = Off::new(Setup::new(256));
    let mut board = off.power_on(None);
    board.flash.write(0, &[0; 8]).unwrap();
    board.supply.arm(Cut::new(0, Fault::ErasePrefix, 0));
    board.flash.write(8, &[0; 8]).unwrap();
    board.flash.erase(64, 128).unwrap_err();
    assert_eq!(board.supply.fired().unwrap().0.at, 2);
    let mut board = board.power_off().power_on(None);
    board.supply.fail_now();
    assert_eq!(board.flash.read(0, &mut [0; 4]), Err(FlashError::PowerLost));
}

#[test]
fn time_passes_while_the_flash_works() {
    let timing = Timing { read_byte_ns: 10, word_ns: 41_000, erase_ns: 85_000_000 };
    let off: Off<Flash> = Off::new(Setup::new(256).timing(timing));
    let mut board = off.power_on(None);
    board.flash.erase(0, 128).unwrap();
    board.flash.write(0, &[0; 64]).unwrap();
    board.flash.read(0, &mut [0; 100]).unwrap();
    assert_eq!(board.supply.elapsed(), Duration::from_nanos(170_000_000 + 16 * 41_000 + 1_000));
    assert_eq!(board.chip.clock.uptime_ms(), 170);
}

#[test]
fn tampering_settles_what_may_be_written() {
    let mut medium = Medium::new(Setup::new(128), 4, 64);
    medium.tamper(0, &[1, 2, 3, 4, 5, 6]);
    assert_eq!((medium.writes_at(0), medium.writes_at(4), medium.writes_at(8)), (1, 1, 0));
    medium.tamper(0, &[0xFF; 4]);
    assert_eq!(medium.writes_at(0), 0);
    let copy = medium.clone();
    medium.flip_bit(127, 7);
    assert_ne!(medium, copy);
    assert_eq!(medium.bytes()[127], 0x7F);
}
