//! What other crates ask of a store.

use gabion_crypto::Secret;
use gabion_profile::{Class, CriticalKey, Key, Parameter, PublicKey};

use crate::{Change, StorageError};

/// A sealed key/value store. Crates that keep something take `&mut impl Storage`.
///
/// # Power loss
///
/// After `Ok` a change is there for good. A [`commit`](Storage::commit) that was cut is there whole or not at all, and which
/// of the two is settled when the store is next opened.
#[allow(async_fn_in_trait, reason = "one executor, no Send bounds on bare metal")]
pub trait Storage {
    /// The error of the flash underneath.
    type FlashError: core::fmt::Debug;

    /// Copies the newest value of a registered parameter to the front of `out` and returns its length, or `None` when there
    /// is none.
    ///
    /// # Errors
    ///
    /// [`StorageError::Damaged`] rather than an older value; see [`StorageError`] for the rest.
    async fn read(
        &mut self,
        parameter: &'static Parameter,
        out: &mut [u8],
    ) -> Result<Option<usize>, StorageError<Self::FlashError>>;

    /// Makes all changes or none.
    ///
    /// # Errors
    ///
    /// See [`StorageError`]. After [`StorageError::Full`] nothing has changed.
    async fn commit(
        &mut self,
        changes: &[Change<'_>],
    ) -> Result<(), StorageError<Self::FlashError>>;

    /// Destroys the key of a class and with it every value of the class, then makes a new, empty class.
    ///
    /// Public values, which no key hides, are overwritten where the flash can, else their pages are collected and erased: after
    /// `Ok` they are on the flash no more.
    ///
    /// # Errors
    ///
    /// See [`StorageError`]. Cut at any point, the next open finishes it.
    async fn erase_class(&mut self, class: Class) -> Result<(), StorageError<Self::FlashError>>;

    /// Reads a critical parameter into a secret of at least its length.
    ///
    /// # Errors
    ///
    /// See [`Storage::read`].
    async fn get<const N: usize>(
        &mut self,
        key: &CriticalKey,
        out: &mut Secret<[u8; N]>,
    ) -> Result<Option<usize>, StorageError<Self::FlashError>> {
        self.read(key.parameter(), out.expose_mut()).await
    }

    /// Reads a public parameter.
    ///
    /// # Errors
    ///
    /// See [`Storage::read`].
    async fn get_public(
        &mut self,
        key: &PublicKey,
        out: &mut [u8],
    ) -> Result<Option<usize>, StorageError<Self::FlashError>> {
        self.read(key.parameter(), out).await
    }

    /// Puts one value.
    ///
    /// # Errors
    ///
    /// See [`Storage::commit`].
    async fn put(
        &mut self,
        key: &impl Key,
        value: &[u8],
    ) -> Result<(), StorageError<Self::FlashError>> {
        self.commit(&[Change::put(key, value)]).await
    }

    /// Removes one key; its value is then unrecoverable.
    ///
    /// # Errors
    ///
    /// See [`Storage::commit`].
    async fn remove(&mut self, key: &impl Key) -> Result<(), StorageError<Self::FlashError>> {
        self.commit(&[Change::remove(key)]).await
    }
}

impl<T: Storage + ?Sized> Storage for &mut T {
    type FlashError = T::FlashError;

    async fn read(
        &mut self,
        parameter: &'static Parameter,
        out: &mut [u8],
    ) -> Result<Option<usize>, StorageError<Self::FlashError>> {
        (**self).read(parameter, out).await
    }

    async fn commit(
        &mut self,
        changes: &[Change<'_>],
    ) -> Result<(), StorageError<Self::FlashError>> {
        (**self).commit(changes).await
    }

    async fn erase_class(&mut self, class: Class) -> Result<(), StorageError<Self::FlashError>> {
        (**self).erase_class(class).await
    }
}
