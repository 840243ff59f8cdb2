//! The inventory: every item of personal data that the device can hold, as a `const`.

use gabion_profile::{Class, Origin, ParamId, Parameter, Protection, check_parameters};

use crate::format::STAMP;
use crate::item::Item;
use crate::{Purpose, Recipient, Sensor, Subject};

/// Most purposes of a device.
pub const MAX_PURPOSES: usize = 12;

/// Everything that the device can know of people. What is not in it cannot be stored.
///
/// [`personal_data!`](crate::personal_data) makes it together with the keys.
#[derive(Debug, Clone, Copy)]
pub struct Inventory {
    items: &'static [Item],
    sensors: &'static [&'static Sensor],
    parameters: &'static [Parameter],
}

impl Inventory {
    /// Puts an inventory together. `parameters` are those of the items.
    ///
    /// # Panics
    ///
    /// At compile time: two items share a number; two purposes or recipients share a number and differ; an item's sensor is
    /// not in the list of sensors.
    #[must_use]
    pub const fn new(
        items: &'static [Item],
        sensors: &'static [&'static Sensor],
        parameters: &'static [Parameter],
    ) -> Self {
        let _ = check_parameters(&[parameters]);
        let mut rest = items;
        while let [item, others @ ..] = rest {
            let mut later = others;
            while let [other, more @ ..] = later {
                let (a, b) = (item.purpose, other.purpose);
                assert!(
                    a.number != b.number || (a.version == b.version && same(a.name, b.name)),
                    "two purposes share a number"
                );
                check_recipients(item.recipients, other.recipients);
                later = more;
            }
            check_recipients(item.recipients, item.recipients);
            if let Some(sensor) = item.sensor {
                let (mut list, mut known) = (sensors, false);
                while let [one, more @ ..] = list {
                    known |= same(one.name, sensor.name);
                    list = more;
                }
                assert!(known, "the sensor of an item is not in the list of sensors");
            }
            rest = others;
        }
        Self { items, sensors, parameters }
    }

    /// Returns the items.
    #[must_use]
    pub const fn items(&self) -> &'static [Item] {
        self.items
    }

    /// Returns the sensors, those without an item too.
    #[must_use]
    pub const fn sensors(&self) -> &'static [&'static Sensor] {
        self.sensors
    }

    /// Returns the parameters, for the registry of the store.
    #[must_use]
    pub const fn parameters(&self) -> &'static [Parameter] {
        self.parameters
    }

    /// Checks the whole registry of the store and returns it: whatever stands in a class of persons is of this inventory. The
    /// store takes no other parameter, so a key from `gabion_profile::parameters!` is no way round it.
    ///
    /// # Panics
    ///
    /// At compile time: a parameter of a personal class is not in the inventory (numbers from `0xf00` up are gabion's own), or
    /// two parameters share a number.
    ///
    /// # Examples
    ///
    /// ```
    /// # use gabion_privacy::*;
    /// const EMPTY: Inventory = Inventory::new(&[], &[], &[]);
    /// const REGISTRY: &[&[gabion_profile::Parameter]] = EMPTY.only_door(&[EMPTY.parameters(), PARAMETERS]);
    /// # let _ = REGISTRY;
    /// ```
    ///
    /// Personal data that nobody declared:
    ///
    /// ```compile_fail,E0080
    /// # use gabion_privacy::*;
    /// # use gabion_profile::{Class, Origin, Parameter, parameters};
    /// # const EMPTY: Inventory = Inventory::new(&[], &[], &[]);
    /// parameters! {
    ///     /// Round the back.
    ///     const HIDDEN: {
    ///         /// A diary.
    ///         DIARY: Critical { class: Class::PersonalData, number: 1, max_len: 9, origin: Origin::User, purpose: "none" };
    ///     }
    /// }
    /// const REGISTRY: &[&[Parameter]] = EMPTY.only_door(&[HIDDEN, PARAMETERS]);
    /// # let _ = (REGISTRY, DIARY);
    /// ```
    #[must_use]
    pub const fn only_door<'l>(&self, lists: &'l [&'l [Parameter]]) -> &'l [&'l [Parameter]] {
        let _ = check_parameters(lists);
        let mut rest = lists;
        while let [list, others @ ..] = rest {
            let mut parameters = *list;
            while let [parameter, more @ ..] = parameters {
                let personal = matches!(
                    parameter.class,
                    Class::PersonalData | Class::User0 | Class::User1 | Class::User2 | Class::User3
                );
                if personal && parameter.id.number() < 0xf00 {
                    let (mut mine, mut known) = (self.parameters, false);
                    while let [one, left @ ..] = mine {
                        known |= one.id.raw() == parameter.id.raw();
                        mine = left;
                    }
                    assert!(known, "personal data is registered in the inventory");
                }
                parameters = more;
            }
            rest = others;
        }
        lists
    }

    /// Returns the bytes of the buffer that [`Privacy`](crate::Privacy) needs for this inventory.
    #[must_use]
    pub const fn buffer(&self) -> usize {
        let (mut longest, mut rest) = (0, self.items);
        while let [item, others @ ..] = rest {
            if item.max_len > longest {
                longest = item.max_len;
            }
            rest = others;
        }
        (longest as usize).saturating_add(STAMP)
    }

    /// Returns the purposes, each once, in the order of their numbers.
    pub fn purposes(&self) -> impl Iterator<Item = &'static Purpose> + use<> {
        let items = self.items;
        (0..MAX_PURPOSES).filter_map(move |number| {
            items.iter().map(|item| item.purpose).find(|one| usize::from(one.number) == number)
        })
    }

    /// Returns the recipients, each once, in the order of their numbers.
    pub fn recipients(&self) -> impl Iterator<Item = &'static Recipient> + use<> {
        let items = self.items;
        (0..4_u8).filter_map(move |number| {
            let all = items.iter().flat_map(|item| item.recipients.iter().copied());
            all.into_iter().find(|one| one.number == number)
        })
    }

    /// Returns the subjects of whom the device can hold something.
    pub fn subjects(&self) -> impl Iterator<Item = Subject> + use<> {
        let parameters = self.parameters;
        Subject::ALL
            .into_iter()
            .filter(move |subject| parameters.iter().any(|p| p.class == subject.class()))
    }

    /// Whether this purpose, in this version, is one of the inventory's.
    pub(crate) fn knows(&self, purpose: &Purpose) -> bool {
        self.items.iter().any(|item| *item.purpose == *purpose)
    }
}

const fn check_recipients(left: &[&Recipient], right: &[&Recipient]) {
    let mut rest = left;
    while let [a, others @ ..] = rest {
        let mut list = right;
        while let [b, more @ ..] = list {
            assert!(
                a.number != b.number || (same(a.name, b.name) && a.deletes == b.deletes),
                "two recipients share a number"
            );
            list = more;
        }
        rest = others;
    }
}

/// Returns how many parameters items have.
#[doc(hidden)]
#[must_use]
pub const fn count(items: &[Item]) -> usize {
    let (mut total, mut rest) = (0_usize, items);
    while let [item, others @ ..] = rest {
        total = total.saturating_add(item.parameters().len());
        rest = others;
    }
    total
}

/// Returns the parameters of items in one row.
#[doc(hidden)]
#[must_use]
#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "runs at compile time"
)]
pub const fn list<const N: usize>(items: &[Item]) -> [Parameter; N] {
    let mut out = [none(); N];
    let (mut at, mut rest) = (0, items);
    while let [item, others @ ..] = rest {
        let mut parameters = item.parameters();
        while let [parameter, more @ ..] = parameters {
            out[at] = *parameter;
            at += 1;
            parameters = more;
        }
        rest = others;
    }
    out
}

/// A parameter that stands for none.
#[doc(hidden)]
#[must_use]
pub const fn none() -> Parameter {
    Parameter {
        id: ParamId::new(Class::PersonalData, 0),
        class: Class::PersonalData,
        protection: Protection::Critical,
        max_len: 1,
        origin: Origin::User,
        name: "",
        purpose: "",
    }
}

/// Whether two names are the same, at compile time.
const fn same(left: &str, right: &str) -> bool {
    let (mut left, mut right) = (left.as_bytes(), right.as_bytes());
    while let ([a, after @ ..], [b, behind @ ..]) = (left, right) {
        if *a != *b {
            return false;
        }
        (left, right) = (after, behind);
    }
    left.is_empty() && right.is_empty()
}
