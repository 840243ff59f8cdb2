//! The hex line of docs/spec/flash.md is what stands on flash.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test must stop loudly")]

use embedded_storage_async::nor_flash::NorFlash;
use gabion_flash::{Journaled, Span, block_on};
use gabion_sim::{PlainNor, Setup};

const SPEC: &str = include_str!("../../../docs/spec/flash.md");

#[test]
fn the_example_of_the_specification_is_written_byte_by_byte() {
    let line = SPEC.lines().find(|line| line.starts_with("`05 00 00 10")).unwrap();
    let hex = line.trim_matches('`').split(' ');
    let example: Vec<u8> = hex.map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect();

    // Format makes generation 2 on the second page, slots 0 to 2; the first entry of a boot leaves out one slot.
    let mut flash = PlainNor::<4, 256>::new(Setup::new(8 * 256));
    let journal = Span::new(0, 512);
    block_on(async {
        Journaled::format(&mut flash, journal).await.unwrap();
        let mut journaled = Journaled::open(&mut flash, journal).await.unwrap();
        journaled.erase(5 * 256, 6 * 256).await.unwrap();
    });
    let at = 256 + 4 * 12;
    assert_eq!(flash.medium().bytes()[at..at + 12], example);
}
