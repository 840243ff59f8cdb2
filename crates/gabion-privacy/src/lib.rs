#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod aggregate;
mod consent;
mod data;
mod delete;
mod error;
mod export;
mod format;
mod histogram;
mod inventory;
mod item;
mod ixit;
mod json;
mod key;
mod ledger;
mod mechanisms;
mod message;
mod notice;
mod parameters;
mod permit;
mod ports;
mod privacy;
mod profile;
mod pseudonym;
mod receipt;
mod remote;
mod retention;
mod subject;
mod words;

pub use aggregate::{Aggregate, Summary};
pub use consent::{Answer, Standing};
pub use data::{PersonalData, SendError, Value};
pub use error::{ExportError, PrivacyError, Refusal};
pub use export::{Export, JWS_LEN};
pub use histogram::Histogram;
pub use inventory::{Inventory, MAX_PURPOSES};
pub use item::{
    Basis, Category, Draft, Item, Purpose, Recipient, Retention, Scope, Sensitivity, Sensor, Shape,
};
pub use ixit::{ixit_21, ixit_22, ixit_25};
pub use key::PersonalKey;
pub use ledger::{Decision, LedgerView};
pub use mechanisms::MECHANISMS;
pub use message::{Deletion, ask, confirm, confirm_consent, instruct, say_done};
pub use notice::{notice, sensor_list};
pub use parameters::{PARAMETERS, USER_PARAMETERS};
pub use permit::Permit;
pub use ports::Ports;
pub use privacy::Privacy;
pub use profile::{DELETIONS, Registered};
pub use pseudonym::{Pseudonym, Pseudonyms};
pub use receipt::{DELETION_RECEIPT_LEN, DeletionReceipt, ReceiptRefusal};
pub use remote::{Acknowledged, RemoteRequest};
pub use retention::{Doubt, Swept};
pub use subject::Subject;
pub use words::{Language, Words};

#[doc(hidden)]
pub mod __macro {
    pub use crate::inventory::{count, list, none};
    pub use gabion_profile::Parameter;
}
