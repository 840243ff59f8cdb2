//! What an inventory is made of.

use gabion_link::ChannelPolicy;
use gabion_profile::{Origin, ParamId, Parameter, Protection};

use crate::format::STAMP;
use crate::inventory::MAX_PURPOSES;
use crate::{Subject, Words};

/// What kind of data it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Category {
    /// Names, faces, identifiers of a person.
    Identity,
    /// Ways to reach a person.
    Contact,
    /// Where somebody is or was.
    Location,
    /// Whether somebody is there.
    Presence,
    /// How and when the device is used.
    Usage,
    /// What people set, want or like.
    Preferences,
    /// Body and health.
    Health,
    /// Sound.
    Audio,
    /// Pictures.
    Image,
    /// What sensors measure in a home.
    Environment,
    /// Neighbouring devices and networks.
    Network,
    /// Payments and contracts.
    Finance,
}

/// Whether losing it to a stranger can seriously harm a person (EN 303 645 3.1, sensitive personal data).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sensitivity {
    /// Personal, no more.
    Ordinary,
    /// Health, location traces, recordings, and the like.
    Sensitive,
}

/// Why the law allows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Basis {
    /// The person says yes; until then nothing is stored, and saying no deletes it.
    Consent,
    /// The device cannot do what the person bought it for without it; why.
    Contract(Words),
    /// A law demands it; which one.
    Law(Words),
    /// A legitimate interest that outweighs; which one.
    Interest(Words),
}

/// What data is for. One purpose, one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purpose {
    /// Its number on flash, 0 to 11; never used for another purpose.
    pub number: u8,
    /// Raise it whenever the meaning of the words changes: an answer to an older version does not count any more.
    pub version: u16,
    /// Its name, as in the source.
    pub name: &'static str,
    /// What it is for, as it is told to people.
    pub words: Words,
    /// Why the law allows it.
    pub basis: Basis,
}

impl Purpose {
    /// Describes a purpose.
    ///
    /// # Panics
    ///
    /// At compile time, without a name, with a number above 11, or with version 0.
    #[must_use]
    pub const fn new(
        number: u8,
        version: u16,
        name: &'static str,
        words: Words,
        basis: Basis,
    ) -> Self {
        assert!((number as usize) < MAX_PURPOSES, "purposes have numbers from 0 to 11");
        assert!(version > 0, "versions count from 1");
        assert!(!name.is_empty(), "a purpose needs a name");
        Self { number, version, name, words, basis }
    }

    pub(crate) const fn asks(&self) -> bool {
        matches!(self.basis, Basis::Consent)
    }

    pub(crate) const fn bit(&self) -> u16 {
        match 1_u16.checked_shl(self.number as u32) {
            Some(bit) => bit,
            None => 0,
        }
    }
}

/// Somebody outside the device who gets data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipient {
    /// Its number on flash, 0 to 3.
    pub number: u8,
    /// Its name, as in the source.
    pub name: &'static str,
    /// Who that is and what they do with it, as it is told to people.
    pub words: Words,
    /// The only channel on which it gets anything.
    pub channel: &'static ChannelPolicy,
    /// Whether it takes requests to delete (EN 303 645 5.11-2).
    pub deletes: bool,
}

impl Recipient {
    /// Describes a recipient.
    ///
    /// # Panics
    ///
    /// At compile time, without a name or with a number above 3.
    #[must_use]
    pub const fn new(
        number: u8,
        name: &'static str,
        words: Words,
        channel: &'static ChannelPolicy,
        deletes: bool,
    ) -> Self {
        assert!(number < 4, "recipients have numbers from 0 to 3");
        assert!(!name.is_empty(), "a recipient needs a name");
        Self { number, name, words, channel, deletes }
    }
}

/// Something that can sense people (EN 303 645 5.8-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sensor {
    /// Its name, as in the source.
    pub name: &'static str,
    /// What it senses.
    pub senses: Words,
    /// How people can tell that it is on, or switch it off.
    pub shown: Words,
}

impl Sensor {
    /// Describes a sensor.
    ///
    /// # Panics
    ///
    /// At compile time, without a name.
    #[must_use]
    pub const fn new(name: &'static str, senses: Words, shown: Words) -> Self {
        assert!(!name.is_empty(), "a sensor needs a name");
        Self { name, senses, shown }
    }
}

/// How long data is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Retention {
    /// So many days after it was last stored.
    Days(u16),
    /// So many hours after it was last stored.
    Hours(u16),
    /// Until the person deletes it, or withdraws; for what has no age, such as a name.
    UntilDeleted,
}

impl Retention {
    pub(crate) const fn seconds(self) -> Option<u32> {
        match self {
            Self::Days(days) => Some((days as u32).saturating_mul(86_400)),
            Self::Hours(hours) => Some((hours as u32).saturating_mul(3_600)),
            Self::UntilDeleted => None,
        }
    }
}

/// How the bytes are to be read in an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// UTF-8 text. What is none is exported as bytes.
    Text,
    /// A number: 1 to 8 bytes, two's complement, least significant first.
    Integer,
    /// Anything else.
    Bytes,
}

/// For whom there is such an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// One for everyone.
    Household,
    /// One for each of the accounts 0 to n - 1.
    Users(u8),
}

/// One item of the inventory. [`personal_data!`](crate::personal_data) makes it, and the key that goes with it.
#[derive(Debug, Clone, Copy)]
pub struct Item {
    /// Its name, as in the source.
    pub name: &'static str,
    /// What it is, as it is told to people.
    pub words: Words,
    /// For whom there is one.
    pub scope: Scope,
    /// What kind of data it is.
    pub category: Category,
    /// How much harm it can do.
    pub sensitivity: Sensitivity,
    /// What it is for.
    pub purpose: &'static Purpose,
    /// How long it is kept.
    pub retention: Retention,
    /// Who gets it. Nobody else does.
    pub recipients: &'static [&'static Recipient],
    /// Where it comes from, if a sensor takes it.
    pub sensor: Option<&'static Sensor>,
    /// How its bytes are to be read.
    pub shape: Shape,
    /// Longest value in bytes.
    pub max_len: u16,
    parameters: [Parameter; 4],
}

/// What [`Item::new`] takes: the fields of an item, and its number on flash.
#[derive(Debug, Clone, Copy)]
pub struct Draft {
    /// Number within its classes, below `0xf00`.
    pub number: u16,
    /// See [`Item::name`].
    pub name: &'static str,
    /// See [`Item::words`].
    pub words: Words,
    /// See [`Item::scope`].
    pub scope: Scope,
    /// See [`Item::category`].
    pub category: Category,
    /// See [`Item::sensitivity`].
    pub sensitivity: Sensitivity,
    /// See [`Item::purpose`].
    pub purpose: &'static Purpose,
    /// See [`Item::retention`].
    pub retention: Retention,
    /// See [`Item::recipients`].
    pub recipients: &'static [&'static Recipient],
    /// See [`Item::sensor`].
    pub sensor: Option<&'static Sensor>,
    /// See [`Item::shape`].
    pub shape: Shape,
    /// See [`Item::max_len`].
    pub max_len: u16,
}

impl Item {
    /// Describes an item.
    ///
    /// # Panics
    ///
    /// At compile time: a number from `0xf00` up, no room for a value or more than 1,024 bytes, no time or users at all.
    #[must_use]
    pub const fn new(draft: Draft) -> Self {
        assert!(draft.number < 0xf00, "numbers from 0xf00 up are gabion's own");
        assert!(draft.max_len > 0 && draft.max_len <= 1024, "a value has 1 to 1,024 bytes");
        assert!(
            !matches!(draft.retention, Retention::Days(0) | Retention::Hours(0)),
            "what is kept no time is not stored"
        );
        assert!(
            !matches!(draft.shape, Shape::Integer) || draft.max_len <= 8,
            "an integer has 1 to 8 bytes"
        );
        let users = match draft.scope {
            Scope::Household => 0,
            Scope::Users(count) => {
                assert!(count >= 1 && count <= 4, "there are 1 to 4 accounts");
                count
            }
        };
        let _ = users;
        let first = match draft.scope {
            Scope::Household => Subject::Household,
            Scope::Users(_) => Subject::User0,
        };
        let parameters = [
            parameter(&draft, first),
            parameter(&draft, Subject::User1),
            parameter(&draft, Subject::User2),
            parameter(&draft, Subject::User3),
        ];
        Self {
            name: draft.name,
            words: draft.words,
            scope: draft.scope,
            category: draft.category,
            sensitivity: draft.sensitivity,
            purpose: draft.purpose,
            retention: draft.retention,
            recipients: draft.recipients,
            sensor: draft.sensor,
            shape: draft.shape,
            max_len: draft.max_len,
            parameters,
        }
    }

    /// Returns the parameters of the store, one per subject.
    #[must_use]
    pub const fn parameters(&self) -> &[Parameter] {
        let (used, _) = match self.scope {
            Scope::Household | Scope::Users(0 | 1) => self.parameters.split_at(1),
            Scope::Users(2) => self.parameters.split_at(2),
            Scope::Users(3) => self.parameters.split_at(3),
            Scope::Users(_) => self.parameters.split_at(4),
        };
        used
    }

    /// Returns the parameter that holds one subject's value.
    #[must_use]
    pub fn parameter(&'static self, subject: Subject) -> Option<&'static Parameter> {
        self.parameters().iter().find(|parameter| parameter.class == subject.class())
    }

    /// Returns the subjects for whom there is one.
    pub fn subjects(&self) -> impl Iterator<Item = Subject> {
        Subject::ALL
            .into_iter()
            .filter(|subject| self.parameters().iter().any(|p| p.class == subject.class()))
    }

    /// Whether a recipient may get it.
    #[must_use]
    pub fn goes_to(&self, recipient: &Recipient) -> bool {
        self.recipients.iter().any(|one| **one == *recipient)
    }
}

const fn parameter(draft: &Draft, subject: Subject) -> Parameter {
    Parameter {
        id: ParamId::new(subject.class(), draft.number),
        class: subject.class(),
        protection: Protection::Critical,
        max_len: draft.max_len.saturating_add(STAMP as u16),
        origin: Origin::User,
        name: draft.name,
        purpose: draft.words.say(crate::Language::English),
    }
}
