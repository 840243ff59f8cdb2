use gabion_codec::{CodecErrorKind, Writer};
use gabion_crypto::{Aead, AeadKey, Secret};
use zeroize::Zeroize;

use crate::format::IV;
use crate::header::MAX_PROTECTED;
use crate::message::{Kind, Parts};
use crate::structure::{Head, MAX_AUTHENTICATED, authenticated, authenticated_of, emit_front};
use crate::{Algorithm, CoseError, Headers, NewHeaders, Rules};

const TAG: usize = 16;

/// An expanded key of one cipher: the provider's, A256GCM or ChaCha20/Poly1305.
pub struct ContentKey<K> {
    algorithm: Algorithm,
    key: K,
}

impl<K: AeadKey> ContentKey<K> {
    /// Expands a key for the cipher of the provider.
    #[must_use]
    pub fn new<P: Aead<Key = K>>(provider: &P, key: &Secret<[u8; 32]>) -> Self {
        Self { algorithm: Algorithm::Aead(provider.aead_algorithm()), key: provider.aead_key(key) }
    }

    /// Returns the algorithm that the key is for.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl<K> core::fmt::Debug for ContentKey<K> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "ContentKey({:?}, ..)", self.algorithm)
    }
}

/// An encrypted message, COSE_Encrypt0, that was taken apart.
#[derive(Debug, Clone)]
pub struct Encrypt0<'a>(Parts<'a>);

impl<'a> Encrypt0<'a> {
    /// Takes a message apart. It must hold a nonce of 12 bytes; one that is only part of a nonce is refused.
    ///
    /// # Errors
    ///
    /// As [`Sign1::parse`](crate::Sign1::parse).
    pub fn parse(message: &'a [u8], rules: &Rules<'_>) -> Result<Self, CoseError> {
        let parts = Parts::parse(message, Kind::Encrypt0, rules)?;
        match parts.headers.iv() {
            Some(iv) if iv.len() == 12 => Ok(Self(parts)),
            _ => Err(CoseError::Header(IV)),
        }
    }

    /// Returns the headers.
    #[must_use]
    pub const fn headers(&self) -> &Headers<'a> {
        &self.0.headers
    }

    /// Returns the ciphertext with its tag; `None` where it is detached.
    #[must_use]
    pub const fn ciphertext(&self) -> Option<&'a [u8]> {
        self.0.content
    }

    /// Decrypts into `out` and returns the plaintext, which has 16 bytes less than the ciphertext.
    ///
    /// # Errors
    ///
    /// [`CoseError::Algorithm`], [`CoseError::Detached`], [`CoseError::TooMuchAuthenticated`], [`CoseError::Encoding`] when
    /// `out` is too small, [`CoseError::Refused`]; `out` then holds nothing of it.
    pub fn decrypt<'o, K: AeadKey>(
        &self,
        key: &ContentKey<K>,
        external: &[u8],
        out: &'o mut [u8],
    ) -> Result<&'o mut [u8], CoseError> {
        self.open(key, external, self.0.payload(None)?, out)
    }

    /// Decrypts a ciphertext that came another way.
    ///
    /// # Errors
    ///
    /// As [`decrypt`](Self::decrypt).
    pub fn decrypt_detached<'o, K: AeadKey>(
        &self,
        key: &ContentKey<K>,
        external: &[u8],
        ciphertext: &[u8],
        out: &'o mut [u8],
    ) -> Result<&'o mut [u8], CoseError> {
        self.open(key, external, self.0.payload(Some(ciphertext))?, out)
    }

    fn open<'o, K: AeadKey>(
        &self,
        key: &ContentKey<K>,
        external: &[u8],
        ciphertext: &[u8],
        out: &'o mut [u8],
    ) -> Result<&'o mut [u8], CoseError> {
        self.0.headers.must_name(key.algorithm)?;
        let iv = self.0.headers.iv().and_then(|iv| iv.try_into().ok());
        let iv: &[u8; 12] = iv.ok_or(CoseError::Header(IV))?;
        let mut buffer = [0; MAX_AUTHENTICATED];
        let authenticated = authenticated_of(&self.0.headers, external, &mut buffer)?;
        let (sealed, tag) = ciphertext.split_last_chunk::<TAG>().ok_or(CoseError::Refused)?;
        let mut writer = Writer::new(out);
        writer.bytes(sealed)?;
        let plain = writer.finish();
        match key.key.unseal(iv, authenticated, plain, tag) {
            Ok(()) => Ok(plain),
            Err(error) => {
                plain.zeroize();
                Err(error.into())
            }
        }
    }

    /// Encrypts, and writes a tagged message.
    ///
    /// # Errors
    ///
    /// [`CoseError::Encoding`] when `out` is too small or a header too long; `out` then holds nothing of the plaintext.
    ///
    /// # Security
    ///
    /// The same nonce must never be used twice under one key.
    pub fn encrypt<'o, K: AeadKey>(
        key: &ContentKey<K>,
        nonce: &[u8; 12],
        headers: &NewHeaders<'_>,
        plaintext: &[u8],
        external: &[u8],
        out: &'o mut [u8],
    ) -> Result<&'o [u8], CoseError> {
        let mut buffer = [0; MAX_PROTECTED];
        let protected = headers.protected(key.algorithm, &mut buffer)?;
        let mut buffer = [0; MAX_AUTHENTICATED];
        let authenticated = authenticated(protected, external, &mut buffer)?;
        let mut writer = Writer::new(out);
        emit_front(&mut writer, Kind::Encrypt0, protected, headers, Some(nonce), None)?;
        let no_room = writer.error(CodecErrorKind::NoRoom);
        let total = plaintext.len().checked_add(TAG).ok_or(no_room)?;
        writer.bytes(Head::of_bytes(total).as_bytes())?;
        // Both or nothing: plaintext must not be left where there is no room for its tag.
        let (plain, tag) = writer.reserve(total)?.split_last_chunk_mut::<TAG>().ok_or(no_room)?;
        plain.iter_mut().zip(plaintext).for_each(|(to, from)| *to = *from);
        match key.key.seal(nonce, authenticated, plain) {
            Ok(sealed) => *tag = sealed,
            Err(error) => {
                plain.zeroize();
                return Err(error.into());
            }
        }
        Ok(writer.finish())
    }
}
