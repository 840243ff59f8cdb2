//! The law of every crash test, for the journal: every step of a run that recycles the journal several times is cut in every
//! way, the recovery is cut too, and the bits in doubt read differently each time.
//!
//! After any of it: no page that was not being erased has changed, the one that was reads as before or wholly blank, what is
//! written afterwards stays, and the journal's pages do not wear out.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

use embedded_storage_async::nor_flash::{NorFlash, ReadNorFlash};
use gabion_flash::hazmat::Unjournaled;
use gabion_flash::{Journaled, Span, block_on};
use gabion_sim::{Cut, Fault, Off, Plain, Setup, SimFlash};

const PAGE: usize = 256;
const PAGES: u32 = 6;
const JOURNAL: Span = Span::new(0, 2 * PAGE as u32);
const ERASES: u32 = 14;

type Nor<const WORD: usize> = SimFlash<WORD, PAGE, Plain>;

/// A page is known by its first and last 32 bytes.
fn pattern(stamp: u8) -> [u8; 32] {
    core::array::from_fn(|index| stamp ^ (index as u8).wrapping_mul(29) & 0x7f)
}

/// What one step of the run does: erase a page, then write it again.
fn page_of(erase: u32) -> u32 {
    2 + erase % (PAGES - 2)
}

async fn fill<F: NorFlash>(flash: &mut F, page: u32, stamp: u8) -> Result<(), F::Error> {
    let at = page * PAGE as u32;
    flash.write(at, &pattern(stamp)).await?;
    flash.write(at + PAGE as u32 - 32, &pattern(stamp)).await
}

async fn page<F: ReadNorFlash>(flash: &mut F, page: u32) -> Result<Vec<u8>, F::Error> {
    let mut bytes = vec![0; PAGE];
    flash.read(page * PAGE as u32, &mut bytes).await?;
    Ok(bytes)
}

fn is_filled(bytes: &[u8], stamp: u8) -> bool {
    let blank = bytes[32..PAGE - 32].iter().all(|byte| *byte == 0xff);
    bytes[..32] == pattern(stamp) && blank && bytes[PAGE - 32..] == pattern(stamp)
}

fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0xff)
}

fn stamps(erases: u32) -> [u8; PAGES as usize] {
    let mut stamps = [1; PAGES as usize];
    for erase in 0..erases {
        stamps[page_of(erase) as usize] = 2 + erase as u8;
    }
    stamps
}

/// The states before each erase of a clean run.
fn clean_run<const WORD: usize>() -> Vec<Off<Nor<WORD>>> {
    let mut off = Off::<Nor<WORD>>::new(Setup::new(PAGE * PAGES as usize));
    let mut board = off.power_on(None);
    block_on(async {
        Journaled::format(&mut board.flash, JOURNAL).await.unwrap();
        for page in 2..PAGES {
            fill(&mut board.flash, page, 1).await.unwrap();
        }
    });
    off = board.power_off();
    let mut states = Vec::new();
    for erase in 0..ERASES {
        states.push(off.clone());
        let mut board = off.power_on(None);
        block_on(async {
            let mut flash = Journaled::open(&mut board.flash, JOURNAL).await.unwrap();
            let at = page_of(erase) * PAGE as u32;
            flash.erase(at, at + PAGE as u32).await.unwrap();
            fill(&mut flash, page_of(erase), 2 + erase as u8).await.unwrap();
        });
        off = board.power_off();
    }
    states
}

/// Opens, erases one page and stops; returns the device and the number of steps it took.
fn cut_erase<const WORD: usize>(
    state: &Off<Nor<WORD>>,
    erase: u32,
    cut: Option<Cut>,
) -> (Off<Nor<WORD>>, u64) {
    let mut board = state.clone().power_on(cut);
    let at = page_of(erase) * PAGE as u32;
    let _cut = block_on(async {
        let mut flash = Journaled::open(&mut board.flash, JOURNAL).await?;
        flash.erase(at, at + PAGE as u32).await
    });
    let steps = board.supply.steps();
    assert!(board.flash.illegal_writes().is_empty(), "{:?}", board.flash.illegal_writes());
    (board.power_off(), steps)
}

fn recover<const WORD: usize>(off: Off<Nor<WORD>>, cut: Option<Cut>) -> (Off<Nor<WORD>>, u64) {
    let mut board = off.power_on(cut);
    let opened = block_on(Journaled::open(&mut board.flash, JOURNAL)).map(|_| ());
    assert!(opened.is_ok() || board.supply.is_lost(), "{opened:?}");
    let steps = board.supply.steps();
    assert!(board.flash.illegal_writes().is_empty(), "{:?}", board.flash.illegal_writes());
    (board.power_off(), steps)
}

/// Checks what a reader may see after recovery, then that life goes on: three boots, the page written in the first.
fn judge<const WORD: usize>(mut off: Off<Nor<WORD>>, erase: u32, what: &str) {
    let stamps = stamps(erase);
    let victim = page_of(erase);
    for boot in 0..3 {
        let mut board = off.power_on(None);
        block_on(async {
            let mut flash = Journaled::open(&mut board.flash, JOURNAL).await.unwrap();
            for number in 2..PAGES {
                let bytes = page(&mut flash, number).await.unwrap();
                let stamp = if number == victim && boot > 0 { 99 } else { stamps[number as usize] };
                let whole = is_filled(&bytes, stamp);
                let erased = number == victim && boot == 0 && is_blank(&bytes);
                assert!(whole || erased, "{what}: page {number} damaged at boot {boot}");
                // The owner of a page that was never erased erases it again; a blank one is written as it is.
                if number == victim && boot == 0 {
                    if !erased {
                        let at = victim * PAGE as u32;
                        flash.erase(at, at + PAGE as u32).await.unwrap();
                    }
                    fill(&mut flash, victim, 99).await.unwrap();
                }
            }
        });
        assert!(board.flash.illegal_writes().is_empty(), "{what}");
        off = board.power_off();
    }
}

fn sweep<const WORD: usize>(seeds: u64, recovery_stride: usize) -> u64 {
    let mut cases = 0;
    for (erase, state) in clean_run::<WORD>().iter().enumerate() {
        let erase = erase as u32;
        let (_, steps) = cut_erase(state, erase, None);
        for at in 0..steps {
            for fault in Fault::ALL {
                for seed in 0..seeds {
                    let mut cut = Cut::new(at, fault, seed);
                    if seed % 2 == 1 || seeds == 1 {
                        cut = cut.unstable();
                    }
                    let (off, done) = cut_erase(state, erase, Some(cut));
                    if done != at {
                        continue;
                    }
                    let what = format!("word {WORD}, erase {erase}, {cut:?}");
                    let (_, recovery) = recover(off.clone(), None);
                    judge(off.clone(), erase, &what);
                    cases += 1;
                    for again in (0..recovery).step_by(recovery_stride) {
                        let second =
                            Cut { at: again, fault, seed: seed + 7, unstable: cut.unstable };
                        let (off, _) = recover(off.clone(), Some(second));
                        let third = Cut {
                            at: again,
                            fault: Fault::TornWord,
                            seed: seed + 11,
                            unstable: true,
                        };
                        let (off, _) = recover(off, Some(third));
                        judge(off, erase, &format!("{what}, then {second:?}, then {third:?}"));
                        cases += 1;
                    }
                }
            }
        }
    }
    cases
}

#[test]
fn no_cut_harms_a_page_word_1() {
    assert!(sweep::<1>(1, 9) > 1_000);
}

#[test]
fn no_cut_harms_a_page_word_2() {
    assert!(sweep::<2>(2, 5) > 1_000);
}

#[test]
fn no_cut_harms_a_page_word_4() {
    assert!(sweep::<4>(4, 1) > 5_000);
}

#[test]
fn no_cut_harms_a_page_word_8() {
    assert!(sweep::<8>(4, 1) > 2_000);
}

#[test]
fn no_cut_harms_a_page_word_16() {
    assert!(sweep::<16>(6, 1) > 2_000);
}

#[test]
fn no_cut_harms_a_page_word_32() {
    assert!(sweep::<32>(8, 1) > 2_000);
}

#[test]
fn a_device_that_is_cut_for_ever_does_not_wear_out_its_journal() {
    let mut off = cut_erase(&clean_run::<4>()[3], 3, Some(Cut::new(3, Fault::EraseTorn, 5))).0;
    let before = off.medium.wear().to_vec();
    for boot in 0..500 {
        let (_, recovery) = recover(off.clone(), None);
        let cut = Cut::new(boot % recovery.max(1), Fault::TornWord, boot).unstable();
        off = recover(off, Some(cut)).0;
    }
    let grown = |page: usize| off.medium.wear()[page] - before[page];
    // 21 entries per page: a boot uses at most four, and a recycle that is cut is one erase.
    assert!(grown(0) + grown(1) <= 500, "{} + {}", grown(0), grown(1));
    judge(off, 3, "500 cuts");
}

/// Planted bug: without the journal the same sweep must find damage, or it proves nothing.
#[test]
fn without_the_journal_the_same_cuts_leave_half_erased_pages() {
    let state = &clean_run::<4>()[3];
    let mut torn = 0;
    for fault in Fault::ALL {
        for seed in 0..8 {
            let mut board = state.clone().power_on(Some(Cut::new(0, fault, seed)));
            let victim = page_of(3);
            let at = victim * PAGE as u32;
            let mut flash = Unjournaled::<_>::new(&mut board.flash);
            let _cut = block_on(flash.erase(at, at + PAGE as u32));
            let mut board = board.power_off().power_on(None);
            let bytes = block_on(page(&mut board.flash, victim)).unwrap();
            torn += u32::from(!is_blank(&bytes) && !is_filled(&bytes, stamps(3)[victim as usize]));
        }
    }
    assert!(torn >= 20, "{torn}");
}
