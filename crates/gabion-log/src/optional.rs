//! What a user may refuse (`docs/spec/events.md`).

use gabion_hal::{Event, EventKind, EventSink};

use crate::Registered;

/// Tells whether a kind is logged even when the user refused optional events. Application events depend on their registry.
#[must_use]
pub const fn is_mandatory(kind: EventKind) -> bool {
    !matches!(
        kind,
        EventKind::LocalDelayed
            | EventKind::LoginFailedFor
            | EventKind::LinkUp
            | EventKind::MessagesLost
            | EventKind::PeerNew
            | EventKind::Application
    )
}

/// Whether the user wants optional events logged. Kept in the store under [`LOG_OPTIONAL`](crate::LOG_OPTIONAL).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OptionalEvents {
    /// They are logged.
    Agreed,
    /// They are not. So it is until somebody agreed, and when the stored choice cannot be read.
    #[default]
    Refused,
}

impl OptionalEvents {
    /// Returns the byte to store.
    #[must_use]
    pub const fn emit(self) -> [u8; 1] {
        match self {
            Self::Agreed => [1],
            Self::Refused => [2],
        }
    }

    /// Reads what was stored. Nothing, or anything else than [`emit`](Self::emit) writes, is a refusal.
    #[must_use]
    pub const fn parse(stored: &[u8]) -> Self {
        match stored {
            [1] => Self::Agreed,
            _ => Self::Refused,
        }
    }

    /// Puts the choice in front of a sink: what is refused goes no further. The detectors belong in front of this, so that they
    /// see everything.
    ///
    /// # Examples
    ///
    /// ```
    /// use gabion_hal::{Event, EventKind, EventSink, Severity, Source};
    /// use gabion_log::{Detectors, EventQueue, OptionalEvents, Thresholds};
    ///
    /// let mut queue = EventQueue::<16>::new();
    /// let mut chosen = OptionalEvents::Refused.filter(&mut queue, &[]);
    /// let mut detectors = Detectors::new(Thresholds::DEFAULT);
    /// let mut events = detectors.watch(&mut chosen, 1_000, |_| {});
    /// events.event(Event::new(EventKind::LinkUp, Severity::Info, Source::Link, 0));
    /// events.event(Event::new(EventKind::LinkRefused, Severity::Warning, Source::Link, 0));
    /// assert_eq!(queue.len(), 1);
    /// ```
    pub const fn filter<'a, S: EventSink>(
        self,
        sink: &'a mut S,
        application: &'a [Registered],
    ) -> Chosen<'a, S> {
        Chosen { choice: self, sink, application }
    }

    /// Tells whether an event passes.
    #[must_use]
    pub fn passes(self, event: &Event, application: &[Registered]) -> bool {
        let [number, _] = event.detail.to_be_bytes();
        self == Self::Agreed
            || is_mandatory(event.kind)
            || (event.kind == EventKind::Application
                && application.iter().any(|known| known.number == number && known.mandatory))
    }
}

/// A sink with a user's choice in front.
#[derive(Debug)]
pub struct Chosen<'a, S> {
    choice: OptionalEvents,
    sink: &'a mut S,
    application: &'a [Registered],
}

impl<S: EventSink> EventSink for Chosen<'_, S> {
    fn event(&mut self, event: Event) {
        if self.choice.passes(&event, self.application) {
            self.sink.event(event);
        }
    }
}
