//! Names that say nothing and do not last (EN 303 645 6-8).

use gabion_codec::{Reader, Writer};
use gabion_crypto::{HmacSha256, Secret};
use gabion_hal::Entropy;
use gabion_storage::{Storage, StorageError};
use zeroize::Zeroize;

use crate::format::PSEUDONYM;
use crate::parameters::PSEUDONYM_KEY;
use crate::{PrivacyError, Purpose};

/// A name for somebody, for one purpose and one epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pseudonym(pub [u8; 16]);

/// Makes pseudonyms under a key that is replaced by a one-way function of itself in every epoch: within an epoch the same
/// person has the same name for a purpose; names of two purposes or two epochs cannot be connected, not even by somebody who
/// later takes the device apart. A factory reset, or the household's deletion, destroys the key.
pub struct Pseudonyms {
    key: Secret<[u8; 32]>,
    epoch: u32,
}

impl Pseudonyms {
    /// Reads the key, or makes the first one.
    ///
    /// # Errors
    ///
    /// [`StorageError::Hardware`] when the random source fails; else as the store says. A damaged key is replaced.
    pub async fn open<S: Storage>(
        storage: &mut S,
        entropy: &mut impl Entropy,
    ) -> Result<Self, PrivacyError<S::FlashError>> {
        let mut bytes = Secret::<[u8; PSEUDONYM]>::zeroed();
        match storage.read(PSEUDONYM_KEY.0, bytes.expose_mut()).await {
            Ok(Some(len)) => {
                parse(bytes.expose().get(..len).unwrap_or_default()).ok_or(PrivacyError::Unreadable)
            }
            Ok(None) | Err(StorageError::Damaged) => {
                let mut fresh = Self { key: Secret::zeroed(), epoch: 1 };
                let drawn = entropy.try_fill_bytes(fresh.key.expose_mut());
                drawn.map_err(|_| PrivacyError::Storage(StorageError::Hardware))?;
                fresh.save(storage).await?;
                Ok(fresh)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the number of the epoch, from 1.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Returns the name of somebody for a purpose. `who` is any identifier; it does not leave this function.
    #[must_use]
    pub fn of(&self, hmac: &impl HmacSha256, purpose: &Purpose, who: &[u8]) -> Pseudonym {
        let tag = hmac.hmac_sha256(
            self.key.expose(),
            &[b"gabion/1 pseudonym", &[purpose.number], &self.epoch.to_le_bytes(), who],
        );
        Pseudonym(tag.first_chunk().copied().unwrap_or_default())
    }

    /// Begins the next epoch: the old key is gone, and with it the way back.
    ///
    /// # Errors
    ///
    /// As the store says; the epoch is then the old one.
    ///
    /// # Power loss
    ///
    /// The old epoch or the next.
    pub async fn rotate<S: Storage>(
        &mut self,
        storage: &mut S,
        hmac: &impl HmacSha256,
    ) -> Result<(), PrivacyError<S::FlashError>> {
        let mut tag = hmac.hmac_sha256(self.key.expose(), &[b"gabion/1 pseudonym, next epoch"]);
        let next = Self { key: Secret::new(tag), epoch: self.epoch.saturating_add(1) };
        tag.zeroize();
        next.save(storage).await?;
        *self = next;
        Ok(())
    }

    async fn save<S: Storage>(&self, storage: &mut S) -> Result<(), PrivacyError<S::FlashError>> {
        let mut bytes = Secret::<[u8; PSEUDONYM]>::zeroed();
        let mut writer = Writer::new(bytes.expose_mut());
        let _fits = (|| {
            writer.bytes(&[1, 0, 0, 0])?;
            writer.u32_le(self.epoch)?;
            writer.bytes(self.key.expose())
        })();
        // Removed first: a superseded value stays on flash until its page goes, a removed one does not.
        storage.remove(&PSEUDONYM_KEY).await?;
        storage.put(&PSEUDONYM_KEY, bytes.expose()).await?;
        Ok(())
    }
}

impl core::fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Pseudonyms(epoch {})", self.epoch)
    }
}

fn parse(bytes: &[u8]) -> Option<Pseudonyms> {
    let mut reader = Reader::new(bytes);
    reader.expect(&[1, 0, 0, 0]).ok()?;
    let epoch = reader.u32_le().ok()?;
    let key = Secret::new(reader.array().ok()?);
    reader.finish().ok()?;
    Some(Pseudonyms { key, epoch })
}
