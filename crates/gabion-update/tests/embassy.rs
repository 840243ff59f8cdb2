//! The adapter beside the real `embassy-boot`: both read and write the same partition, and the power fails.
// A test may stop loudly.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod support;

use std::cell::RefCell;
use std::rc::Rc;

use embassy_boot::{BootLoader, BootLoaderConfig, State};
use embedded_storage_async::nor_flash::{
    ErrorType, MultiwriteNorFlash, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use gabion_boot::{KeySet, Policy, Verified, verify_bytes};
use gabion_crypto::Software;
use gabion_sim::{Rng, block_on};
use gabion_update::{EmbassyMark, EmbassyState, Standing};
use support::mint::{Mint, trusted};

const PAGE: usize = 1024;
const WORD: usize = 4;
const ACTIVE: usize = 3 * PAGE;

/// Power for so many operations; the one at which it fails is done by half.
#[derive(Clone)]
struct Power(Rc<RefCell<(Option<u64>, u64, Rng)>>);

impl Power {
    fn new(seed: u64) -> Self {
        Self(Rc::new(RefCell::new((None, 0, Rng::new(seed)))))
    }

    fn cut_after(&self, left: Option<u64>) {
        self.0.borrow_mut().0 = left;
    }

    /// `Ok(true)`: do it whole; `Ok(false)`: by half.
    fn step(&self) -> Result<bool, Lost> {
        let (left, done, _) = &mut *self.0.borrow_mut();
        *done += 1;
        match left {
            None => Ok(true),
            Some(0) => Err(Lost),
            Some(some) => {
                *some -= 1;
                Ok(*some > 0)
            }
        }
    }
}

#[derive(Debug)]
struct Lost;

impl NorFlashError for Lost {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

/// A partition, for the boot loader (blocking) and for us (async).
#[derive(Clone)]
struct Part {
    bytes: Rc<RefCell<Vec<u8>>>,
    power: Power,
}

impl Part {
    fn new(len: usize, power: &Power) -> Self {
        Self { bytes: Rc::new(RefCell::new(vec![0xff; len])), power: power.clone() }
    }

    fn load(&self, at: u32, out: &mut [u8]) {
        out.copy_from_slice(&self.bytes.borrow()[at as usize..][..out.len()]);
    }

    fn clear(&self, from: u32, to: u32) -> Result<(), Lost> {
        let whole = self.power.step()?;
        let mut random = self.power.0.borrow().2.clone();
        for byte in &mut self.bytes.borrow_mut()[from as usize..to as usize] {
            *byte = if whole { 0xff } else { *byte | random.byte() };
        }
        self.power.0.borrow_mut().2 = random;
        if whole { Ok(()) } else { Err(Lost) }
    }

    fn program(&self, at: u32, bytes: &[u8]) -> Result<(), Lost> {
        for (word, new) in bytes.chunks(WORD).enumerate() {
            let whole = self.power.step()?;
            for (offset, byte) in new.iter().enumerate() {
                let place = &mut self.bytes.borrow_mut()[at as usize + word * WORD + offset];
                let mask = if whole { 0 } else { self.power.0.borrow_mut().2.byte() };
                // Any subset of the bits that would fall.
                *place &= byte | mask;
            }
            if !whole {
                return Err(Lost);
            }
        }
        Ok(())
    }
}

impl ErrorType for Part {
    type Error = Lost;
}

impl ReadNorFlash for Part {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, at: u32, out: &mut [u8]) -> Result<(), Lost> {
        self.load(at, out);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.borrow().len()
    }
}

impl NorFlash for Part {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = PAGE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Lost> {
        self.clear(from, to)
    }

    async fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Lost> {
        self.program(at, bytes)
    }
}

impl MultiwriteNorFlash for Part {}

impl embedded_storage::nor_flash::ReadNorFlash for Part {
    const READ_SIZE: usize = 1;

    fn read(&mut self, at: u32, out: &mut [u8]) -> Result<(), Lost> {
        self.load(at, out);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.borrow().len()
    }
}

impl embedded_storage::nor_flash::NorFlash for Part {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = PAGE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Lost> {
        self.clear(from, to)
    }

    fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Lost> {
        self.program(at, bytes)
    }
}

/// A device with `embassy-boot` as its boot loader.
struct Device {
    power: Power,
    active: Part,
    dfu: Part,
    state: Part,
    old: Vec<u8>,
    new: Vec<u8>,
}

fn image(counter: u32) -> Vec<u8> {
    Mint::new(counter, 2300).build()
}

fn check(content: &[u8]) -> Verified<gabion_boot::Image> {
    let keys = [trusted(1)];
    verify_bytes(content, KeySet::new(&keys), &Policy::new(ACTIVE as u32), &Software).unwrap()
}

impl Device {
    fn new(seed: u64) -> Self {
        let power = Power::new(seed);
        let part = |len| Part::new(len, &power);
        let (active, dfu, state) = (part(ACTIVE), part(ACTIVE + PAGE), part(PAGE));
        let (old, new) = (image(3), image(5));
        active.bytes.borrow_mut()[..old.len()].copy_from_slice(&old);
        dfu.bytes.borrow_mut()[..new.len()].copy_from_slice(&new);
        Self { power, active, dfu, state, old, new }
    }

    fn boot(&self) -> Option<State> {
        let (active, dfu, state) = (self.active.clone(), self.dfu.clone(), self.state.clone());
        let mut loader = BootLoader::new(BootLoaderConfig { active, dfu, state });
        loader.prepare_boot(&mut [0; 64]).ok()
    }

    fn runs_new(&self) -> bool {
        let active = self.active.bytes.borrow();
        let runs_new = active.starts_with(&self.new);
        assert!(runs_new || active.starts_with(&self.old), "something else runs");
        runs_new
    }

    fn adapter(&self) -> EmbassyState<Part> {
        EmbassyState::new(self.state.clone())
    }

    fn standing(&self) -> Standing {
        let running = check(&self.active.bytes.borrow());
        let installed = *check(&self.new).digest();
        block_on(self.adapter().standing(&running, Some(&installed))).unwrap()
    }

    fn install(&self) -> Result<(), Lost> {
        block_on(self.adapter().install(&check(&self.new)))
    }

    fn confirm(&self, in_place: bool) -> Result<(), Lost> {
        let mut adapter = self.adapter();
        block_on(async {
            if in_place { adapter.confirm_in_place().await } else { adapter.confirm().await }
        })
    }
}

#[test]
fn the_boot_loader_does_what_the_adapter_writes() {
    for in_place in [true, false] {
        let device = Device::new(1);
        assert_eq!((device.boot(), device.standing()), (Some(State::Boot), Standing::Confirmed));
        device.install().unwrap();
        assert_eq!(device.standing(), Standing::Pending);
        assert_eq!(device.boot(), Some(State::Swap));
        assert!(device.runs_new());
        assert_eq!(device.standing(), Standing::Trial { boots_left: 0 });
        device.confirm(in_place).unwrap();
        device.confirm(in_place).unwrap();
        for _ in 0..3 {
            assert_eq!((device.boot(), device.runs_new()), (Some(State::Boot), true));
            assert_eq!(device.standing(), Standing::Confirmed);
        }
    }
}

#[test]
fn an_image_that_does_not_confirm_goes_back() {
    let device = Device::new(2);
    device.install().unwrap();
    device.boot().unwrap();
    assert!(device.runs_new());
    device.boot().unwrap();
    assert!(!device.runs_new());
    assert_eq!(device.standing(), Standing::Reverted);
    assert_eq!(block_on(device.adapter().read()).unwrap(), EmbassyMark::Revert);
}

/// embassy-boot 0.7.0: a cut while an image is confirmed makes the boot loader report a revert, and the new image runs.
#[test]
fn embassy_boot_a_cut_confirmation_is_told_as_what_runs() {
    let mut misleading = 0;
    for in_place in [true, false] {
        for cut in 1..6 {
            for seed in 0..30 {
                let device = Device::new(seed);
                device.install().unwrap();
                device.boot().unwrap();
                device.power.cut_after(Some(cut));
                let kept = device.confirm(in_place).is_ok();
                device.power.cut_after(None);
                let before = device.standing();
                assert!(matches!(before, Standing::Trial { .. } | Standing::Confirmed));
                let said = device.boot().unwrap();
                let standing = device.standing();
                if kept || before == Standing::Confirmed {
                    assert!(device.runs_new(), "kept, cut {cut} seed {seed}");
                }
                let right = match device.runs_new() {
                    true => standing == Standing::Confirmed,
                    false => standing == Standing::Reverted,
                };
                assert!(right, "{standing:?}, {said:?}, cut {cut} seed {seed}");
                let mark = block_on(device.adapter().read()).unwrap();
                misleading += u32::from(mark == EmbassyMark::Revert && device.runs_new());
            }
        }
    }
    // The planted mistake of this test: whoever believes the mark is wrong this often.
    assert!(misleading > 15, "the boot loader told the truth, so this test shows nothing");
}

/// A cut inside an installation: the old image, or a swap.
#[test]
fn a_cut_installation_runs_the_old_image_or_the_new_one() {
    for cut in 1..5 {
        for seed in 0..30 {
            let device = Device::new(seed);
            device.power.cut_after(Some(cut));
            let installed = device.install().is_ok();
            device.power.cut_after(None);
            if installed {
                assert_eq!(device.standing(), Standing::Pending);
            }
            device.boot().unwrap();
            let standing = device.standing();
            match device.runs_new() {
                true => assert_eq!(standing, Standing::Trial { boots_left: 0 }),
                false => {
                    assert!(!installed, "cut {cut} seed {seed}");
                    assert_ne!(standing, Standing::Trial { boots_left: 0 });
                }
            }
        }
    }
}

/// Every bit of the first two words, one after the other: we read what the boot loader reads, and nothing damaged passes for a swap.
#[test]
fn every_flipped_bit_of_the_mark_is_read_as_the_boot_loader_reads_it() {
    let marks = [(0xd0, State::Boot), (0xf0, State::Swap), (0xc0, State::Revert)];
    for (magic, _) in marks {
        for bit in 0..WORD * 8 {
            let device = Device::new(3);
            let mut word = [magic; WORD];
            word[bit / 8] ^= 1 << (bit % 8);
            device.state.bytes.borrow_mut()[..WORD].copy_from_slice(&word);
            assert_eq!(block_on(device.adapter().read()).unwrap(), EmbassyMark::Unknown);
            assert_eq!(device.standing(), Standing::Confirmed);
            assert_eq!(device.boot(), Some(State::Boot), "it keeps what runs");
            assert!(!device.runs_new());
        }
    }
}
