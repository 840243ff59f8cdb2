//! The root key of a chip without a hardware key: 32 random bytes in a page of their own.

use embedded_storage::nor_flash::NorFlash;
use gabion_crypto::{Secret, ct_eq};
use gabion_hal::Entropy;

use crate::format::{BLANK, ROOT_MAGIC, ROOT_PAGE_LEN, root_check};

/// The page that holds the root key.
///
/// # Security
///
/// The key lies readable in flash. It is as secret as the debug port is locked and as the page is hidden: read it once, first
/// thing after a reset, then close the page for this boot (on nRF52 with the ACL), so that code which is taken over later finds
/// it neither there nor, but for the derived keys, in RAM.
#[derive(Debug)]
pub struct RootPage<F> {
    flash: F,
    at: u32,
}

/// Why there is no root key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RootPageError<E, R> {
    /// The flash failed. Try again.
    Flash(E),
    /// The random source failed.
    Entropy(R),
    /// The page holds something that is no root key: it was damaged, or its writing was cut in the factory. Nothing that was
    /// sealed under the old key can be read again.
    Damaged,
    /// There is a key already.
    Exists,
    /// The page is not one of this flash, or its words are not of 4 bytes.
    Geometry,
}

impl<E: core::fmt::Debug, R: core::fmt::Debug> core::fmt::Display for RootPageError<E, R> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Flash(e) => write!(f, "root key flash failed: {e:?}"),
            Self::Entropy(e) => write!(f, "root key cannot be drawn: {e:?}"),
            Self::Damaged => f.write_str("root key page is damaged"),
            Self::Exists => f.write_str("there is a root key already"),
            Self::Geometry => f.write_str("root key is not placed on a page of 4-byte words"),
        }
    }
}

impl<E: core::fmt::Debug, R: core::fmt::Debug> core::error::Error for RootPageError<E, R> {}

type Outcome<T, F, R = core::convert::Infallible> =
    Result<T, RootPageError<<F as embedded_storage::nor_flash::ErrorType>::Error, R>>;

impl<F: NorFlash> RootPage<F> {
    /// Names the page that begins at `at`.
    pub const fn new(flash: F, at: u32) -> Self {
        Self { flash, at }
    }

    /// Reads the key; `None` where the whole page is blank.
    ///
    /// # Errors
    ///
    /// [`RootPageError::Damaged`] for everything else: never a new key by itself.
    pub fn read(&mut self) -> Outcome<Option<Secret<[u8; 32]>>, F> {
        self.look()
    }

    /// Draws a key and writes it. For the factory.
    ///
    /// # Errors
    ///
    /// [`RootPageError::Exists`] when there is one, [`RootPageError::Damaged`] when the page is neither blank nor a key, or does
    /// not read back.
    ///
    /// # Power loss
    ///
    /// Cut, the page is blank, damaged, or holds the key. A damaged one is made good by [`erase`](Self::erase), in the factory.
    pub fn draw<R: Entropy>(&mut self, entropy: &mut R) -> Outcome<Secret<[u8; 32]>, F, R::Error> {
        if self.look::<R::Error>()?.is_some() {
            return Err(RootPageError::Exists);
        }
        let mut key = Secret::<[u8; 32]>::zeroed();
        entropy.try_fill_bytes(key.expose_mut()).map_err(RootPageError::Entropy)?;
        let mut record = Secret::<[u8; ROOT_PAGE_LEN]>::zeroed();
        let (magic, check) = (ROOT_MAGIC.to_le_bytes(), root_check(key.expose()).to_le_bytes());
        let bytes = magic.iter().chain(key.expose()).chain(&check);
        for (to, from) in record.expose_mut().iter_mut().zip(bytes) {
            *to = *from;
        }
        self.flash.write(self.at, record.expose()).map_err(RootPageError::Flash)?;
        match self.look()? {
            Some(found) if ct_eq(found.expose(), key.expose()) => Ok(key),
            _ => Err(RootPageError::Damaged),
        }
    }

    /// Erases the page: everything that was ever sealed on this chip is gone with it.
    ///
    /// # Errors
    ///
    /// [`RootPageError::Flash`]; do it again.
    pub fn erase(&mut self) -> Outcome<(), F> {
        let end = self.at.saturating_add(F::ERASE_SIZE as u32);
        self.flash.erase(self.at, end).map_err(RootPageError::Flash)
    }

    fn look<R>(&mut self) -> Outcome<Option<Secret<[u8; 32]>>, F, R> {
        let words = F::WRITE_SIZE == 4 && 4_usize.is_multiple_of(F::READ_SIZE);
        let page = F::ERASE_SIZE as u32;
        if !words || !self.at.is_multiple_of(page) || F::ERASE_SIZE < ROOT_PAGE_LEN {
            return Err(RootPageError::Geometry);
        }
        let mut record = Secret::<[u8; ROOT_PAGE_LEN]>::zeroed();
        self.flash.read(self.at, record.expose_mut()).map_err(RootPageError::Flash)?;
        let bytes = record.expose();
        let magic = bytes.first_chunk::<4>().map(|word| u32::from_le_bytes(*word));
        let check = bytes.last_chunk::<4>().map(|word| u32::from_le_bytes(*word));
        let key = bytes.get(4..36).and_then(|key| key.first_chunk::<32>());
        match key {
            Some(key) if magic == Some(ROOT_MAGIC) && check == Some(root_check(key)) => {
                Ok(Some(Secret::new(*key)))
            }
            _ if self.is_blank()? => Ok(None),
            _ => Err(RootPageError::Damaged),
        }
    }

    fn is_blank<R>(&mut self) -> Outcome<bool, F, R> {
        let mut at = self.at;
        let end = self.at.saturating_add(F::ERASE_SIZE as u32);
        while at < end {
            let mut word = [0; 4];
            self.flash.read(at, &mut word).map_err(RootPageError::Flash)?;
            if u32::from_le_bytes(word) != BLANK {
                return Ok(false);
            }
            at = at.saturating_add(4);
        }
        Ok(true)
    }
}
