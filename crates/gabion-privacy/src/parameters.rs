//! What this crate stores beside the items: numbers `0xf60` to `0xf7f`.

use gabion_profile::{Class, Origin, ParamId, Parameter, Protection};

use crate::Subject;
use crate::format::{ACKS, INTENT, LEDGER, POWERED as POWERED_LEN, PSEUDONYM, QUEUE};
use crate::key::Slot;
use crate::receipt::DELETION_RECEIPT_LEN;

const fn own(
    class: Class,
    number: u16,
    protection: Protection,
    len: usize,
    name: &'static str,
    purpose: &'static str,
) -> Parameter {
    let max_len = len as u16;
    let id = ParamId::new(class, number);
    Parameter { id, class, protection, max_len, origin: Origin::Firmware, name, purpose }
}

const fn consent(subject: Subject) -> Parameter {
    let purpose = "record of what a person agreed to and withdrew";
    own(subject.class(), 0xf60, Protection::Critical, LEDGER, "CONSENT", purpose)
}

/// What the crate stores for everyone. Add it to the registry of the store, beside the inventory's parameters.
pub const PARAMETERS: &[Parameter] = &[
    own(
        Class::Configuration,
        0xf60,
        Protection::Critical,
        POWERED_LEN,
        "POWERED",
        "how long the device has been on, for ages of data when no clock can be trusted",
    ),
    own(
        Class::Configuration,
        0xf61,
        Protection::Critical,
        INTENT,
        "DELETION_INTENT",
        "a person's deletion that is under way, so that a power cut cannot stop it",
    ),
    own(
        Class::Configuration,
        0xf62,
        Protection::Public,
        DELETION_RECEIPT_LEN,
        "DELETION_RECEIPT",
        "signed proof of the newest deletion; no personal data",
    ),
    own(
        Class::Factory,
        0xf63,
        Protection::Critical,
        QUEUE,
        "DELETION_REQUESTS",
        "requests to services to delete what they have; numbers only, survives a factory reset so that they get out",
    ),
    own(
        Class::Configuration,
        0xf64,
        Protection::Critical,
        ACKS,
        "DELETION_ACKNOWLEDGED",
        "what services said when they had deleted",
    ),
    consent(Subject::Household),
    own(
        Class::PersonalData,
        0xf61,
        Protection::Critical,
        PSEUDONYM,
        "PSEUDONYM_KEY",
        "makes pseudonyms; replaced in every epoch",
    ),
];

const USERS: [Parameter; 4] = [
    consent(Subject::User0),
    consent(Subject::User1),
    consent(Subject::User2),
    consent(Subject::User3),
];

/// What the crate stores for the first one, two, three or four accounts: `USER_PARAMETERS[n - 1]` for a device with `n`.
pub const USER_PARAMETERS: [&[Parameter]; 4] =
    [USERS.split_at(1).0, USERS.split_at(2).0, USERS.split_at(3).0, &USERS];

macro_rules! slots {
    ($($name:ident: $at:literal;)*) => {
        $(pub(crate) const $name: Slot = match PARAMETERS.split_at($at).1.first() {
            Some(parameter) => Slot(parameter),
            None => panic!("no such parameter"),
        };)*
    };
}
slots! {
    POWERED: 0;
    DELETION_INTENT: 1;
    DELETION_RECEIPT: 2;
    REQUESTS: 3;
    ACKNOWLEDGEMENTS: 4;
    PSEUDONYM_KEY: 6;
}

/// Returns where a subject's answers stand.
pub(crate) const fn ledger(subject: Subject) -> Slot {
    const HOUSEHOLD: &Parameter = &consent(Subject::Household);
    const ZERO: &Parameter = &consent(Subject::User0);
    const ONE: &Parameter = &consent(Subject::User1);
    const TWO: &Parameter = &consent(Subject::User2);
    const THREE: &Parameter = &consent(Subject::User3);
    Slot(match subject {
        Subject::Household => HOUSEHOLD,
        Subject::User0 => ZERO,
        Subject::User1 => ONE,
        Subject::User2 => TWO,
        Subject::User3 => THREE,
    })
}
