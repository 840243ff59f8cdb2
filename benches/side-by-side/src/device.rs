//! One simulated device: a flash that every store can own a handle on, and the chip beside it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use embedded_storage::nor_flash as blocking;
use embedded_storage_async::nor_flash as nonblocking;
use gabion_sim::{
    Board, Chip, ChipState, Counters, Cut, FlashError, Medium, Off, Setup, SimFlash, Supply,
};

/// Bytes in a page.
pub const PAGE: usize = 4096;
type Nor = SimFlash<4, PAGE>;

/// A device without power.
#[derive(Clone)]
pub struct Cells(Off<Nor>);

impl Cells {
    /// Makes a blank device.
    pub fn blank(setup: Setup) -> Self {
        Self(Off::with(Medium::new(setup, 4, PAGE), ChipState::default()))
    }

    /// Flips one bit.
    pub fn flip(&mut self, address: usize, bit: u8) {
        self.0.medium.flip_bit(address, bit);
    }

    /// Powers it on.
    pub fn power_on(self, cut: Option<Cut>) -> Device {
        let Board { flash, chip, supply, .. } = self.0.power_on(cut);
        let flash =
            Handle { nor: Rc::new(RefCell::new(flash)), calls_left: Rc::new(Cell::new(u64::MAX)) };
        Device { flash, chip: RefCell::new(chip), supply }
    }
}

/// A device with power.
pub struct Device {
    /// The flash.
    pub flash: Handle,
    /// Root key, entropy, events: what only ours uses.
    pub chip: RefCell<Chip>,
    /// What fails.
    pub supply: Supply,
}

impl Device {
    /// Takes the power away.
    pub fn power_off(self) -> Cells {
        let medium = self.flash.nor.borrow().medium().clone();
        Cells(Off::with(medium, self.chip.into_inner().into_state()))
    }
}

/// A handle on the flash, in the shapes that the stores want.
#[derive(Clone)]
pub struct Handle {
    nor: Rc<RefCell<Nor>>,
    calls_left: Rc<Cell<u64>>,
}

impl Handle {
    /// Totals since power on.
    pub fn counters(&self) -> Counters {
        self.nor.borrow().counters()
    }

    /// What lies in the cells.
    pub fn image(&self) -> Vec<u8> {
        self.nor.borrow().medium().bytes().to_vec()
    }

    /// Whether the store wrote what the part forbids.
    pub fn has_illegal_write(&self) -> bool {
        !self.nor.borrow().illegal_writes().is_empty()
    }

    /// Stops a store that never ends with a panic after so many calls.
    pub fn allow_calls(&self, calls: u64) {
        self.calls_left.set(calls);
    }

    /// Reads.
    pub fn read_at(&self, offset: usize, bytes: &mut [u8]) -> Result<(), FlashError> {
        self.spend();
        blocking::ReadNorFlash::read(&mut *self.nor.borrow_mut(), offset as u32, bytes)
    }

    /// Programs.
    pub fn write_at(&self, offset: usize, bytes: &[u8]) -> Result<(), FlashError> {
        self.spend();
        blocking::NorFlash::write(&mut *self.nor.borrow_mut(), offset as u32, bytes)
    }

    /// Erases pages.
    pub fn erase_at(&self, from: usize, to: usize) -> Result<(), FlashError> {
        self.spend();
        blocking::NorFlash::erase(&mut *self.nor.borrow_mut(), from as u32, to as u32)
    }

    fn spend(&self) {
        let left = self.calls_left.get().checked_sub(1);
        self.calls_left.set(left.expect("the store does not come to an end"));
    }
}

impl blocking::ErrorType for Handle {
    type Error = FlashError;
}

impl blocking::ReadNorFlash for Handle {
    const READ_SIZE: usize = 1;
    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        self.read_at(offset as usize, bytes)
    }
    fn capacity(&self) -> usize {
        self.nor.borrow().medium().capacity()
    }
}

impl blocking::NorFlash for Handle {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = PAGE;
    fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        self.erase_at(from as usize, to as usize)
    }
    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        self.write_at(offset as usize, bytes)
    }
}

impl nonblocking::ReadNorFlash for Handle {
    const READ_SIZE: usize = 1;
    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        self.read_at(offset as usize, bytes)
    }
    fn capacity(&self) -> usize {
        self.nor.borrow().medium().capacity()
    }
}

impl nonblocking::NorFlash for Handle {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = PAGE;
    async fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        self.erase_at(from as usize, to as usize)
    }
    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        self.write_at(offset as usize, bytes)
    }
}

impl nonblocking::MultiwriteNorFlash for Handle {}
