//! What the middleware promises while the power stays on.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embedded_storage_async::nor_flash::{NorFlash, ReadNorFlash};
use gabion_flash::{
    Blocking, FlashError, Journaled, Layout, LayoutError, Misuse, SafeFlash, Shared, Span, block_on,
};
use gabion_sim::{PlainNor, Setup, SimFlash};

type Nor = SimFlash<4, 256>;
type Plain = PlainNor<8, 256>;

const JOURNAL: Span = Span::new(512, 512);
const MAP: Layout<3> = Layout::new(4096, 256, [Span::new(0, 512), JOURNAL, Span::new(1024, 1024)]);

fn plain() -> Journaled<Plain> {
    let mut flash = Plain::new(Setup::new(4096));
    block_on(Journaled::format(&mut flash, JOURNAL)).unwrap();
    block_on(Journaled::open(flash, JOURNAL)).unwrap()
}

#[test]
fn what_is_written_reads_back_and_erases() {
    let mut flash = plain();
    block_on(async {
        let mut read = [0; 8];
        flash.write(1024, b"wordword").await.unwrap();
        flash.read(1024, &mut read).await.unwrap();
        assert_eq!(&read, b"wordword");
        flash.erase(1024, 1536).await.unwrap();
        flash.read(1024, &mut read).await.unwrap();
        assert_eq!(read, [0xff; 8]);
        flash.erase(1024, 1024).await.unwrap();
    });
}

#[test]
fn a_thousand_erases_recycle_the_journal_evenly() {
    let mut flash = plain();
    for _ in 0..1000 {
        block_on(flash.erase(1024, 1280)).unwrap();
    }
    let recycles = flash.journal_recycles();
    let nor = flash.into_inner();
    // 16 entries of 16 bytes per page, 3 per erase.
    let wear = &nor.medium().wear()[2..4];
    assert!(wear[0].abs_diff(wear[1]) <= 1, "{wear:?}");
    assert!(wear[0] + wear[1] <= 1000 * 3 / 15 + 4, "{wear:?}");
    assert!(recycles.abs_diff(wear[0] + wear[1]) <= 2);
    assert!(nor.illegal_writes().is_empty());
}

#[test]
fn a_blank_or_random_journal_is_refused() {
    let blank = Plain::new(Setup::new(4096));
    assert_eq!(block_on(Journaled::open(blank, JOURNAL)).err(), Some(FlashError::Unformatted));
    for seed in 0..200 {
        let mut flash = Plain::new(Setup::new(4096));
        let noise = gabion_sim::Rng::new(seed).bytes(4096);
        flash.medium_mut().tamper(0, &noise);
        assert_eq!(
            block_on(Journaled::open(&mut flash, JOURNAL)).err(),
            Some(FlashError::Unformatted)
        );
        block_on(Journaled::format(&mut flash, JOURNAL)).unwrap();
        block_on(Journaled::open(&mut flash, JOURNAL)).unwrap();
        assert_eq!(flash.medium().bytes()[..512], noise[..512], "format touches its pages only");
    }
}

#[test]
fn the_journal_cannot_be_written_from_outside() {
    let mut flash = plain();
    for at in [512, 768, 1016] {
        let written = block_on(flash.write(at, &[0; 8]));
        assert_eq!(written, Err(FlashError::Misuse(Misuse::Reserved)));
    }
    assert_eq!(block_on(flash.write(504, &[0; 16])), Err(FlashError::Misuse(Misuse::Reserved)));
    assert_eq!(block_on(flash.erase(256, 1024)), Err(FlashError::Misuse(Misuse::Reserved)));
}

#[test]
fn ranges_are_checked() {
    let mut flash = plain();
    block_on(async {
        let bounds = Err(FlashError::Misuse(Misuse::OutOfBounds));
        let align = Err(FlashError::Misuse(Misuse::NotAligned));
        assert_eq!(flash.write(4096, &[0; 8]).await, bounds);
        assert_eq!(flash.write(u32::MAX - 7, &[0; 8]).await, bounds);
        assert_eq!(flash.erase(1280, 1024).await, bounds);
        assert_eq!(flash.erase(1024, 4352).await, bounds);
        assert_eq!(flash.write(1028, &[0; 8]).await, align);
        assert_eq!(flash.write(1024, &[0; 7]).await, align);
        assert_eq!(flash.erase(1024, 1032).await, align);
        assert!(flash.read(4092, &mut [0; 8]).await.is_err());
    });
    let nor = Plain::new(Setup::new(4096));
    let wrong = [Span::new(512, 256), Span::new(520, 512), Span::new(4096 - 256, 512)];
    for (span, flash) in wrong.into_iter().zip([nor, plain().into_inner(), plain().into_inner()]) {
        let opened = block_on(Journaled::open(flash, span)).err();
        assert!(matches!(opened, Some(FlashError::Misuse(_))), "{span:?}");
    }
}

#[test]
fn zeroing_needs_a_flash_that_can() {
    let mut once = plain();
    const { assert!(!<Journaled<Plain> as SafeFlash>::CAN_ZERO) };
    assert_eq!(block_on(once.zero(1024, 8)), Err(FlashError::Misuse(Misuse::CannotZero)));

    let mut nor = Nor::new(Setup::new(4096));
    block_on(async {
        Journaled::format(&mut nor, JOURNAL).await.unwrap();
        let mut flash = Journaled::open_multiwrite(nor, JOURNAL).await.unwrap();
        flash.write(1024, &[1, 2, 3, 4, 0, 0, 0, 0, 5, 6, 7, 8]).await.unwrap();
        // The middle word is zero already: a second write of it, then a third, would be one too many.
        flash.zero(1024, 12).await.unwrap();
        flash.zero(1024, 12).await.unwrap();
        let mut read = [0xff; 12];
        flash.read(1024, &mut read).await.unwrap();
        assert_eq!(read, [0; 12]);
        let nor = flash.into_inner();
        assert!(nor.illegal_writes().is_empty());
    });
}

#[test]
fn regions_have_addresses_and_bounds_of_their_own() {
    let mut shared = Shared::<NoopRawMutex, _>::new(plain());
    let [mut left, _journal, mut right] = shared.split(&MAP).unwrap();
    block_on(async {
        left.write(504, b"the last").await.unwrap();
        right.write(0, b"thefirst").await.unwrap();
        let bounds = Err(FlashError::Misuse(Misuse::OutOfBounds));
        assert_eq!(left.write(512, &[0; 8]).await, bounds);
        assert_eq!(left.write(508, &[0; 8]).await, bounds);
        assert_eq!(left.read(505, &mut [0; 8]).await, bounds);
        assert_eq!(left.read(u32::MAX, &mut [0; 8]).await, bounds);
        assert_eq!(left.erase(256, 768).await, bounds);
        assert_eq!(right.erase(256, 0).await, bounds);
        assert_eq!((left.capacity(), right.capacity()), (512, 1024));
        right.erase(0, 256).await.unwrap();
        let mut read = [0; 8];
        left.read(504, &mut read).await.unwrap();
        assert_eq!(&read, b"the last");
    });
    let mut read = [0; 8];
    block_on(shared.into_inner().read(1024, &mut read)).unwrap();
    assert_eq!(read, [0xff; 8]);
}

#[test]
fn layouts_that_cannot_be_are_refused() {
    let check = |spans| Layout::check(4096, 256, spans).err();
    let whole = Span::new(0, 4096);
    assert_eq!(check([whole, Span::new(256, 256)]), Some(LayoutError::Overlap));
    assert_eq!(check([Span::new(0, 256), Span::new(128, 256)]), Some(LayoutError::NotAligned));
    assert_eq!(check([Span::new(0, 0), whole]), Some(LayoutError::NotAligned));
    assert_eq!(check([Span::new(0, 256), Span::new(256, 4096)]), Some(LayoutError::OutOfBounds));
    assert_eq!(check([Span::new(0, 256), Span::new(256, u32::MAX)]), Some(LayoutError::NotAligned));
    assert_eq!(check([Span::new(0, 256), Span::new(256, 3840)]), None);
    // A layout for another flash.
    let mut shared = Shared::<NoopRawMutex, _>::new(Plain::new(Setup::new(1024)));
    assert_eq!(shared.split(&MAP).err(), Some(LayoutError::OutOfBounds));
}

#[test]
fn a_blocking_driver_is_a_flash() {
    let mut nor = Nor::new(Setup::new(4096));
    block_on(async {
        Journaled::format(&mut Blocking(&mut nor), JOURNAL).await.unwrap();
        let mut flash = Journaled::open_multiwrite(Blocking(nor), JOURNAL).await.unwrap();
        flash.write(0, b"word").await.unwrap();
        flash.zero(0, 4).await.unwrap();
    });
}
