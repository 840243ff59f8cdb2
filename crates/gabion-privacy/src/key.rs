//! The key of an item: without one nothing personal is stored.

use gabion_profile::{Key, Parameter};

use crate::Item;

/// The key of an item of the inventory. Only [`personal_data!`](crate::personal_data) makes one.
///
/// It is no key of the store, so that nothing goes round the legal basis:
///
/// ```compile_fail,E0277
/// async fn put(store: &mut impl gabion_storage::Storage, key: gabion_privacy::PersonalKey) {
///     store.put(&key, b"taken without asking").await;
/// }
/// ```
///
/// Nor can it be made up:
///
/// ```compile_fail,E0423
/// # fn forge(item: &'static gabion_privacy::Item) {
/// let forged = gabion_privacy::PersonalKey(item);
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct PersonalKey(&'static Item);

impl PersonalKey {
    #[doc(hidden)]
    #[must_use]
    pub const fn __registered(item: &'static Item) -> Self {
        Self(item)
    }

    /// Returns what was registered.
    #[must_use]
    pub const fn item(&self) -> &'static Item {
        self.0
    }
}

/// The key of the store that belongs to one subject's item.
#[derive(Clone, Copy)]
pub(crate) struct Slot(pub(crate) &'static Parameter);

impl Key for Slot {
    fn parameter(&self) -> &'static Parameter {
        self.0
    }
}

/// Registers personal data: an [`Inventory`](crate::Inventory) and, for each item, the key that makes it usable.
///
/// # Examples
///
/// ```
/// use gabion_privacy::{
///     Basis, Category, Purpose, Retention, Scope, Sensitivity, Sensor, Shape, Words, personal_data,
/// };
///
/// const SLEEP: Purpose = Purpose::new(
///     0, 1, "SLEEP",
///     Words::new("to show you how you slept", "um Ihnen zu zeigen, wie Sie geschlafen haben"),
///     Basis::Consent,
/// );
/// const MICROPHONE: Sensor = Sensor::new(
///     "MICROPHONE",
///     Words::new("sound in the room", "Geräusche im Raum"),
///     Words::new("a red light is on while it listens", "ein rotes Licht leuchtet, solange es zuhört"),
/// );
/// personal_data! {
///     /// What this night light knows of people.
///     pub const INVENTORY, sensors: [MICROPHONE] => {
///         /// Snoring, in minutes.
///         SNORING: {
///             number: 1, max_len: 2, scope: Scope::Users(2),
///             words: Words::new("minutes of snoring", "Minuten Schnarchen"),
///             category: Category::Health, sensitivity: Sensitivity::Sensitive,
///             purpose: SLEEP, retention: Retention::Days(30), recipients: [],
///             sensor: Some(&MICROPHONE), shape: Shape::Integer,
///         };
///     }
/// }
/// assert_eq!(INVENTORY.parameters().len(), 2);
/// assert_eq!(SNORING.item().name, "SNORING");
/// ```
#[macro_export]
macro_rules! personal_data {
    (
        $(#[$list_doc:meta])*
        $vis:vis const $list:ident, sensors: [$($listed:expr),* $(,)?] => {
            $(
                $(#[$doc:meta])*
                $name:ident: {
                    number: $number:expr, max_len: $max:expr, scope: $scope:expr, words: $words:expr,
                    category: $category:expr, sensitivity: $sensitivity:expr, purpose: $purpose:expr,
                    retention: $retention:expr, recipients: [$($recipient:expr),* $(,)?],
                    sensor: $sensor:expr, shape: $shape:expr $(,)?
                };
            )*
        }
    ) => {
        $(#[$list_doc])*
        $vis const $list: $crate::Inventory = {
            const ITEMS: &[$crate::Item] = &[$(*$name.item(),)*];
            const PARAMETERS: [$crate::__macro::Parameter; $crate::__macro::count(ITEMS)] =
                $crate::__macro::list(ITEMS);
            $crate::Inventory::new(ITEMS, &[$(&$listed),*], &PARAMETERS)
        };
        // Checked although nobody uses it.
        const _: $crate::Inventory = $list;
        $(
            $(#[$doc])*
            $vis const $name: $crate::PersonalKey = {
                const ITEM: &$crate::Item = &$crate::Item::new($crate::Draft {
                    number: $number, name: stringify!($name), words: $words, scope: $scope,
                    category: $category, sensitivity: $sensitivity, purpose: &$purpose,
                    retention: $retention, recipients: &[$(&$recipient),*], sensor: $sensor,
                    shape: $shape, max_len: $max,
                });
                $crate::PersonalKey::__registered(ITEM)
            };
        )*
    };
}
