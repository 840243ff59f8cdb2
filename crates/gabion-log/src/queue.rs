//! Events wait in RAM until the log has time to write them.

use gabion_hal::{Event, EventKind, EventSink, Severity, Source};

use crate::entry::deciseconds;
use crate::format::MAX_ENTRIES;
use crate::{Entry, Lane};

/// A bounded queue of at most `N` different events, in RAM only: taking one never blocks, fails or touches flash.
///
/// Equal events that wait together become one with a count. When the queue is full the new event is dropped and counted, but
/// for a [`Severity::Critical`] one: that takes the place of the newest lesser event. A quarter of the places is for critical
/// events only. What was dropped is counted per lane, and the count goes into the next record of that lane.
///
/// # Power loss
///
/// What still waits is lost: an event counts as kept once [`Log::drain`](crate::Log::drain) returned.
///
/// # Examples
///
/// ```
/// use gabion_hal::{Event, EventKind, EventSink, Severity, Source};
/// use gabion_log::EventQueue;
///
/// let mut queue = EventQueue::<16>::new();
/// queue.set_uptime_ms(1_500);
/// let event = Event::new(EventKind::LoginFailed, Severity::Warning, Source::Auth, 1);
/// queue.event(event);
/// queue.event(event);
/// assert_eq!(queue.len(), 1);
/// ```
///
/// Nothing personal fits in, because no type carries it: no text as a detail,
///
/// ```compile_fail,E0308
/// # use gabion_hal::{Event, EventKind, EventSink, Severity, Source};
/// # let mut queue = gabion_log::EventQueue::<16>::new();
/// queue.event(Event::new(EventKind::LoginFailed, Severity::Warning, Source::Auth, "alice@home"));
/// ```
///
/// no address,
///
/// ```compile_fail,E0308
/// # use gabion_hal::{Event, EventKind, EventSink, Severity, Source};
/// # let mut queue = gabion_log::EventQueue::<16>::new();
/// let address = core::net::Ipv4Addr::LOCALHOST;
/// queue.event(Event::new(EventKind::LinkRefused, Severity::Warning, Source::Link, address));
/// ```
///
/// and no kind that is not in the catalogue.
///
/// ```compile_fail,E0308
/// # use gabion_hal::{Event, EventKind, EventSink, Severity, Source};
/// # let mut queue = gabion_log::EventQueue::<16>::new();
/// queue.event(Event::new("alice logged in", Severity::Info, Source::Auth, 0));
/// ```
#[derive(Debug)]
pub struct EventQueue<const N: usize> {
    entries: [Entry; N],
    len: usize,
    lost: [u16; 2],
    uptime_ds: u32,
}

const EMPTY: Entry =
    Entry::once(Event::new(EventKind::EventsLost, Severity::Info, Source::Log, 0), 0);

impl<const N: usize> EventQueue<N> {
    const RESERVED: usize = N / 4;

    /// Makes an empty queue.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(N >= 4, "a queue needs 4 places, one of them for critical events") };
        Self { entries: [EMPTY; N], len: 0, lost: [0; 2], uptime_ds: 0 }
    }

    /// Tells the queue the time, for the events that follow. Call it in the main loop.
    pub fn set_uptime_ms(&mut self, uptime_ms: u64) {
        self.uptime_ds = deciseconds(uptime_ms);
    }

    /// Returns how many different events wait.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Returns true when no event waits and no loss is to be told.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0 && self.lost == [0; 2]
    }

    /// Returns how many events of a lane were dropped since the lane's last record.
    #[must_use]
    pub fn lost(&self, lane: Lane) -> u16 {
        self.lost.get(lane as usize).copied().unwrap_or(u16::MAX)
    }

    fn waiting(&self) -> &[Entry] {
        self.entries.get(..self.len).unwrap_or_default()
    }

    fn lose(&mut self, lane: Lane, count: u16) {
        if let Some(lost) = self.lost.get_mut(lane as usize) {
            *lost = lost.saturating_add(count);
        }
    }

    fn push(&mut self, entry: Entry) -> bool {
        let Some(place) = self.entries.get_mut(self.len) else { return false };
        *place = entry;
        self.len = self.len.saturating_add(1);
        true
    }

    fn remove(&mut self, index: usize) {
        let rest = self.entries.get_mut(index..self.len).unwrap_or_default();
        if !rest.is_empty() {
            rest.rotate_left(1);
            self.len = self.len.saturating_sub(1);
        }
    }

    /// Copies the oldest events of a lane, at most one record of them. Returns how many.
    pub(crate) fn oldest(&self, lane: Lane, out: &mut [Entry; MAX_ENTRIES]) -> usize {
        let of_lane = self.waiting().iter().filter(|entry| Lane::of(entry.event.severity) == lane);
        out.iter_mut().zip(of_lane).map(|(to, from)| *to = *from).count()
    }

    /// Takes the oldest events of a lane out, and the loss that was told with them.
    pub(crate) fn written(&mut self, lane: Lane, count: usize, lost: u16) {
        for _ in 0..count {
            let first =
                self.waiting().iter().position(|entry| Lane::of(entry.event.severity) == lane);
            if let Some(index) = first {
                self.remove(index);
            }
        }
        if let Some(left) = self.lost.get_mut(lane as usize) {
            *left = left.saturating_sub(lost);
        }
    }
}

impl<const N: usize> Default for EventQueue<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> EventSink for EventQueue<N> {
    fn event(&mut self, event: Event) {
        let lane = Lane::of(event.severity);
        let len = self.len;
        let waiting = self.entries.get_mut(..len).unwrap_or_default();
        if let Some(same) = waiting.iter_mut().find(|entry| entry.event == event) {
            same.count = same.count.saturating_add(1);
            return;
        }
        let entry = Entry::once(event, self.uptime_ds);
        let lesser = waiting.iter().rposition(|entry| Lane::of(entry.event.severity) == Lane::Main);
        let mains =
            waiting.iter().filter(|entry| Lane::of(entry.event.severity) == Lane::Main).count();
        match lane {
            Lane::Main if mains.saturating_add(Self::RESERVED) >= N => self.lose(lane, 1),
            Lane::Critical if len >= N => match lesser {
                Some(index) => {
                    let count = self.waiting().get(index).map_or(1, |entry| entry.count);
                    self.remove(index);
                    self.lose(Lane::Main, count);
                    self.push(entry);
                }
                None => self.lose(lane, 1),
            },
            _ => {
                if !self.push(entry) {
                    self.lose(lane, 1);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(detail: u16, severity: Severity) -> Event {
        Event::new(EventKind::LoginFailed, severity, Source::Auth, detail)
    }

    #[test]
    fn a_flood_of_lesser_events_leaves_the_places_of_critical_ones() {
        let mut queue = EventQueue::<8>::new();
        (0..100).for_each(|n| queue.event(event(n, Severity::Warning)));
        assert_eq!((queue.len(), queue.lost(Lane::Main)), (6, 94));
        (0..3).for_each(|n| queue.event(event(n, Severity::Critical)));
        assert_eq!((queue.len(), queue.lost(Lane::Main), queue.lost(Lane::Critical)), (8, 95, 0));
        (3..10).for_each(|n| queue.event(event(n, Severity::Critical)));
        assert_eq!((queue.len(), queue.lost(Lane::Main), queue.lost(Lane::Critical)), (8, 100, 2));
    }

    #[test]
    fn nothing_is_dropped_without_being_counted() {
        let mut queue = EventQueue::<4>::new();
        let mut seed = 1_u32;
        for _ in 0..5_000 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let severity = Severity::ALL[(seed >> 30) as usize];
            queue.event(event((seed >> 8 & 7) as u16, severity));
        }
        let kept: u32 = queue.waiting().iter().map(|entry| u32::from(entry.count)).sum();
        let lost = u32::from(queue.lost(Lane::Main)) + u32::from(queue.lost(Lane::Critical));
        assert_eq!(kept + lost, 5_000);
    }
}
