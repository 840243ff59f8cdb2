//! Security parameters: what may be stored, under which class, and how it is protected (TS 103 701, IXIT 10-SecParam).

/// A storage class: every class has a data key of its own, so that destroying one key erases the class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Class {
    /// Identity and secrets of the device; survive a factory reset when the parameter says so.
    DeviceSecret = 0,
    /// Secrets that users gave.
    UserSecret = 1,
    /// Settings.
    Configuration = 2,
    /// Personal data.
    PersonalData = 3,
    /// The event log's own state.
    Log = 4,
    /// Factory data that survives a reset.
    Factory = 5,
    /// A user of a shared device, with a key of their own.
    User0 = 8,
    /// A user of a shared device, with a key of their own.
    User1 = 9,
    /// A user of a shared device, with a key of their own.
    User2 = 10,
    /// A user of a shared device, with a key of their own.
    User3 = 11,
}

impl Class {
    /// Every class, in the order of their numbers.
    pub const ALL: [Self; 10] = [
        Self::DeviceSecret,
        Self::UserSecret,
        Self::Configuration,
        Self::PersonalData,
        Self::Log,
        Self::Factory,
        Self::User0,
        Self::User1,
        Self::User2,
        Self::User3,
    ];

    /// Returns the number that stands on flash, 0 to 15.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Whether the class key lives through a factory reset.
    #[must_use]
    pub const fn survives_reset(self) -> bool {
        matches!(self, Self::DeviceSecret | Self::Factory)
    }
}

/// The number of a parameter on flash: class in the upper 4 bits, number in the lower 12.
///
/// Numbers from `0xf00` up are gabion's own; applications use `0x000` to `0xeff`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParamId(u16);

impl ParamId {
    /// Puts an id together. `number` is cut to 12 bits; [`check_parameters`] refuses larger ones at compile time.
    #[must_use]
    pub const fn new(class: Class, number: u16) -> Self {
        Self(((class as u16) << 12) | (number & 0x0fff))
    }

    /// Returns the 16 bits that stand on flash.
    #[must_use]
    pub const fn raw(self) -> u16 {
        self.0
    }

    /// Takes 16 bits from flash. They may belong to no registered parameter.
    #[must_use]
    pub const fn from_raw(raw: u16) -> Self {
        Self(raw)
    }

    /// Returns the class number, 0 to 15.
    #[must_use]
    pub const fn class_number(self) -> u8 {
        (self.0 >> 12) as u8
    }

    /// Returns the number within the class.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0 & 0x0fff
    }
}

/// How a parameter is protected at rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protection {
    /// A critical security parameter: confidential and unforgeable (EN 303 645 3.1).
    Critical = 0,
    /// A public security parameter: unforgeable, readable without its key.
    Public = 1,
}

/// Where a parameter's value comes from (EN 303 645 5.4-3, 5.4-4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// Made on this device from its random source.
    GeneratedOnDevice,
    /// Put in by the factory, unique for each device.
    Factory,
    /// Given by a user.
    User,
    /// Sent by an authenticated back end.
    BackEnd,
    /// Kept by the firmware itself: counters, states.
    Firmware,
}

/// One registered parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// Its number on flash.
    pub id: ParamId,
    /// The class whose key seals it.
    pub class: Class,
    /// How it is protected.
    pub protection: Protection,
    /// Longest value in bytes.
    pub max_len: u16,
    /// Where values come from.
    pub origin: Origin,
    /// Its name, as in the source.
    pub name: &'static str,
    /// What it is for, in one phrase, for the conformance statement.
    pub purpose: &'static str,
}

impl Parameter {
    /// Describes a parameter. Use [`parameters!`](crate::parameters), which also makes its key.
    ///
    /// # Panics
    ///
    /// At compile time, for a number above 12 bits, no room for a value, or no purpose.
    #[must_use]
    pub const fn new(
        class: Class,
        number: u16,
        protection: Protection,
        max_len: u16,
        origin: Origin,
        name: &'static str,
        purpose: &'static str,
    ) -> Self {
        assert!(number <= 0x0fff, "a parameter's number has 12 bits");
        assert!(max_len > 0, "a parameter needs room for a value");
        assert!(!purpose.is_empty(), "a parameter needs a purpose");
        Self { id: ParamId::new(class, number), class, protection, max_len, origin, name, purpose }
    }

    pub(crate) const fn emit<const N: usize>(&self, w: &mut crate::format::Writer<N>) {
        w.array(7);
        w.text(self.name);
        w.unsigned(self.class.number() as u64);
        w.unsigned(self.id.number() as u64);
        w.unsigned(self.protection as u64);
        w.unsigned(self.max_len as u64);
        w.unsigned(match self.origin {
            Origin::GeneratedOnDevice => 0,
            Origin::Factory => 1,
            Origin::User => 2,
            Origin::BackEnd => 3,
            Origin::Firmware => 4,
        });
        w.text(self.purpose);
    }
}

/// A key under which something can be stored. Only [`parameters!`](crate::parameters) makes one.
pub trait Key: Copy {
    /// Returns what was registered.
    fn parameter(&self) -> &'static Parameter;
}

/// The key of a critical parameter.
#[derive(Debug, Clone, Copy)]
pub struct CriticalKey(&'static Parameter);

/// The key of a public parameter.
#[derive(Debug, Clone, Copy)]
pub struct PublicKey(&'static Parameter);

macro_rules! key {
    ($name:ident, $protection:ident) => {
        impl $name {
            #[doc(hidden)]
            #[must_use]
            pub const fn __registered(parameter: &'static Parameter) -> Self {
                assert!(matches!(parameter.protection, Protection::$protection));
                Self(parameter)
            }

            /// Returns what was registered.
            #[must_use]
            pub const fn parameter(&self) -> &'static Parameter {
                self.0
            }
        }

        impl Key for $name {
            fn parameter(&self) -> &'static Parameter {
                self.0
            }
        }
    };
}
key!(CriticalKey, Critical);
key!(PublicKey, Public);

/// Refuses a set of parameter lists in which two parameters share a number. For use in `const` items.
///
/// # Panics
///
/// At compile time, when two parameters share a number.
#[must_use]
#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "const loops cannot use iterators"
)]
pub const fn check_parameters(lists: &[&[Parameter]]) -> usize {
    let mut count = 0;
    let mut a = 0;
    while a < lists.len() {
        let mut i = 0;
        while i < lists[a].len() {
            count += 1;
            let id = lists[a][i].id.raw();
            let (mut b, mut j) = (a, i + 1);
            while b < lists.len() {
                while j < lists[b].len() {
                    assert!(lists[b][j].id.raw() != id, "two parameters share a number");
                    j += 1;
                }
                b += 1;
                j = 0;
            }
            i += 1;
        }
        a += 1;
    }
    count
}

/// Registers parameters: a `const` list of them and, for each, the key that makes it usable.
#[macro_export]
macro_rules! parameters {
    (
        $(#[$list_doc:meta])*
        $vis:vis const $list:ident: {
            $(
                $(#[$doc:meta])*
                $name:ident: $protection:ident {
                    class: $class:expr, number: $number:expr, max_len: $max:expr, origin: $origin:expr,
                    purpose: $purpose:expr $(,)?
                };
            )*
        }
    ) => {
        $(#[$list_doc])*
        $vis const $list: &[$crate::Parameter] = &[
            $($crate::Parameter::new(
                $class, $number, $crate::Protection::$protection, $max, $origin, stringify!($name), $purpose,
            ),)*
        ];
        const _: usize = $crate::check_parameters(&[$list]);
        $(
            $(#[$doc])*
            $vis const $name: $crate::parameters!(@key $protection) = {
                const PARAMETER: &$crate::Parameter = &$crate::Parameter::new(
                    $class, $number, $crate::Protection::$protection, $max, $origin, stringify!($name), $purpose,
                );
                <$crate::parameters!(@key $protection)>::__registered(PARAMETER)
            };
        )*
    };
    (@key Critical) => { $crate::CriticalKey };
    (@key Public) => { $crate::PublicKey };
}
