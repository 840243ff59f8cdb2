#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod button;
mod error;
mod format;
mod memory;
mod plan;
mod receipt;
mod region;
mod registry;
mod reset;
mod trigger;

pub use button::{Blink, ButtonTiming, Held, HoldButton};
pub use error::{EraseError, ReceiptError};
pub use memory::{NoVolatile, VolatileMemory};
pub use plan::{Domain, Plan, Region};
pub use receipt::{RECEIPT_LEN, Receipt};
pub use region::{Erasable, EraseCount, FlashRegion, RegionError, Regions};
pub use registry::{ERASE_INTENT, ERASE_RECEIPT, MECHANISMS, PARAMETERS};
pub use reset::{Clean, Context, Ordered, newest_receipt, order, resume};
pub use trigger::{ResetTrigger, TriggerKind};
