//! Events of the application, from a const registry, under the same rules as the catalogue.

use core::marker::PhantomData;

use gabion_hal::{Event, EventKind, Severity, Source};

use crate::Pseudonym;

mod sealed {
    pub trait Sealed {}
}

/// What an application event may carry: one byte that cannot hold anything personal. Nobody else can implement it.
pub trait Field: sealed::Sealed {
    /// Returns the byte that stands in the log.
    fn byte(self) -> u8;
}

/// One of at most `N` answers, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice<const N: u16>(u8);

impl<const N: u16> Choice<N> {
    /// Makes the answer `A`; one that is not below `N` does not compile.
    ///
    /// ```compile_fail,E0080
    /// let answer = gabion_log::Choice::<3>::new::<3>();
    /// ```
    #[must_use]
    pub const fn new<const A: u8>() -> Self {
        const { assert!(N <= 256 && (A as u16) < N, "not one of the answers") };
        Self(A)
    }
}

/// A value as its order of magnitude: 0, 1, 2 to 3, 4 to 7, and so on. The value itself is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bucket(u8);

impl Bucket {
    /// Puts a value in its bucket.
    #[must_use]
    pub const fn of(value: u32) -> Self {
        Self(32_u32.saturating_sub(value.leading_zeros()) as u8)
    }
}

impl sealed::Sealed for () {}
impl Field for () {
    fn byte(self) -> u8 {
        0
    }
}

impl sealed::Sealed for bool {}
impl Field for bool {
    fn byte(self) -> u8 {
        u8::from(self)
    }
}

impl<const N: u16> sealed::Sealed for Choice<N> {}
impl<const N: u16> Field for Choice<N> {
    fn byte(self) -> u8 {
        self.0
    }
}

impl sealed::Sealed for Bucket {}
impl Field for Bucket {
    fn byte(self) -> u8 {
        self.0
    }
}

impl sealed::Sealed for Pseudonym {}
impl Field for Pseudonym {
    fn byte(self) -> u8 {
        let [low, _] = self.number().to_le_bytes();
        low
    }
}

/// What is registered of an application event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registered {
    /// Its number, never used again for another.
    pub number: u8,
    /// How serious it is.
    pub severity: Severity,
    /// Whether it is logged even when the user refused optional events.
    pub mandatory: bool,
    /// Its name, for the documents. Not on the device's log.
    pub name: &'static str,
}

/// An application event whose field is an `F`. [`application_events!`](crate::application_events) makes them.
#[derive(Debug, Clone, Copy)]
pub struct AppEvent<F> {
    registered: Registered,
    field: PhantomData<F>,
}

impl<F: Field> AppEvent<F> {
    /// Makes one; for the macro.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(registered: Registered) -> Self {
        Self { registered, field: PhantomData }
    }

    /// Returns what is registered.
    #[must_use]
    pub const fn registered(&self) -> Registered {
        self.registered
    }

    /// Makes the event with the value of its field.
    #[must_use]
    pub fn with(&self, value: F) -> Event {
        let detail = u16::from_be_bytes([self.registered.number, value.byte()]);
        let Registered { severity, .. } = self.registered;
        Event::new(EventKind::Application, severity, Source::Application, detail)
    }
}

/// Checks at compile time that no number stands twice; for the macro.
///
/// # Panics
///
/// At compile time, when one does.
#[doc(hidden)]
pub const fn assert_distinct(mut events: &[Registered]) {
    while let [first, rest @ ..] = events {
        let mut others = rest;
        while let [other, more @ ..] = others {
            assert!(first.number != other.number, "two application events have the same number");
            others = more;
        }
        events = rest;
    }
}

/// Registers the events of an application: a constant for each and a list of all.
///
/// # Examples
///
/// ```
/// use gabion_hal::{EventKind, Severity};
/// use gabion_log::{Bucket, Choice, application_events};
///
/// application_events! {
///     /// The events of a door lock.
///     pub const EVENTS: {
///         /// The bolt did not move.
///         BOLT_STUCK: bool { number: 1, severity: Severity::Warning, mandatory: true },
///         /// How many openings since the last report.
///         OPENINGS: Bucket { number: 2, severity: Severity::Info, mandatory: false },
///     }
/// }
/// let event = OPENINGS.with(Bucket::of(100));
/// assert_eq!((event.kind, event.detail), (EventKind::Application, 0x0207));
/// assert_eq!(EVENTS.len(), 2);
/// ```
///
/// Two events with the same number do not compile, nor does a field that could carry text or an identifier, nor the value of
/// another field:
///
/// ```compile_fail,E0080
/// # use gabion_hal::Severity;
/// gabion_log::application_events! { pub const EVENTS: {
///     A: () { number: 1, severity: Severity::Info, mandatory: false },
///     B: () { number: 1, severity: Severity::Info, mandatory: false },
/// } }
/// ```
///
/// ```compile_fail,E0277
/// # use gabion_hal::Severity;
/// gabion_log::application_events! { pub const EVENTS: {
///     OPENED_BY: &'static str { number: 1, severity: Severity::Info, mandatory: false },
/// } }
/// ```
///
/// ```compile_fail,E0277
/// # use gabion_hal::Severity;
/// gabion_log::application_events! { pub const EVENTS: {
///     SERIAL: u64 { number: 1, severity: Severity::Info, mandatory: false },
/// } }
/// ```
///
/// ```compile_fail,E0308
/// # use gabion_hal::Severity;
/// gabion_log::application_events! { pub const EVENTS: {
///     STUCK: bool { number: 1, severity: Severity::Info, mandatory: false },
/// } }
/// let event = STUCK.with("alice");
/// ```
#[macro_export]
macro_rules! application_events {
    (
        $(#[$list_doc:meta])* $list_vis:vis const $list:ident: {
            $(
                $(#[$doc:meta])* $name:ident: $field:ty {
                    number: $number:expr, severity: $severity:expr, mandatory: $mandatory:expr $(,)?
                }
            ),+ $(,)?
        }
    ) => {
        $(
            $(#[$doc])*
            $list_vis const $name: $crate::AppEvent<$field> =
                $crate::AppEvent::<$field>::new($crate::Registered {
                    number: $number,
                    severity: $severity,
                    mandatory: $mandatory,
                    name: stringify!($name),
                });
        )+
        $(#[$list_doc])*
        $list_vis const $list: &[$crate::Registered] = &[$($name.registered()),+];
        const _: () = $crate::assert_distinct($list);
    };
}
