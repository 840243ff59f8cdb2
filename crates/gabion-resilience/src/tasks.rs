//! One hardware watchdog for many tasks.

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use gabion_hal::{Clock, Event, EventKind, EventSink, Severity, SignsOfLife, Source, Watchdog};

/// When a task must report: not sooner than `min_ms` after its last report, not later than `max_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskWindow {
    /// Its name, for people; its number is its place in the array.
    pub name: &'static str,
    /// Shortest time between two reports in milliseconds. A task that spins reports too often. 0: any.
    pub min_ms: u32,
    /// Longest time between two reports in milliseconds, below 2^31.
    pub max_ms: u32,
}

/// When the hardware may be fed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedWindow {
    /// Not sooner than this after the last feed, in milliseconds: where a hardware window watchdog opens. 0: any time.
    pub min_ms: u32,
    /// The hardware's time-out in milliseconds.
    pub max_ms: u32,
}

/// What a look at the tasks found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Health {
    /// Every task reported in time and the hardware was fed.
    Fed,
    /// Every task reported in time; the window of the hardware is not open yet.
    NotYet,
    /// A task reported too late or too early. The hardware is not fed any more, by nobody: the reset comes. Write the number
    /// down with [`BootGuard::note_late`](crate::BootGuard::note_late).
    Late {
        /// The number of the task.
        task: u8,
        /// Its name.
        name: &'static str,
    },
}

#[derive(Debug)]
struct Sign {
    /// Powered time of the newest report, its lower 32 bits.
    at_ms: AtomicU32,
    /// Whether it reported since the start: there is no report before the first that it could be too early for.
    seen: AtomicBool,
    /// Whether it once reported outside its window. Only a reset takes that back.
    outside: AtomicBool,
}

impl Sign {
    const fn new() -> Self {
        Self {
            at_ms: AtomicU32::new(0),
            seen: AtomicBool::new(false),
            outside: AtomicBool::new(false),
        }
    }
}

/// A hardware watchdog that is fed only while *each* of `N` tasks reports within a window of its own.
///
/// It may be a `static`. Tasks share it by reference and see only [`SignsOfLife`]. Reports are atomic loads and stores, which every core has; each
/// task may only report for its own number. No lock, no interrupt is masked.
#[derive(Debug)]
pub struct TaskWatchdog<const N: usize> {
    windows: [TaskWindow; N],
    signs: [Sign; N],
    feed: FeedWindow,
    started: AtomicBool,
}

/// Who feeds: made by [`TaskWatchdog::start`], exists once per watchdog.
#[derive(Debug)]
pub struct Feeder<'a, const N: usize> {
    tasks: &'a TaskWatchdog<N>,
    fed_ms: u64,
    late: Option<u8>,
}

impl<const N: usize> TaskWatchdog<N> {
    /// Describes the tasks and the hardware.
    ///
    /// # Panics
    ///
    /// At compile time, without a task or with more than 255.
    #[must_use]
    pub const fn new(windows: [TaskWindow; N], feed: FeedWindow) -> Self {
        const { assert!(N > 0 && N <= 255, "1 to 255 tasks") };
        Self { windows, signs: [const { Sign::new() }; N], feed, started: AtomicBool::new(false) }
    }

    /// Starts the hardware; the windows of all tasks begin now. `None` when it was started before: only one may feed.
    ///
    /// Call it from one place, before the tasks run.
    pub fn start(
        &self,
        clock: &mut impl Clock,
        hardware: &mut impl Watchdog,
    ) -> Option<Feeder<'_, N>> {
        if self.started.load(Ordering::Acquire) {
            return None;
        }
        self.started.store(true, Ordering::Release);
        let now = clock.uptime_ms();
        for sign in &self.signs {
            sign.at_ms.store(low(now), Ordering::Release);
        }
        hardware.start(self.feed.max_ms);
        Some(Feeder { tasks: self, fed_ms: now, late: None })
    }

    /// Returns the name of a task, for a number that an earlier boot wrote down.
    #[must_use]
    pub fn name(&self, task: u8) -> Option<&'static str> {
        self.windows.get(usize::from(task)).map(|window| window.name)
    }
}

impl<const N: usize> Feeder<'_, N> {
    /// Looks at every task and feeds the hardware if all are in time. The first late task is an event.
    pub fn poll(
        &mut self,
        clock: &mut impl Clock,
        hardware: &mut impl Watchdog,
        events: &mut impl EventSink,
    ) -> Health {
        let now = clock.uptime_ms();
        if self.late.is_none() {
            let late = self.tasks.late(now);
            if let Some(task) = late {
                let kind = EventKind::TaskLate;
                events.event(Event::new(kind, Severity::Warning, Source::System, u16::from(task)));
            }
            self.late = late;
        }
        if let Some(task) = self.late {
            return Health::Late { task, name: self.tasks.name(task).unwrap_or_default() };
        }
        if now.saturating_sub(self.fed_ms) < u64::from(self.tasks.feed.min_ms) {
            return Health::NotYet;
        }
        hardware.feed();
        self.fed_ms = now;
        Health::Fed
    }
}

impl<const N: usize> TaskWatchdog<N> {
    /// Returns the number of the first task that is late or was too early.
    fn late(&self, now: u64) -> Option<u8> {
        let tasks = self.windows.iter().zip(&self.signs).zip(0_u8..=u8::MAX);
        let mut late = tasks.filter(|((window, sign), _)| {
            let since = low(now).wrapping_sub(sign.at_ms.load(Ordering::Acquire));
            // A report that came between the look at the clock and this one is not 49 days old.
            let since = if since > u32::MAX / 2 { 0 } else { since };
            since > window.max_ms || sign.outside.load(Ordering::Acquire)
        });
        late.next().map(|(_, number)| number)
    }
}

impl<const N: usize> SignsOfLife for TaskWatchdog<N> {
    fn alive(&self, task: u8, uptime_ms: u64) {
        let place = usize::from(task);
        let (Some(sign), Some(window)) = (self.signs.get(place), self.windows.get(place)) else {
            return;
        };
        let since = low(uptime_ms).wrapping_sub(sign.at_ms.load(Ordering::Acquire));
        let early = since < window.min_ms && sign.seen.load(Ordering::Acquire);
        // One that is late already may not make it undone between two looks.
        if early || since > window.max_ms {
            sign.outside.store(true, Ordering::Release);
        }
        sign.seen.store(true, Ordering::Release);
        sign.at_ms.store(low(uptime_ms), Ordering::Release);
    }
}

/// The lower 32 bits.
fn low(ms: u64) -> u32 {
    let [a, b, c, d, ..] = ms.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}
