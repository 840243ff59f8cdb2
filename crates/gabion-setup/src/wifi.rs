//! The owner's Wi-Fi.

use gabion_crypto::Secret;
use gabion_storage::{Storage, StorageError};

use crate::WIFI;
use crate::format::{WIFI_LEN, parse_wifi};

/// Name and passphrase of a Wi-Fi network. Wiped on drop.
pub struct Wifi {
    name: [u8; 32],
    name_len: u8,
    passphrase: Secret<[u8; 63]>,
    passphrase_len: u8,
}

impl Wifi {
    /// Takes a name of 1 to 32 bytes and a passphrase of 8 to 63 printable ASCII characters, or an empty one for an open
    /// network (IEEE 802.11). `None` for anything else.
    #[must_use]
    pub fn new(name: &[u8], passphrase: &[u8]) -> Option<Self> {
        let printable = passphrase.iter().all(|byte| (b' '..=b'~').contains(byte));
        if name.is_empty() || !printable || (1..8).contains(&passphrase.len()) {
            return None;
        }
        let mut wifi = Self {
            name: [0; 32],
            name_len: u8::try_from(name.len()).ok()?,
            passphrase: Secret::zeroed(),
            passphrase_len: u8::try_from(passphrase.len()).ok()?,
        };
        if name.len() > wifi.name.len() || passphrase.len() > wifi.passphrase.expose().len() {
            return None;
        }
        for (place, byte) in wifi.name.iter_mut().zip(name) {
            *place = *byte;
        }
        for (place, byte) in wifi.passphrase.expose_mut().iter_mut().zip(passphrase) {
            *place = *byte;
        }
        Some(wifi)
    }

    /// Reads what set-up stored; `None` when nobody gave a network.
    ///
    /// # Errors
    ///
    /// [`StorageError`]; a record that is none counts as damaged.
    pub async fn load<S: Storage>(
        storage: &mut S,
    ) -> Result<Option<Self>, StorageError<S::FlashError>> {
        let mut bytes = Secret::<[u8; WIFI_LEN]>::zeroed();
        match storage.get(&WIFI, &mut bytes).await? {
            None => Ok(None),
            Some(len) => {
                let wifi = bytes.expose().get(..len).and_then(parse_wifi);
                wifi.map(Some).ok_or(StorageError::Damaged)
            }
        }
    }

    /// Returns the network's name. Names are bytes: they need not be text.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        self.name.get(..usize::from(self.name_len)).unwrap_or_default()
    }

    /// Lends the passphrase; empty for an open network.
    #[must_use]
    pub fn expose_passphrase(&self) -> &[u8] {
        self.passphrase.expose().get(..usize::from(self.passphrase_len)).unwrap_or_default()
    }

    pub(crate) const fn name_padded(&self) -> &[u8; 32] {
        &self.name
    }

    pub(crate) const fn name_len(&self) -> u8 {
        self.name_len
    }

    pub(crate) const fn passphrase_padded(&self) -> &[u8; 63] {
        self.passphrase.expose()
    }

    pub(crate) const fn passphrase_len(&self) -> u8 {
        self.passphrase_len
    }
}

impl core::fmt::Debug for Wifi {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Wifi(..)")
    }
}
