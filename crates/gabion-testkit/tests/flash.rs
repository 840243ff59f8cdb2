//! The RAM flash refuses what a NOR flash cannot do, and dies where it is told to.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test must stop loudly")]

use embedded_storage_async::nor_flash::{NorFlash, ReadNorFlash};
use gabion_flash::block_on;
use gabion_testkit::{Cut, Fault, RamFlash};

type Flash = RamFlash<64, 32>;

fn word(flash: &mut Flash, at: u32) -> [u8; 4] {
    let mut bytes = [0; 4];
    block_on(flash.read(at, &mut bytes)).unwrap();
    bytes
}

#[test]
fn a_word_is_programmed_once_between_erases() {
    let mut flash = Flash::new();
    assert_eq!(block_on(flash.write(0, &[0; 4])), Ok(()));
    assert_eq!(block_on(flash.write(0, &[0; 4])), Err(Fault::NotErased));
    assert_eq!(block_on(flash.erase(0, 32)), Ok(()));
    assert_eq!(block_on(flash.write(0, &[1; 4])), Ok(()));
}

#[test]
fn a_rewritable_word_can_only_lose_bits() {
    let mut flash = Flash::rewritable();
    assert_eq!(block_on(flash.write(0, &[0xf0; 4])), Ok(()));
    assert_eq!(block_on(flash.write(0, &[0x70; 4])), Ok(()));
    assert_eq!(block_on(flash.write(0, &[0xf0; 4])), Err(Fault::NotErased));
    assert_eq!(word(&mut flash, 0), [0x70; 4]);
}

#[test]
fn what_is_not_aligned_or_out_of_bounds_is_refused() {
    let mut flash = Flash::new();
    assert_eq!(block_on(flash.write(1, &[0; 4])), Err(Fault::NotAligned));
    assert_eq!(block_on(flash.write(0, &[0; 3])), Err(Fault::NotAligned));
    assert_eq!(block_on(flash.write(64, &[0; 4])), Err(Fault::OutOfBounds));
    assert_eq!(block_on(flash.erase(0, 16)), Err(Fault::NotAligned));
    assert_eq!(block_on(flash.erase(32, 96)), Err(Fault::OutOfBounds));
    assert_eq!(block_on(flash.read(61, &mut [0; 4])), Err(Fault::OutOfBounds));
}

#[test]
fn a_cut_leaves_what_it_says_and_no_power() {
    for (cut, left) in
        [(Cut::Before, [0xff; 4]), (Cut::Half, [0, 0, 0xff, 0xff]), (Cut::After, [0; 4])]
    {
        let mut flash = Flash::new();
        flash.cut_power(1, cut);
        assert_eq!(block_on(flash.write(32, &[7; 4])), Ok(()));
        assert_eq!(block_on(flash.write(0, &[0; 4])), Err(Fault::NoPower));
        assert_eq!(block_on(flash.write(8, &[0; 4])), Err(Fault::NoPower));
        assert_eq!(block_on(flash.read(0, &mut [0; 4])), Err(Fault::NoPower));
        flash.restore_power();
        assert_eq!(word(&mut flash, 0), left);
        assert_eq!(word(&mut flash, 32), [7; 4]);
    }
}

#[test]
fn a_cut_erase_leaves_the_second_half() {
    let mut flash = Flash::new();
    block_on(flash.write(0, &[1; 32])).unwrap();
    flash.cut_power(0, Cut::Half);
    assert_eq!(block_on(flash.erase(0, 32)), Err(Fault::NoPower));
    flash.restore_power();
    assert_eq!(flash.bytes()[..16], [0xff; 16]);
    assert_eq!(flash.bytes()[16..32], [1; 16]);
}
