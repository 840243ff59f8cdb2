//! Power as a typestate: [`Off`] holds cells, [`Board`] is powered, and only one of them exists.

use core::fmt;
use core::marker::PhantomData;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::chip::Chip;
use crate::chip_state::ChipState;
use crate::fault::{Cut, Step};
use crate::file::Mirror;
use crate::flash::{Kind, Multi, SimFlash};
use crate::medium::{IllegalWrite, Medium, Setup};

/// A flash whose [`Off`] state was opened on a file; it is the same type and differs only there.
pub type FileFlash<const WORD: usize, const PAGE: usize, K = Multi> = SimFlash<WORD, PAGE, K>;

/// The supply that flash and chip hang on: counts atomic steps and fails at the armed one.
///
/// A clone is a handle on the same supply.
#[derive(Clone, Debug, Default)]
pub struct Supply(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    steps: u64,
    armed: Option<Cut>,
    fired: Option<(Cut, Step)>,
    lost: bool,
    elapsed_ns: u64,
    log: Option<Vec<Step>>,
    noise_seed: u64,
}

pub(crate) enum Verdict {
    Go,
    Cut(Cut),
    Lost,
}

impl Supply {
    /// Makes a supply that never fails until it is armed.
    pub fn new() -> Self {
        Self::default()
    }

    /// Arms a cut; its `at` counts from now.
    pub fn arm(&self, cut: Cut) {
        let mut state = self.lock();
        let at = state.steps + cut.at;
        state.armed = Some(Cut { at, ..cut });
    }

    /// Takes an armed cut away.
    pub fn disarm(&self) {
        self.lock().armed = None;
    }

    /// Returns the number of complete steps since power on.
    pub fn steps(&self) -> u64 {
        self.lock().steps
    }

    /// Returns true once the power has failed.
    pub fn is_lost(&self) -> bool {
        self.lock().lost
    }

    /// Lets the power fail now, between two steps.
    pub fn fail_now(&self) {
        self.lock().lost = true;
    }

    /// Returns the time that the flash has taken since power on, by the [`Timing`](crate::Timing) of its setup.
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.lock().elapsed_ns)
    }

    /// Returns the cut that fired and the kind of step that it interrupted.
    pub fn fired(&self) -> Option<(Cut, Step)> {
        self.lock().fired
    }

    /// Starts to remember the kind of each step.
    pub fn log_steps(&self) {
        self.lock().log = Some(Vec::new());
    }

    /// Returns the kinds of the steps since [`log_steps`](Self::log_steps).
    pub fn step_log(&self) -> Vec<Step> {
        self.lock().log.clone().unwrap_or_default()
    }

    pub(crate) fn noise_seed(&self) -> u64 {
        self.lock().noise_seed
    }

    pub(crate) fn spend(&self, ns: u64) {
        self.lock().elapsed_ns += ns;
    }

    pub(crate) fn step(&self, kind: Step) -> Verdict {
        let mut state = self.lock();
        if state.lost {
            return Verdict::Lost;
        }
        if let Some(cut) =
            state.armed.filter(|cut| state.steps >= cut.at && cut.fault.applies(kind))
        {
            state.fired = Some((cut, kind));
            state.lost = true;
            return Verdict::Cut(cut);
        }
        state.steps += 1;
        if let Some(log) = &mut state.log {
            log.push(kind);
        }
        Verdict::Go
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A powered part that an [`Off`] can make and take back: [`SimFlash`] of any geometry.
pub trait Part: Sized {
    /// Word size in bytes.
    const WORD: usize;
    /// Page size in bytes.
    const PAGE: usize;

    #[doc(hidden)]
    fn attach(medium: Medium, supply: Supply, mirror: Option<AnyMirror>) -> Self;

    /// Takes the cells out.
    fn detach(self) -> Medium;

    /// Looks at the cells.
    fn cells(&self) -> &Medium;

    /// Returns the writes that were refused because the part forbids them.
    fn refused(&self) -> &[IllegalWrite];
}

#[doc(hidden)]
#[derive(Clone)]
pub struct AnyMirror(Arc<Mirror>);

impl<const WORD: usize, const PAGE: usize, K: Kind> Part for SimFlash<WORD, PAGE, K> {
    const WORD: usize = WORD;
    const PAGE: usize = PAGE;

    fn attach(medium: Medium, supply: Supply, mirror: Option<AnyMirror>) -> Self {
        Self::over(medium, supply, mirror.map(|mirror| mirror.0))
    }

    fn detach(self) -> Medium {
        self.into_medium()
    }

    fn cells(&self) -> &Medium {
        self.medium()
    }

    fn refused(&self) -> &[IllegalWrite] {
        self.illegal_writes()
    }
}

/// A device without power: its flash cells and what its chip keeps.
///
/// ```
/// use embedded_storage::nor_flash::NorFlash;
/// use gabion_sim::{Cut, Fault, FlashError, Off, Setup, SimFlash};
///
/// let off: Off<SimFlash<4, 256>> = Off::new(Setup::new(4096));
/// let mut board = off.power_on(Some(Cut::new(1, Fault::TornWord, 7)));
/// assert_eq!(board.flash.write(0, &[0; 12]), Err(FlashError::PowerLost));
/// let off = board.power_off();
/// assert_eq!(off.medium.bytes()[..4], [0; 4]); // the first word is whole,
/// assert!(off.medium.is_blank(8..12)); // the third was never begun
/// ```
pub struct Off<F: Part> {
    /// The flash cells.
    pub medium: Medium,
    /// What the chip keeps without power: root key, counter, fuses.
    pub chip: ChipState,
    mirror: Option<AnyMirror>,
    part: PhantomData<F>,
}

impl<F: Part> Clone for Off<F> {
    /// Copies cells and chip; the copy is not tied to a file.
    fn clone(&self) -> Self {
        Self {
            medium: self.medium.clone(),
            chip: self.chip.clone(),
            mirror: None,
            part: PhantomData,
        }
    }
}

impl<F: Part> fmt::Debug for Off<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Off").field("capacity", &self.medium.capacity()).finish_non_exhaustive()
    }
}

impl<F: Part> Off<F> {
    /// Makes a blank device.
    pub fn new(setup: Setup) -> Self {
        Self::with(Medium::new(setup, F::WORD, F::PAGE), ChipState::default())
    }

    /// Makes a device from cells and a chip.
    pub fn with(medium: Medium, chip: ChipState) -> Self {
        Self { medium, chip, mirror: None, part: PhantomData }
    }

    /// Opens a device that lives in a file, made blank if there is none. Every word, erase and
    /// change of the chip is in the file before the call returns, so the process may be killed.
    /// A new chip has `chip.boots == 0`; give it a root secret before its first power on.
    ///
    /// # Errors
    ///
    /// What the file system says; `WouldBlock` if another process has the file; `InvalidData` if
    /// it is not a flash file or has another geometry.
    pub fn open(path: impl AsRef<Path>, setup: Setup) -> io::Result<Self> {
        let (mirror, medium, block) = Mirror::open(path.as_ref(), setup, F::WORD, F::PAGE)?;
        let mirror = Some(AnyMirror(Arc::new(mirror)));
        Ok(Self { medium, chip: ChipState::parse(&block), mirror, part: PhantomData })
    }

    /// Switches the power on; it fails at the cut, if there is one.
    pub fn power_on(self, cut: Option<Cut>) -> Board<F> {
        let supply = Supply::new();
        if let Some(cut) = cut {
            supply.arm(cut);
        }
        let chip = Chip::boot(self.chip, supply.clone(), self.mirror.as_ref().map(|m| m.0.clone()));
        // Bits in doubt must not read the same after each power on.
        supply.lock().noise_seed = u64::from(chip.state().boots);
        let flash = F::attach(self.medium, supply.clone(), self.mirror.clone());
        Board { flash, chip, supply, mirror: self.mirror }
    }
}

/// A device with power: its flash, its chip, and the supply that both hang on.
pub struct Board<F: Part> {
    /// The flash.
    pub flash: F,
    /// The rest of the chip.
    pub chip: Chip,
    /// The supply. [`Supply::arm`] cuts the power in the middle of a session.
    pub supply: Supply,
    mirror: Option<AnyMirror>,
}

impl<F: Part> fmt::Debug for Board<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Board").field("supply", &self.supply).finish_non_exhaustive()
    }
}

impl<F: Part> Board<F> {
    /// Takes the power away.
    pub fn power_off(self) -> Off<F> {
        let Self { flash, chip, supply: _, mirror } = self;
        Off { medium: flash.detach(), chip: chip.into_state(), mirror, part: PhantomData }
    }
}
