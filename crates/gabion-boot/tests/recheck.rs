//! The run-time re-check and the symmetric scheme.
// A test may stop loudly.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod support;

use gabion_boot::{
    Effort, Image, KeySet, Policy, Progress, Recheck, Refusal, Slot, TagKey, Verified, VerifyError,
    verify,
};
use gabion_crypto::{Secret, Software};
use gabion_hal::{Event, EventKind, EventSink};
use gabion_sim::{Medium, Setup, Supply, Tamper, block_on};
use support::Flash;
use support::mint::{self, Mint, proof, with_area};

const SLOT: Slot = Slot { number: 1, offset: 256, size: 2048 };

#[derive(Default)]
struct Events(Vec<EventKind>);

impl EventSink for Events {
    fn event(&mut self, event: Event) {
        self.0.push(event.kind);
    }
}

fn flash(image: &[u8]) -> Flash {
    let mut medium = Medium::new(Setup::new(4096), 4, 256);
    medium.tamper(SLOT.offset as usize, image);
    Flash::with_medium(medium, Supply::new())
}

fn policy() -> Policy<'static> {
    Policy::new(2048).effort(Effort::Single)
}

fn verified(flash: &mut Flash) -> Verified<Image> {
    let keys = [mint::trusted(1)];
    block_on(verify(flash, SLOT, KeySet::new(&keys), &policy(), &Software, |_, _| ())).unwrap()
}

#[test]
fn a_whole_image_stays_whole_in_slices_of_any_size() {
    let image = Mint::new(5, 900).build();
    let mut flash = flash(&image);
    let witness = verified(&mut flash);
    for budget in [0, 1, 256, 300, 512, u32::MAX] {
        let mut recheck = Recheck::<Software>::new::<()>(&witness, SLOT).unwrap();
        let mut events = Events::default();
        let mut steps = 0;
        while recheck.rounds() < 3 {
            let progress =
                block_on(recheck.step(&mut flash, &Software, budget, &mut events)).unwrap();
            assert_ne!(progress, Progress::Damaged);
            steps += 1;
        }
        assert!(steps >= 3 && events.0.is_empty());
    }
}

#[test]
fn every_flipped_bit_of_a_running_image_is_found() {
    let image = Mint::new(5, 300).build();
    let mut whole = flash(&image);
    let witness = verified(&mut whole);
    let signed = witness.header().signed_len().unwrap() as usize;
    let range = SLOT.offset as usize..SLOT.offset as usize + signed;
    let tried = Tamper::new(whole.medium(), range).flip_bits(|mutation, medium| {
        let mut flash = Flash::with_medium(medium, Supply::new());
        let mut recheck = Recheck::<Software>::new::<()>(&witness, SLOT).unwrap();
        let mut events = Events::default();
        let progress = loop {
            match block_on(recheck.step(&mut flash, &Software, 256, &mut events)).unwrap() {
                Progress::Left(_) => {}
                done => break done,
            }
        };
        assert_eq!(progress, Progress::Damaged, "{mutation:?}");
        assert_eq!(events.0, [EventKind::ImageDamaged]);
    });
    assert_eq!(tried, signed * 8);
}

#[test]
fn a_recheck_of_another_slot_is_misuse() {
    let image = Mint::new(5, 300).build();
    let witness = verified(&mut flash(&image));
    let wrong = Slot { number: 0, ..SLOT };
    assert!(matches!(Recheck::<Software>::new::<()>(&witness, wrong), Err(VerifyError::Misuse)));
    let small = Slot { size: witness.end() - 1, ..SLOT };
    assert!(matches!(Recheck::<Software>::new::<()>(&witness, small), Err(VerifyError::Misuse)));
}

fn by_tag(image: &[u8], key: u8, tag: &[u8; 32], policy: &Policy<'_>) -> Result<(), Refusal> {
    let key = TagKey::new(Secret::new([key; 32]));
    match block_on(key.verify(&mut flash(image), SLOT, tag, policy, &Software)) {
        Ok(_) => Ok(()),
        Err(VerifyError::Refused(refusal)) => Err(refusal),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_tag_vouches_for_one_image_under_one_key() {
    let image = Mint::new(5, 300).build();
    let witness = verified(&mut flash(&image));
    let tag = TagKey::new(Secret::new([9; 32])).tag(&Software, &witness);
    assert_eq!(by_tag(&image, 9, &tag, &policy()), Ok(()));
    assert_eq!(
        by_tag(&image, 8, &tag, &policy()),
        Err(Refusal::SignatureInvalid),
        "another device"
    );
    let other = Mint::new(6, 300).build();
    assert_eq!(by_tag(&other, 9, &tag, &policy()), Err(Refusal::SignatureInvalid), "another image");
    for bit in 0..256 {
        let mut wrong = tag;
        wrong[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(
            by_tag(&image, 9, &wrong, &policy()),
            Err(Refusal::SignatureInvalid),
            "bit {bit}"
        );
    }
    assert_eq!(by_tag(&image, 9, &[0; 32], &policy()), Err(Refusal::SignatureInvalid));
}

#[test]
fn a_tagged_image_needs_no_signature_but_everything_else() {
    let mint = Mint::new(5, 300);
    let image = mint.build();
    let tag = TagKey::new(Secret::new([9; 32])).tag(&Software, &verified(&mut flash(&image)));
    let mut hash_only = proof(&mint.signed(), 1);
    hash_only.truncate(1);
    let bare = with_area(mint.signed(), &hash_only);
    assert_eq!(by_tag(&bare, 9, &tag, &policy()), Ok(()));
    assert_eq!(by_tag(&bare, 9, &tag, &policy().min_counter(6)), Err(Refusal::Rollback));
    let end = bare.len();
    for at in (0..mint.signed().len()).chain(mint.signed().len()..end) {
        let mut flipped = bare.clone();
        flipped[at] ^= 0x10;
        assert!(by_tag(&flipped, 9, &tag, &policy()).is_err(), "byte {at}");
    }
}

/// A flash that is busy the first time it is asked.
struct Busy<'a> {
    flash: &'a mut Flash,
    busy: bool,
}

impl embedded_storage_async::nor_flash::ErrorType for Busy<'_> {
    type Error = gabion_sim::FlashError;
}

impl embedded_storage_async::nor_flash::ReadNorFlash for Busy<'_> {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, at: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        if std::mem::take(&mut self.busy) {
            std::future::pending::<()>().await;
        }
        embedded_storage_async::nor_flash::ReadNorFlash::read(self.flash, at, bytes).await
    }

    fn capacity(&self) -> usize {
        embedded_storage_async::nor_flash::ReadNorFlash::capacity(self.flash)
    }
}

/// A select or a time-out drops a step while it waits: that is no damage.
#[test]
fn a_dropped_step_raises_no_alarm() {
    let image = Mint::new(5, 900).build();
    let mut flash = flash(&image);
    let witness = verified(&mut flash);
    let mut recheck = Recheck::<Software>::new::<()>(&witness, SLOT).unwrap();
    let mut events = Events::default();
    block_on(recheck.step(&mut flash, &Software, 256, &mut events)).unwrap();
    {
        let mut busy = Busy { flash: &mut flash, busy: true };
        let mut step = std::pin::pin!(recheck.step(&mut busy, &Software, 256, &mut events));
        let waker = std::task::Waker::noop();
        let mut context = std::task::Context::from_waker(waker);
        assert!(std::future::Future::poll(step.as_mut(), &mut context).is_pending());
    }
    while recheck.rounds() == 0 {
        let progress = block_on(recheck.step(&mut flash, &Software, 256, &mut events)).unwrap();
        assert_ne!(progress, Progress::Damaged);
    }
    assert!(events.0.is_empty());
}
