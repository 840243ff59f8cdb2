//! Seals records and opens them, in one buffer.

use gabion_crypto::{Aead, AeadKey, HmacSha256};
use gabion_flash::SafeFlash;
use gabion_hal::MonotonicCounter;
use zeroize::Zeroize;

use crate::chain::PageName;
use crate::format::{Item, Kind, OVERHEAD, Record, VALUE};
use crate::nonce::{Aad, aad, nonce};
use crate::store::Failure;
use crate::vault::Vault;
use crate::{StorageError, Store};

/// Where the nonce part stands in a record, and the page's salt while the nonce is made.
const SALT: usize = 4;

/// The data keys and what uses them.
pub(crate) struct Keys<P: Aead> {
    pub(crate) provider: P,
    pub(crate) vault: Vault,
    /// The expanded key that was used last: of which vault, which class, and whether it is being replaced.
    cache: Option<((u32, u8, bool), P::Key)>,
}

impl<P: Aead> Keys<P> {
    pub(crate) const fn new(provider: P, vault: Vault) -> Self {
        Self { provider, vault, cache: None }
    }

    /// Returns the expanded key of a class for records of a page.
    fn get(&mut self, class: u8, page: u32) -> Option<&P::Key> {
        let vault = &self.vault;
        let old = vault.old.as_ref().is_some_and(|old| old.class == class && page < old.before);
        let name = (vault.seq, class, old);
        if self.cache.as_ref().is_none_or(|(cached, _)| *cached != name) {
            let key = self.provider.aead_key(vault.key(class, page)?);
            self.cache = Some((name, key));
        }
        self.cache.as_ref().map(|(_, key)| key)
    }

    pub(crate) fn algorithm(&self) -> u8 {
        self.provider.aead_algorithm().id()
    }
}

impl<F, P, C, const KEYS: usize, const RECORD: usize> Store<F, P, C, KEYS, RECORD>
where
    F: SafeFlash,
    P: Aead + HmacSha256,
    C: MonotonicCounter,
{
    /// Wipes the buffer.
    pub(crate) fn wipe(&mut self) {
        self.buffer.expose_mut().zeroize();
    }

    /// Seals the value that stands in the buffer, for a place.
    pub(crate) fn seal(
        &mut self,
        page: &PageName,
        offset: u32,
        record: Record,
    ) -> Result<(), Failure<F>> {
        let item = Item::Record(record).emit();
        let aad = aad(page, self.keys.algorithm(), item);
        let tag_at = VALUE.saturating_add(usize::from(record.len));
        // One pass over one row: the salt stands before the value, where the nonce part will be, and the item behind it.
        let buffer = self.buffer.expose_mut();
        let item_end = tag_at.saturating_add(item.len());
        let row = buffer.get_mut(SALT..item_end).ok_or(StorageError::TooLong)?;
        row.iter_mut().zip(page.salt).for_each(|(to, from)| *to = from);
        row.iter_mut().rev().zip(item.iter().rev()).for_each(|(to, from)| *to = *from);
        let part = self.nonce.part(row);
        let nonce = nonce(Self::SHAPE, page, offset, part);
        let key = self.keys.get(record.class(), page.seq).ok_or(StorageError::ClassDestroyed)?;
        if seal_in(key, &nonce, &aad, self.buffer.expose_mut(), record.kind, tag_at).is_none() {
            self.wipe();
            return Err(StorageError::TooLong);
        }
        let buffer = self.buffer.expose_mut();
        let (head, rest) = buffer.split_first_chunk_mut::<SALT>().ok_or(StorageError::TooLong)?;
        *head = item;
        *rest.first_chunk_mut().ok_or(StorageError::TooLong)? = part;
        let end = OVERHEAD.saturating_add(usize::from(record.len));
        let padded = Self::SHAPE.body(record.len) as usize;
        if let Some(padding) = buffer.get_mut(end..padded) {
            padding.fill(0xff);
        }
        Ok(())
    }

    /// Reads a record and leaves its value in the buffer; false, and no value, unless it is authentic.
    pub(crate) async fn unseal(
        &mut self,
        page: &PageName,
        base: u32,
        offset: u32,
        record: Record,
    ) -> Result<bool, Failure<F>> {
        let len = Self::SHAPE.body(record.len) as usize;
        let Some(bytes) = self.buffer.expose_mut().get_mut(..len) else { return Ok(false) };
        self.flash.read(base.saturating_add(offset), bytes).await.map_err(StorageError::Flash)?;
        let aad = aad(page, self.keys.algorithm(), Item::Record(record).emit());
        let part = self.buffer.expose().get(4..VALUE).and_then(|part| part.first_chunk()).copied();
        let nonce = nonce(Self::SHAPE, page, offset, part.unwrap_or_default());
        let tag_at = VALUE.saturating_add(usize::from(record.len));
        let opened = self.keys.get(record.class(), page.seq).and_then(|key| {
            unseal_in(key, &nonce, &aad, self.buffer.expose_mut(), record.kind, tag_at)
        });
        if opened.is_none() {
            self.wipe();
        }
        Ok(opened.is_some())
    }
}

/// Seals `buffer[VALUE..tag_at]` and puts the tag behind it.
fn seal_in(
    key: &impl AeadKey,
    nonce: &[u8; 12],
    aad: &Aad,
    buffer: &mut [u8],
    kind: Kind,
    tag_at: usize,
) -> Option<()> {
    let tag_end = tag_at.checked_add(16)?;
    let tag = if kind == Kind::Public {
        // Value and associated data in one row: the tag is put over the latter.
        *buffer.get_mut(tag_at..tag_end)?.first_chunk_mut()? = *aad;
        key.seal(nonce, buffer.get(VALUE..tag_end)?, &mut [])
    } else {
        key.seal(nonce, aad, buffer.get_mut(VALUE..tag_at)?)
    };
    // By reference: taken out of the result it would go byte by byte.
    let Ok(tag) = &tag else { return None };
    buffer.get_mut(tag_at..tag_end)?.first_chunk_mut().map(|to| *to = *tag)
}

/// Checks the tag behind `buffer[VALUE..tag_at]` and opens what is before it.
fn unseal_in(
    key: &impl AeadKey,
    nonce: &[u8; 12],
    aad: &Aad,
    buffer: &mut [u8],
    kind: Kind,
    tag_at: usize,
) -> Option<()> {
    let tag_end = tag_at.checked_add(16)?;
    let tag: [u8; 16] = *buffer.get(tag_at..tag_end)?.first_chunk()?;
    if kind == Kind::Public {
        buffer.get_mut(tag_at..tag_end)?.copy_from_slice(aad);
        key.unseal(nonce, buffer.get(VALUE..tag_end)?, &mut [], &tag).ok()
    } else {
        key.unseal(nonce, aad, buffer.get_mut(VALUE..tag_at)?, &tag).ok()
    }
}
