//! Local functions first: what a device does at home never waits for a network.

use core::pin::Pin;
use core::task::{Context, Poll};

use gabion_hal::{Clock, Event, EventKind, EventSink, Severity, Source};

/// Something that the device does at home: heat, light, alarm, the buttons.
///
/// A step is an ordinary function: it cannot `await` a socket, and nothing of the link is handed to it. What it wants to send it
/// puts into the offline queue, whose room does not depend on the link either.
pub trait LocalTask {
    /// Does what is due at a powered time in milliseconds, and returns soon.
    fn step(&mut self, uptime_ms: u64);
}

/// What one turn did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Turn<T> {
    /// What the link's future said.
    pub link: Poll<T>,
    /// By how many milliseconds the local tasks had to wait too long before this turn; 0 when they were in time.
    pub delayed_ms: u64,
}

/// Runs every local task before the link gets one poll, turn by turn.
///
/// Whatever the link's future does (hang for ever, fail, be absent), each turn steps every local task first. The one thing that
/// could delay them is a poll that does not return, such as a blocking driver: that is measured against a budget, told as an
/// event, and in the end the watchdog's business.
pub struct LocalFirst<'a> {
    tasks: &'a mut [&'a mut dyn LocalTask],
    budget_ms: u32,
    stepped_ms: Option<u64>,
    delays: u32,
}

impl core::fmt::Debug for LocalFirst<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("LocalFirst").field("delays", &self.delays).finish_non_exhaustive()
    }
}

impl<'a> LocalFirst<'a> {
    /// Takes the local tasks, in the order of their steps, and the longest time in milliseconds between two steps of each.
    #[must_use]
    pub const fn new(tasks: &'a mut [&'a mut dyn LocalTask], budget_ms: u32) -> Self {
        Self { tasks, budget_ms, stepped_ms: None, delays: 0 }
    }

    /// Steps every local task, then polls the link's future once. Do not poll a future that is ready already; use
    /// [`step`](LocalFirst::step) until there is a new one.
    pub fn turn<F: Future>(
        &mut self,
        link: Pin<&mut F>,
        context: &mut Context<'_>,
        clock: &mut impl Clock,
        events: &mut impl EventSink,
    ) -> Turn<F::Output> {
        let delayed_ms = self.step(clock, events);
        Turn { link: link.poll(context), delayed_ms }
    }

    /// Steps every local task. Returns by how many milliseconds they had to wait too long.
    pub fn step(&mut self, clock: &mut impl Clock, events: &mut impl EventSink) -> u64 {
        let now = clock.uptime_ms();
        let since = self.stepped_ms.map_or(0, |then| now.saturating_sub(then));
        self.stepped_ms = Some(now);
        for task in self.tasks.iter_mut() {
            task.step(now);
        }
        let delayed = since.saturating_sub(u64::from(self.budget_ms));
        if delayed > 0 {
            self.delays = self.delays.saturating_add(1);
            let detail = u16::try_from(delayed).unwrap_or(u16::MAX);
            let kind = EventKind::LocalDelayed;
            events.event(Event::new(kind, Severity::Warning, Source::System, detail));
        }
        delayed
    }

    /// Returns how often the local tasks had to wait too long.
    #[must_use]
    pub const fn delays(&self) -> u32 {
        self.delays
    }
}
