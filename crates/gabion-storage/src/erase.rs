//! The crypto-erase of a class, and the rotation of its key.

use gabion_crypto::{Aead, HmacSha256};
use gabion_flash::SafeFlash;
use gabion_hal::MonotonicCounter;
use gabion_profile::Class;

use crate::format::Item;
use crate::store::Failure;
use crate::vault::OldKey;
use crate::{StorageError, Store};

impl<F, P, C, const KEYS: usize, const RECORD: usize> Store<F, P, C, KEYS, RECORD>
where
    F: SafeFlash,
    P: Aead + HmacSha256,
    C: MonotonicCounter,
{
    pub(crate) async fn erase_class_now(&mut self, class: u8) -> Result<(), Failure<F>> {
        self.make_room(0, 1).await?;
        let epoch = self.keys.vault.epoch(class).checked_add(1).ok_or(StorageError::Full)?;
        // From this entry on the class is erased: `open` finishes it.
        self.write_entry(Item::ClassErased(class, epoch)).await?;
        let place = (self.head.walk.name.seq, self.head.walk.at.offset);
        self.commits = self.commits.saturating_add(1);
        self.replace_class_key(class, epoch).await?;
        self.index.retain(Self::SHAPE, |at| at.record.class() != class);
        self.advance_counter()?;
        let bit = 1_u16.checked_shl(class.into()).unwrap_or_default();
        self.scrub_erased(bit, place, F::CAN_ZERO).await
    }

    /// Destroys the key of a class and gives it a new one. Without a random source it has none until the next boot.
    pub(crate) async fn replace_class_key(
        &mut self,
        class: u8,
        epoch: u16,
    ) -> Result<(), Failure<F>> {
        let key = self.new_key(class)?;
        self.keys.vault.replace(class, epoch, key);
        self.store_vault().await
    }

    /// Replaces the key of a class and seals what lives in it anew; values that were superseded or removed are then
    /// unreadable for good.
    ///
    /// # Errors
    ///
    /// [`StorageError::Hardware`] without a random source: nothing has changed. Others as for
    /// [`commit`](crate::Storage::commit).
    ///
    /// # Power loss
    ///
    /// Cut at any point, every value stays readable and the next open finishes it.
    pub async fn rekey(&mut self, class: Class) -> Result<(), Failure<F>> {
        if self.is_poisoned {
            return Err(StorageError::Poisoned);
        }
        let Some(key) = self.new_key(class.number())? else { return Err(StorageError::Hardware) };
        self.is_poisoned = true;
        // The new key begins with a page.
        for _ in 0..self.pages {
            if self.blank_pages() < 2 && self.oldest < self.head.walk.name.seq {
                self.collect_page().await?;
            }
        }
        self.roll().await?;
        let number = class.number();
        let vault = &mut self.keys.vault;
        let old = vault.keys.get_mut(usize::from(number)).and_then(|slot| slot.replace(key));
        let before = self.head.walk.name.seq;
        vault.old = old.map(|key| OldKey { class: number, before, key });
        self.store_vault().await?;
        self.finish_rekey().await?;
        self.is_poisoned = false;
        Ok(())
    }

    /// Seals what is still under the old key anew, then destroys the old key.
    pub(crate) async fn finish_rekey(&mut self) -> Result<(), Failure<F>> {
        let Some(old) = &self.keys.vault.old else { return Ok(()) };
        let (class, before) = (old.class, old.before);
        let is_left = |at: &crate::index::Location| at.record.class() == class && at.page < before;
        loop {
            let Some(at) = self.index.iter().find(|at| at.page > 0 && is_left(at)) else { break };
            self.make_room(Self::SHAPE.body(at.record.len), 1).await?;
            // The collector may have moved it.
            if let Some(at) = self.index.get(at.record.id).filter(is_left) {
                self.copy_record(at).await?;
            }
        }
        self.keys.vault.old = None;
        self.store_vault().await
    }
}
