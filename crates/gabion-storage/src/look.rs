//! Looks at flash that may have been cut: once is not enough.

use gabion_crypto::{Aead, HmacSha256};
use gabion_flash::SafeFlash;
use gabion_hal::MonotonicCounter;

use crate::format::MAX_WORD;
use crate::store::Failure;
use crate::{StorageError, Store};

/// How often flash must read the same before it is trusted or written.
const LOOKS: usize = 48;

impl<F, P, C, const KEYS: usize, const RECORD: usize> Store<F, P, C, KEYS, RECORD>
where
    F: SafeFlash,
    P: Aead + HmacSha256,
    C: MonotonicCounter,
{
    /// Whether a range reads the same again and again.
    pub(crate) async fn is_steady(&mut self, at: u32, len: u32) -> Result<bool, Failure<F>> {
        let end = at.saturating_add(len);
        for from in (at..end).step_by(MAX_WORD) {
            let left = (end.saturating_sub(from) as usize).min(MAX_WORD);
            let mut first = [0; MAX_WORD];
            for look in 0..LOOKS {
                let mut bytes = [0; MAX_WORD];
                let range = bytes.get_mut(..left).unwrap_or_default();
                self.flash.read(from, range).await.map_err(StorageError::Flash)?;
                if look == 0 {
                    first = bytes;
                } else if first != bytes {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Whether a range reads as blank again and again.
    pub(crate) async fn is_surely_blank(&mut self, at: u32, len: u32) -> Result<bool, Failure<F>> {
        for _ in 0..LOOKS {
            if !self.is_blank(at, len).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(crate) async fn is_blank(&mut self, at: u32, len: u32) -> Result<bool, Failure<F>> {
        let end = at.saturating_add(len);
        for from in (at..end).step_by(MAX_WORD) {
            let mut bytes = [0; MAX_WORD];
            let left = end.saturating_sub(from) as usize;
            let bytes = bytes.get_mut(..left.min(MAX_WORD)).unwrap_or_default();
            self.flash.read(from, bytes).await.map_err(StorageError::Flash)?;
            if bytes.iter().any(|byte| *byte != 0xff) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(crate) async fn page_is_blank(&mut self, seq: u32, from: u32) -> Result<bool, Failure<F>> {
        let base = self.page_at(seq);
        self.is_blank(base.saturating_add(from), Self::SHAPE.page.saturating_sub(from)).await
    }

    /// Returns the bytes of the words of a page that are not blank, from an offset on.
    pub(crate) async fn programmed(&mut self, seq: u32, from: u32) -> Result<u32, Failure<F>> {
        let (base, word) = (self.page_at(seq), Self::SHAPE.word);
        let (mut found, mut at) = (0_u32, from);
        while at < Self::SHAPE.page {
            if !self.is_blank(base.saturating_add(at), word).await? {
                found = found.saturating_add(word);
            }
            at = at.saturating_add(word.max(1));
        }
        Ok(found)
    }
}
