//! Argon2id (RFC 9106) in memory that the caller lends.

use core::cell::RefCell;

use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroize;

use crate::{Argon2Cost, CryptoError, HmacSha256, PasswordHash, Secret};

/// A kibibyte of the memory that Argon2id works in. A product keeps a static array of them.
pub use argon2::Block as Argon2Block;

/// A provider that can do Argon2id besides what `inner` does. The memory is wiped after each use.
///
/// # Examples
///
/// ```
/// use gabion_crypto::{Argon2Block, Argon2Cost, PasswordHash, Secret, Software, SoftwareArgon2};
///
/// let mut memory = [Argon2Block::new(); 64]; // on a device: a static array
/// let provider = SoftwareArgon2::new(Software, &mut memory);
/// let mut hash = Secret::zeroed();
/// provider.argon2id(b"blue kettle", b"sixteen byte salt", Argon2Cost::new(64, 3), &mut hash)?;
/// # Ok::<(), gabion_crypto::CryptoError>(())
/// ```
pub struct SoftwareArgon2<'m, P> {
    inner: P,
    memory: RefCell<&'m mut [Argon2Block]>,
}

impl<'m, P> SoftwareArgon2<'m, P> {
    /// Takes as many kibibytes of memory as the policy asks for; more are not used.
    pub const fn new(inner: P, memory: &'m mut [Argon2Block]) -> Self {
        Self { inner, memory: RefCell::new(memory) }
    }
}

impl<P: HmacSha256> HmacSha256 for SoftwareArgon2<'_, P> {
    fn hmac_sha256(&self, key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        self.inner.hmac_sha256(key, parts)
    }
}

impl<P: PasswordHash> PasswordHash for SoftwareArgon2<'_, P> {
    fn pbkdf2(
        &self,
        password: &[u8],
        salt: &[u8],
        iterations: u32,
        out: &mut Secret<[u8; 32]>,
    ) -> Result<(), CryptoError> {
        self.inner.pbkdf2(password, salt, iterations, out)
    }

    fn argon2id(
        &self,
        password: &[u8],
        salt: &[u8],
        cost: Argon2Cost,
        out: &mut Secret<[u8; 32]>,
    ) -> Result<(), CryptoError> {
        let params = Params::new(cost.memory_kib().into(), cost.passes().into(), 1, Some(32))
            .map_err(|_| CryptoError::Misuse)?;
        let mut memory = self.memory.try_borrow_mut().map_err(|_| CryptoError::Misuse)?;
        let blocks = memory.get_mut(..cost.memory_kib().into()).ok_or(CryptoError::Misuse)?;
        let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let hashed = hasher
            .hash_password_into_with_memory(password, salt, out.expose_mut(), &mut *blocks)
            .map_err(|_| CryptoError::Misuse);
        for block in blocks {
            block.zeroize();
        }
        hashed
    }
}

impl<P> core::fmt::Debug for SoftwareArgon2<'_, P> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SoftwareArgon2(..)")
    }
}
