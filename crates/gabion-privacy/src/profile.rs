//! The inventory as `gabion-profile` registers it, so that it stands in the ELF and in the conformance statement.

use gabion_profile as profile;

use crate::{Basis, Category, Inventory, Item, Language, Recipient, Retention, Sensitivity};

/// Most recipients of one item.
const RECIPIENTS: usize = 4;

/// What stands between an inventory and the registry of `gabion-profile`: the recipients, which need a place of their own.
///
/// # Examples
///
/// ```
/// # use gabion_privacy::*;
/// # const WHY: Purpose = Purpose::new(0, 1, "WHY", Words::new("to greet you", "um Sie zu begrüßen"), Basis::Consent);
/// # personal_data! { const INVENTORY, sensors: [] => {
/// #     NAME: { number: 1, max_len: 32, scope: Scope::Household, words: Words::new("your name", "Ihr Name"),
/// #         category: Category::Identity, sensitivity: Sensitivity::Ordinary, purpose: WHY,
/// #         retention: Retention::Days(30), recipients: [], sensor: None, shape: Shape::Text };
/// # } }
/// use gabion_privacy::Registered;
///
/// const COUNT: usize = INVENTORY.items().len();
/// const REGISTERED: Registered<COUNT> = Registered::new(&INVENTORY);
/// const PERSONAL: [gabion_profile::PersonalData; COUNT] = REGISTERED.personal_data();
/// assert_eq!(PERSONAL[0].name, "NAME");
/// # let _ = NAME;
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Registered<const N: usize> {
    items: &'static [Item],
    recipients: [[profile::Recipient; RECIPIENTS]; N],
}

impl<const N: usize> Registered<N> {
    /// Takes an inventory of `N` items.
    ///
    /// # Panics
    ///
    /// At compile time, when `N` is not its number of items.
    #[must_use]
    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "runs at compile time"
    )]
    pub const fn new(inventory: &Inventory) -> Self {
        let items = inventory.items();
        assert!(items.len() == N, "N is the number of items");
        let mut recipients = [[profile::Recipient::service("", ""); RECIPIENTS]; N];
        let mut at = 0;
        while at < N {
            let mut to = 0;
            while to < items[at].recipients.len() {
                recipients[at][to] = recipient(items[at].recipients[to]);
                to += 1;
            }
            at += 1;
        }
        Self { items, recipients }
    }

    /// Returns what is registered, for [`gabion_profile::Profile`].
    #[must_use]
    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "runs at compile time"
    )]
    pub const fn personal_data(&'static self) -> [profile::PersonalData; N] {
        const NOTHING: profile::PersonalData = profile::PersonalData::new(
            "-",
            profile::Category::Other,
            profile::Sensitivity::Ordinary,
            "-",
            "-",
            "-",
            profile::LegalBasis::Contract,
            profile::Retention::Transient,
        );
        let mut out = [NOTHING; N];
        let mut at = 0;
        while at < N {
            let item = &self.items[at];
            let data = data(item);
            let (used, _) = self.recipients[at].split_at(item.recipients.len());
            out[at] = data.sent_to(used);
            at += 1;
        }
        out
    }
}

impl Inventory {
    /// Returns the sensors, for [`gabion_profile::Profile`].
    ///
    /// # Panics
    ///
    /// At compile time, when `N` is not the number of sensors.
    #[must_use]
    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "runs at compile time"
    )]
    pub const fn profile_sensors<const N: usize>(&self) -> [profile::Sensor; N] {
        let sensors = self.sensors();
        assert!(sensors.len() == N, "N is the number of sensors");
        let mut out = [profile::Sensor::new("-", "-", "-"); N];
        let mut at = 0;
        while at < N {
            let sensor = sensors[at];
            let (senses, shown) = (sensor.senses.say(ENGLISH), sensor.shown.say(ENGLISH));
            out[at] = profile::Sensor::new(sensor.name, senses, shown);
            at += 1;
        }
        out
    }
}

const ENGLISH: Language = Language::English;

const fn recipient(recipient: &Recipient) -> profile::Recipient {
    profile::Recipient::service(recipient.words.say(ENGLISH), recipient.channel.id()).keeps()
}

const fn data(item: &Item) -> profile::PersonalData {
    let data = profile::PersonalData::new(
        item.name,
        category(item.category),
        match item.sensitivity {
            Sensitivity::Ordinary => profile::Sensitivity::Ordinary,
            Sensitivity::Sensitive => profile::Sensitivity::Sensitive,
        },
        item.words.say(ENGLISH),
        item.purpose.words.say(ENGLISH),
        "stored sealed; read and sent only under a permit of gabion-privacy",
        match item.purpose.basis {
            Basis::Consent => profile::LegalBasis::Consent {
                decision: item.purpose.name,
                withdrawn_by: "Privacy::answer(No): use ends at once, the data is deleted",
                recorded_by: "append-only record per person, hash-chained, in the sealed store",
            },
            Basis::Contract(_) => profile::LegalBasis::Contract,
            Basis::Law(which) => profile::LegalBasis::Law(which.say(ENGLISH)),
            Basis::Interest(which) => profile::LegalBasis::Interest(which.say(ENGLISH)),
        },
        match item.retention {
            Retention::Days(days) => profile::Retention::Days(days as u32),
            Retention::Hours(hours) => profile::Retention::Days((hours as u32).div_ceil(24)),
            Retention::UntilDeleted => profile::Retention::UntilRemoved,
        },
    );
    let data = data.kept_in(profile::Store::Parameter(item.name));
    match item.sensor {
        Some(sensor) => data.from_sensor(sensor.name),
        None => data,
    }
}

const fn category(category: Category) -> profile::Category {
    match category {
        Category::Identity | Category::Contact => profile::Category::Identity,
        Category::Location => profile::Category::Location,
        Category::Presence | Category::Usage | Category::Preferences => profile::Category::Usage,
        Category::Health => profile::Category::Health,
        Category::Audio => profile::Category::Audio,
        Category::Image => profile::Category::Video,
        Category::Network => profile::Category::Network,
        Category::Environment | Category::Finance => profile::Category::Other,
    }
}

impl crate::Purpose {
    /// Returns the decision that a person takes about this purpose, for [`gabion_profile::Profile`]: one per purpose that asks.
    #[must_use]
    pub const fn profile_decision(&self) -> profile::Decision {
        profile::Decision::new(
            self.name,
            self.words.say(ENGLISH),
            &["yes", "no"],
            "no",
            "before the first use of data for this purpose, and at any time in the settings",
        )
    }
}

/// The ways to delete of this crate, for [`gabion_profile::Profile`]; the factory reset is `gabion-erase`'s.
pub const DELETIONS: &[profile::Deletion] = &[
    profile::Deletion::new(
        "person",
        profile::Target::Device,
        "everything about one person: the key of their storage class is destroyed",
        "that person, or the owner, logged in: Privacy::delete",
        "signed receipt of the deletion",
    )
    .personal_data(),
    profile::Deletion::new(
        "withdrawal",
        profile::Target::Device,
        "everything that belongs to a purpose, when consent to it is withdrawn",
        "that person, logged in: Privacy::answer",
        "the record of answers",
    )
    .personal_data(),
    profile::Deletion::new(
        "item",
        profile::Target::Device,
        "one thing",
        "that person, logged in: Privacy::forget",
        "it is gone from the export",
    )
    .personal_data(),
];
