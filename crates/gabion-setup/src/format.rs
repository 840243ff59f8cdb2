//! What is stored: `docs/spec/setup.md` sections 1 and 2.

use gabion_crypto::Secret;
use gabion_provision::{Model, Serial};

use crate::{Choices, Updates, Wifi};

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

pub(crate) const WINDOW_LEN: usize = 2;

/// `version ‖ attempts that are left`.
pub(crate) const fn emit_window(left: u8) -> [u8; WINDOW_LEN] {
    [VERSION, left]
}

/// The attempts that are left; none for anything that [`emit_window`] does not make.
pub(crate) const fn parse_window(bytes: &[u8]) -> u8 {
    match *bytes {
        [VERSION, left] if left <= crate::WINDOW_ATTEMPTS => left,
        _ => 0,
    }
}

pub(crate) const WIFI_LEN: usize = 98;

/// `version ‖ length ‖ name, 32, zero padded ‖ length ‖ passphrase, 63, zero padded`.
pub(crate) fn emit_wifi(wifi: &Wifi) -> Secret<[u8; WIFI_LEN]> {
    let mut out = Secret::<[u8; WIFI_LEN]>::zeroed();
    let (name, passphrase) = (wifi.name_padded(), wifi.passphrase_padded());
    let bytes = [VERSION, wifi.name_len()].into_iter().chain(*name);
    let bytes = bytes.chain([wifi.passphrase_len()]).chain(*passphrase);
    for (place, byte) in out.expose_mut().iter_mut().zip(bytes) {
        *place = byte;
    }
    out
}

/// Takes back exactly what [`emit_wifi`] makes.
pub(crate) fn parse_wifi(bytes: &[u8]) -> Option<Wifi> {
    let [VERSION, name_len, rest @ ..] = bytes else { return None };
    let (name, rest) = rest.split_first_chunk::<32>()?;
    let (passphrase_len, passphrase) = rest.split_first()?;
    let passphrase: &[u8; 63] = passphrase.try_into().ok()?;
    let wifi = Wifi::new(
        name.get(..usize::from(*name_len))?,
        passphrase.get(..usize::from(*passphrase_len))?,
    )?;
    (emit_wifi(&wifi).expose() == bytes).then_some(wifi)
}

/// What a device is called in the transcript of set-up: `model:serial`.
pub(crate) struct DeviceName {
    bytes: [u8; 37],
    len: usize,
}

impl DeviceName {
    pub(crate) fn new(model: &Model, serial: &Serial) -> Self {
        let mut name = Self { bytes: [0; 37], len: 0 };
        let bytes = model.as_bytes().iter().chain(b":").chain(serial.as_bytes());
        for (place, byte) in name.bytes.iter_mut().zip(bytes) {
            *place = *byte;
            name.len = name.len.saturating_add(1);
        }
        name
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}
