//! The boot-loop guard: starts are counted until one of them proves stable.

use gabion_flash::SafeFlash;
use gabion_hal::{Clock, Event, EventKind, EventSink, ResetReason, Severity, Source};

use crate::BootGuardError;
use crate::format::{ERASED, StartRecord};
use crate::pages::is_blank;

/// When a device starts in safe mode, and when a start counts as stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BootConfig {
    /// Safe mode after this many crashes in a row, at least 1.
    pub max_crashes: u8,
    /// Safe mode after this many starts without a stable one, whatever caused them, at least 3. Above `max_crashes`, so that
    /// somebody who plays with a switch does not get there soon.
    pub max_attempts: u8,
    /// Powered time in milliseconds after which a start is stable.
    pub stable_ms: u64,
}

impl BootConfig {
    /// Three crashes or ten starts; stable after three minutes.
    pub const DEFAULT: Self = Self { max_crashes: 3, max_attempts: 10, stable_ms: 180_000 };
}

impl Default for BootConfig {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// How to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// With everything.
    Normal,
    /// With what [`Mode::allows`] names.
    Safe(SafeReason),
}

/// Why a device starts in safe mode. The numbers are the detail of [`EventKind::SafeMode`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum SafeReason {
    /// Too many crashes in a row.
    Crashes = 1,
    /// Too many starts without a stable one: a supply that sags, a user with a switch.
    Attempts = 2,
    /// The record of starts cannot be read.
    NoRecord = 3,
}

/// A part of the firmware that is started, or is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Service {
    /// Local functions in their simplest form.
    Local,
    /// Fetching and installing updates, with the link as far as that needs it.
    Update,
    /// Factory reset, log export, whatever repairs the device.
    Recovery,
    /// The connection to the back end.
    Link,
    /// Everything else.
    Application,
}

impl Mode {
    /// Whether a service is started in this mode.
    #[must_use]
    pub const fn allows(self, service: Service) -> bool {
        match self {
            Self::Normal => true,
            Self::Safe(_) => {
                matches!(service, Service::Local | Service::Update | Service::Recovery)
            }
        }
    }
}

/// What is known at start-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct BootReport {
    /// How to start.
    pub mode: Mode,
    /// Why the chip started.
    pub reason: ResetReason,
    /// Starts since the last stable one, this one included; stays at [`BootConfig::max_attempts`].
    pub attempts: u8,
    /// Crashes among them; stays at [`BootConfig::max_crashes`].
    pub crashes: u8,
    /// The task that let the watchdog bite, if the last boot had time to write it down.
    pub late: Option<u8>,
}

/// Counts starts on flash. Open it before anything else that may crash.
///
/// Each record holds the whole state; the newest valid one counts. A loop writes until the count stands at its limit and then no
/// more: a device that restarts for years wears out nothing.
///
/// # Power loss
///
/// A cut leaves the old or the new state.
///
/// # Security
///
/// Records have a checksum, not a tag: it is read before keys are. Who writes to the flash can force safe mode or hide a loop.
#[derive(Debug)]
pub struct BootGuard<F> {
    flash: F,
    config: BootConfig,
    state: StartRecord,
    safe: bool,
    stable: bool,
    /// Where the newest record stands.
    at: u32,
}

impl<F: SafeFlash> BootGuard<F> {
    /// Bytes of a record on this flash.
    const STRIDE: u32 = {
        let unit = if F::WRITE_SIZE > F::READ_SIZE { F::WRITE_SIZE } else { F::READ_SIZE };
        assert!(unit > 0 && F::ERASE_SIZE > 0, "a flash has words and pages");
        StartRecord::LEN.next_multiple_of(unit) as u32
    };
    const PAGE: u32 = F::ERASE_SIZE as u32;

    /// Makes an empty record of starts, in the factory or after [`BootGuardError::Unreadable`].
    ///
    /// # Errors
    ///
    /// [`BootGuardError::Flash`], [`BootGuardError::Geometry`].
    ///
    /// # Power loss
    ///
    /// Cut half-way: format again, unless the next [`begin`](BootGuard::begin) succeeds.
    pub async fn format(flash: &mut F) -> Result<(), BootGuardError<F::Error>> {
        let capacity = Self::capacity(flash)?;
        flash.erase(0, capacity).await.map_err(BootGuardError::Flash)?;
        write(flash, 0, &StartRecord::default()).await.map_err(BootGuardError::Flash)
    }

    fn capacity(flash: &F) -> Result<u32, BootGuardError<F::Error>> {
        let capacity = u32::try_from(flash.capacity()).map_err(|_| BootGuardError::Geometry)?;
        let pages = capacity.checked_div(Self::PAGE).unwrap_or(0);
        if pages < 2 || Self::PAGE < Self::STRIDE || Self::STRIDE as usize > BUFFER {
            return Err(BootGuardError::Geometry);
        }
        Ok(pages.saturating_mul(Self::PAGE))
    }

    /// Counts this start and says how to go on. Once per boot.
    ///
    /// Crashes are starts by the watchdog, by a fault, by software that did not [announce](BootGuard::plan_restart) it, or for
    /// an unknown reason. A sagging supply, the pin and the switch count as attempts only; a wake-up does not count.
    ///
    /// # Errors
    ///
    /// See [`BootGuardError`]; [`BootGuardError::mode`] says how to start all the same.
    pub async fn begin(
        mut flash: F,
        reason: ResetReason,
        config: BootConfig,
        events: &mut impl EventSink,
    ) -> Result<(Self, BootReport), BootGuardError<F::Error>> {
        let (stored, at) = match Self::newest(&mut flash).await {
            Ok(found) => found,
            Err(error) => {
                tell(SafeReason::NoRecord, events);
                return Err(error);
            }
        };
        let (max_crashes, max_attempts) = (config.max_crashes.max(1), config.max_attempts.max(3));
        let meant = stored.planned && reason == ResetReason::Software;
        let crash = !meant
            && matches!(
                reason,
                ResetReason::Watchdog
                    | ResetReason::Fault
                    | ResetReason::Software
                    | ResetReason::Unknown
            );
        let counts = !meant && !matches!(reason, ResetReason::Wake | ResetReason::Debug);
        let count = |old: u8, add: bool, most: u8| old.saturating_add(u8::from(add)).min(most);
        let state = StartRecord {
            number: stored.number,
            attempts: count(stored.attempts, counts, max_attempts),
            crashes: count(stored.crashes, crash, max_crashes),
            planned: false,
            late: 0,
        };
        let mode = if state.crashes >= max_crashes {
            Mode::Safe(SafeReason::Crashes)
        } else if state.attempts >= max_attempts {
            Mode::Safe(SafeReason::Attempts)
        } else {
            Mode::Normal
        };
        let config = BootConfig { max_crashes, max_attempts, ..config };
        let safe = matches!(mode, Mode::Safe(_));
        let mut guard = Self { flash, config, state: stored, safe, stable: false, at };
        guard.change(state).await?;
        if let Mode::Safe(reason) = mode {
            tell(reason, events);
        }
        let report = BootReport {
            mode,
            reason,
            attempts: state.attempts,
            crashes: state.crashes,
            late: stored.late.checked_sub(1),
        };
        Ok((guard, report))
    }

    async fn newest(flash: &mut F) -> Result<(StartRecord, u32), BootGuardError<F::Error>> {
        let capacity = Self::capacity(flash)?;
        let mut newest: Option<(StartRecord, u32)> = None;
        let mut blank = true;
        let mut at = 0;
        while at < capacity {
            let mut bytes = [ERASED; BUFFER];
            let bytes = bytes.get_mut(..Self::STRIDE as usize).unwrap_or_default();
            flash.read(at, bytes).await.map_err(BootGuardError::Flash)?;
            blank &= is_blank(bytes);
            let record = bytes.first_chunk().and_then(|bytes| StartRecord::parse(bytes).ok());
            if let Some(record) = record
                && newest.is_none_or(|(newest, _)| newest.number < record.number)
            {
                newest = Some((record, at));
            }
            at = Self::after(at);
        }
        newest.ok_or(if blank { BootGuardError::Blank } else { BootGuardError::Unreadable })
    }

    /// The place behind one, in the next page where this one has no more.
    fn after(at: u32) -> u32 {
        let next = at.saturating_add(Self::STRIDE);
        let page = at.checked_div(Self::PAGE).unwrap_or(0).saturating_add(1);
        let end = page.saturating_mul(Self::PAGE);
        if next.saturating_add(Self::STRIDE) > end { end } else { next }
    }

    /// Writes a state if it differs from the one on flash.
    async fn change(&mut self, state: StartRecord) -> Result<(), BootGuardError<F::Error>> {
        if state == self.state {
            return Ok(());
        }
        // 2^32 records are more than any flash endures.
        let state = StartRecord { number: state.number.saturating_add(1), ..state };
        let capacity = Self::capacity(&self.flash)?;
        let mut at = Self::after(self.at);
        loop {
            if at >= capacity {
                at = 0;
            }
            if at.is_multiple_of(Self::PAGE) {
                let end = at.saturating_add(Self::PAGE);
                self.flash.erase(at, end).await.map_err(BootGuardError::Flash)?;
                break;
            }
            // A place where a cut left something is passed over.
            let mut bytes = [ERASED; BUFFER];
            let bytes = bytes.get_mut(..Self::STRIDE as usize).unwrap_or_default();
            self.flash.read(at, bytes).await.map_err(BootGuardError::Flash)?;
            if is_blank(bytes) {
                break;
            }
            at = Self::after(at);
        }
        write(&mut self.flash, at, &state).await.map_err(BootGuardError::Flash)?;
        (self.state, self.at) = (state, at);
        Ok(())
    }

    /// Looks at the time and, once it has run long enough, writes down that this start is stable. Call it in the main loop, as
    /// long as the device does what it should. Returns true once.
    ///
    /// After a stable run in safe mode the next start is a normal one on trial: one more crash, or three starts in a row that are
    /// not stable, and it is safe mode again.
    ///
    /// # Errors
    ///
    /// [`BootGuardError::Flash`]; it is tried again at the next call.
    pub async fn poll(&mut self, clock: &mut impl Clock) -> Result<bool, BootGuardError<F::Error>> {
        if self.stable || clock.uptime_ms() < self.config.stable_ms {
            return Ok(false);
        }
        let (attempts, crashes) = if self.safe {
            (self.config.max_attempts.saturating_sub(3), self.config.max_crashes.saturating_sub(1))
        } else {
            (0, 0)
        };
        self.change(StartRecord { attempts, crashes, ..self.state }).await?;
        self.stable = true;
        Ok(true)
    }

    /// Announces a restart by software, so that it does not count: for an update, by the user.
    ///
    /// # Errors
    ///
    /// [`BootGuardError::Flash`]. Restart all the same: it will count.
    pub async fn plan_restart(&mut self) -> Result<(), BootGuardError<F::Error>> {
        self.change(StartRecord { planned: true, ..self.state }).await
    }

    /// Writes down which task is late, before the watchdog bites. The next boot reports it.
    ///
    /// # Errors
    ///
    /// [`BootGuardError::Flash`].
    pub async fn note_late(&mut self, task: u8) -> Result<(), BootGuardError<F::Error>> {
        self.change(StartRecord { late: task.saturating_add(1), ..self.state }).await
    }

    /// Gives the flash back.
    pub fn into_flash(self) -> F {
        self.flash
    }
}

/// A record, padded to whole words.
const BUFFER: usize = 32;

async fn write<F: SafeFlash>(flash: &mut F, at: u32, record: &StartRecord) -> Result<(), F::Error> {
    let mut bytes = [ERASED; BUFFER];
    bytes.iter_mut().zip(record.emit()).for_each(|(to, from)| *to = from);
    flash.write(at, bytes.get(..BootGuard::<F>::STRIDE as usize).unwrap_or_default()).await
}

fn tell(reason: SafeReason, events: &mut impl EventSink) {
    let detail = u16::from(reason as u8);
    events.event(Event::new(EventKind::SafeMode, Severity::Warning, Source::System, detail));
}
