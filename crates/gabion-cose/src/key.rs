use gabion_codec::cbor::{Document, Encoder, Item};
use gabion_codec::{CodecError, CodecErrorKind};
use gabion_crypto::{Aead, P256PublicKey, Secret};

use crate::format::{
    BUDGET, CURVE_OR_KEY, D, EC2, KEY_ALG, KEY_BASE_IV, KEY_ID, KEY_OPS, KEY_TYPE, P256, SYMMETRIC,
    X, Y,
};
use crate::{Algorithm, ContentKey, CoseError, MacKey, VerifyingKey};

/// What a key may be used for (RFC 9052 §7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum KeyOperation {
    /// Make signatures.
    Sign = 1,
    /// Check signatures.
    Verify = 2,
    /// Encrypt.
    Encrypt = 3,
    /// Decrypt.
    Decrypt = 4,
    /// Make authentication codes.
    MacCreate = 9,
    /// Check authentication codes.
    MacVerify = 10,
}

/// The key itself.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum KeyMaterial<'a> {
    /// A point on P-256 and, in a private key, the scalar.
    P256 {
        /// x.
        x: &'a [u8; 32],
        /// y.
        y: &'a [u8; 32],
        /// The private scalar.
        d: Option<&'a [u8; 32]>,
    },
    /// A key that both sides have.
    Symmetric(&'a [u8]),
}

impl core::fmt::Debug for KeyMaterial<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::P256 { d: None, .. } => "P256(public)",
            Self::P256 { .. } => "P256(private, ..)",
            Self::Symmetric(_) => "Symmetric(..)",
        })
    }
}

/// A key as COSE writes them (RFC 9052 §7): a view of the caller's bytes, who wipes them.
#[derive(Debug, Clone, Copy)]
pub struct Key<'a> {
    material: KeyMaterial<'a>,
    id: Option<&'a [u8]>,
    algorithm: Option<Algorithm>,
    /// Bit n: operation n is allowed. `None`: all.
    operations: Option<u32>,
}

impl<'a> Key<'a> {
    /// Reads a key in deterministic encoding: EC2 on P-256, the point not compressed, or symmetric. Parameters that are not
    /// known are passed over, as RFC 9052 §7 wants.
    ///
    /// # Errors
    ///
    /// [`CoseError::Encoding`], [`CoseError::Header`] for a parameter of the wrong type, [`CoseError::Key`] for another type
    /// of key or curve, a coordinate of another length than 32 bytes, or a base for nonces, which nothing here would heed,
    /// [`CoseError::Algorithm`] for one that is not supported or does not fit the type.
    pub fn parse(encoded: &'a [u8]) -> Result<Self, CoseError> {
        let Item::Map(entries) = Document::parse(encoded, BUDGET)?.root() else {
            return Err(CodecError::new(CodecErrorKind::Unexpected, 0).into());
        };
        let get = |label| entries.get_integer(label);
        let fixed = |label| -> Result<Option<&'a [u8; 32]>, CoseError> {
            let Some(item) = get(label) else { return Ok(None) };
            let bytes = item.as_bytes().ok_or(CoseError::Header(label))?;
            bytes.try_into().map(Some).map_err(|_| CoseError::Key)
        };
        let kind = get(KEY_TYPE).ok_or(CoseError::Key)?;
        let material = match kind.as_u64() {
            Some(EC2) => {
                if get(CURVE_OR_KEY).and_then(|curve| curve.as_u64()) != Some(P256) {
                    return Err(CoseError::Key);
                }
                let (x, y) = (fixed(X)?.ok_or(CoseError::Key)?, fixed(Y)?.ok_or(CoseError::Key)?);
                KeyMaterial::P256 { x, y, d: fixed(D)? }
            }
            Some(SYMMETRIC) => {
                let key = get(CURVE_OR_KEY).ok_or(CoseError::Key)?;
                KeyMaterial::Symmetric(key.as_bytes().ok_or(CoseError::Header(CURVE_OR_KEY))?)
            }
            _ => return Err(CoseError::Key),
        };
        let id = match get(KEY_ID) {
            Some(id) => Some(id.as_bytes().ok_or(CoseError::Header(KEY_ID))?),
            None => None,
        };
        let algorithm = match get(KEY_ALG) {
            Some(number) => {
                let known = number.as_i64().and_then(Algorithm::from_number);
                Some(known.ok_or(CoseError::Algorithm)?)
            }
            None => None,
        };
        let fits = match (material, algorithm) {
            (_, None) => true,
            (KeyMaterial::P256 { .. }, Some(algorithm)) => algorithm == Algorithm::Es256,
            (KeyMaterial::Symmetric(_), Some(algorithm)) => algorithm != Algorithm::Es256,
        };
        if !fits {
            return Err(CoseError::Algorithm);
        }
        if get(KEY_BASE_IV).is_some() {
            return Err(CoseError::Key);
        }
        let operations = match get(KEY_OPS) {
            Some(operations) => Some(operation_bits(&operations)?),
            None => None,
        };
        Ok(Self { material, id, algorithm, operations })
    }

    /// Returns the key's name.
    #[must_use]
    pub const fn id(&self) -> Option<&'a [u8]> {
        self.id
    }

    /// Returns the one algorithm that the key is for, where it says so.
    #[must_use]
    pub const fn algorithm(&self) -> Option<Algorithm> {
        self.algorithm
    }

    /// Lends the key itself.
    #[must_use]
    pub const fn expose(&self) -> &KeyMaterial<'a> {
        &self.material
    }

    /// Tells whether the key may be used for something.
    #[must_use]
    pub const fn allows(&self, operation: KeyOperation) -> bool {
        match self.operations {
            None => true,
            Some(bits) => bits & bit(operation as u64) != 0,
        }
    }

    /// Returns the public key that checks signatures by ES256.
    ///
    /// # Errors
    ///
    /// [`CoseError::Key`] when the key is of another type or not for that.
    pub fn verifying(&self) -> Result<VerifyingKey, CoseError> {
        let KeyMaterial::P256 { x, y, .. } = self.material else { return Err(CoseError::Key) };
        if !self.allows(KeyOperation::Verify) {
            return Err(CoseError::Key);
        }
        let mut point = [0; 64];
        point.iter_mut().zip(x.iter().chain(y)).for_each(|(to, from)| *to = *from);
        Ok(VerifyingKey(P256PublicKey(point)))
    }

    /// Returns the private key that signs by ES256.
    ///
    /// # Errors
    ///
    /// [`CoseError::Key`] when there is none or it is not for that.
    pub fn signing(&self) -> Result<Secret<[u8; 32]>, CoseError> {
        match self.material {
            KeyMaterial::P256 { d: Some(d), .. } if self.allows(KeyOperation::Sign) => {
                Ok(Secret::new(*d))
            }
            _ => Err(CoseError::Key),
        }
    }

    /// Returns the key for authentication codes. It must say itself for which algorithm.
    ///
    /// # Errors
    ///
    /// [`CoseError::Key`].
    pub fn mac(&self, operation: KeyOperation) -> Result<MacKey<'a>, CoseError> {
        match (self.material, self.algorithm) {
            (KeyMaterial::Symmetric(key), Some(Algorithm::Hmac(algorithm)))
                if self.allows(operation) =>
            {
                MacKey::new(algorithm, key)
            }
            _ => Err(CoseError::Key),
        }
    }

    /// Expands the key for the cipher of the provider. It must say itself for which algorithm.
    ///
    /// # Errors
    ///
    /// [`CoseError::Key`].
    pub fn content<P: Aead>(
        &self,
        provider: &P,
        operation: KeyOperation,
    ) -> Result<ContentKey<P::Key>, CoseError> {
        let algorithm = Algorithm::Aead(provider.aead_algorithm());
        match self.material {
            KeyMaterial::Symmetric(key)
                if self.algorithm == Some(algorithm) && self.allows(operation) =>
            {
                let key = Secret::new(key.try_into().map_err(|_| CoseError::Key)?);
                Ok(ContentKey::new(provider, &key))
            }
            _ => Err(CoseError::Key),
        }
    }

    /// Writes a public key for ES256.
    ///
    /// # Errors
    ///
    /// [`CoseError::Encoding`] when `out` is too small; 80 bytes and the name are enough.
    pub fn emit_public<'o>(
        key: &VerifyingKey,
        id: Option<&[u8]>,
        out: &'o mut [u8],
    ) -> Result<&'o [u8], CoseError> {
        let (x, y) = key.0.0.split_first_chunk::<32>().ok_or(CoseError::Key)?;
        let mut encoder = Encoder::new(out);
        encoder.map(if id.is_some() { 6 } else { 5 })?;
        encoder.integer(KEY_TYPE)?;
        encoder.unsigned(EC2)?;
        if let Some(id) = id {
            encoder.integer(KEY_ID)?;
            encoder.bytes(id)?;
        }
        encoder.integer(KEY_ALG)?;
        encoder.integer(Algorithm::Es256.number().ok_or(CoseError::Algorithm)?)?;
        encoder.integer(CURVE_OR_KEY)?;
        encoder.unsigned(P256)?;
        encoder.integer(X)?;
        encoder.bytes(x)?;
        encoder.integer(Y)?;
        encoder.bytes(y)?;
        Ok(encoder.finish(BUDGET)?)
    }
}

/// Numbers above 31 and text are operations that nobody here offers.
fn operation_bits(operations: &Item<'_>) -> Result<u32, CoseError> {
    let Item::Array(operations) = operations else { return Err(CoseError::Header(KEY_OPS)) };
    let mut bits = 0;
    for operation in operations.clone() {
        match operation {
            Item::Unsigned(number) => bits |= bit(number),
            Item::Text(_) | Item::Negative(_) => {}
            _ => return Err(CoseError::Header(KEY_OPS)),
        }
    }
    // RFC 9052 §7.1: an empty list is no list.
    if bits == 0 { Err(CoseError::Header(KEY_OPS)) } else { Ok(bits) }
}

const fn bit(operation: u64) -> u32 {
    if operation < 32 { 1_u32.wrapping_shl(operation as u32) } else { 0 }
}
