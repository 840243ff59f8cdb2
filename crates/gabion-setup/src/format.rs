//! The owner's choices on flash: `docs/spec/setup.md`.

use crate::{Choices, Updates};

pub(crate) const CHOICES_LEN: usize = 3;
const VERSION: u8 = 1;

/// `version ‖ updates: 1 automatic, 2 ask ‖ fault reports: 1 off, 2 on`. Zero and 0xff, which blank memory holds, mean
/// nothing in any place.
pub(crate) const fn emit(choices: Choices) -> [u8; CHOICES_LEN] {
    let updates = match choices.updates {
        Updates::Automatic => 1,
        Updates::Ask => 2,
    };
    [VERSION, updates, if choices.fault_reports { 2 } else { 1 }]
}

pub(crate) const fn parse(bytes: &[u8]) -> Option<Choices> {
    let [VERSION, updates, fault_reports] = *bytes else { return None };
    let updates = match updates {
        1 => Updates::Automatic,
        2 => Updates::Ask,
        _ => return None,
    };
    let fault_reports = match fault_reports {
        1 => false,
        2 => true,
        _ => return None,
    };
    Some(Choices { updates, fault_reports })
}
