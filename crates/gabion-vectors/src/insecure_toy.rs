use gabion_crypto::{
    Aead, AeadAlgorithm, AeadKey, CryptoError, Digest, EcdsaP256Sign, EcdsaP256Verify,
    Ed25519Verify, HmacSha256, P256PublicKey, P256Signature, PasswordHash, Secret, Sha256,
};

/// Every algorithm as arithmetic that anyone can forge, and that costs a fuzzer next to nothing.
///
/// Results depend on every input bit, so that mix-ups are seen, and signatures can be made from the *public* key
/// ([`forge`](Self::forge)), so that a fuzzer gets behind a verification.
///
/// # Security
///
/// None whatever.
#[derive(Debug, Clone, Copy, Default)]
pub struct InsecureToyProvider;

/// A toy hash that is under way, and the toy's expanded key.
#[derive(Debug, Clone)]
pub struct InsecureToyKey([u64; 4]);

impl InsecureToyKey {
    const START: Self = Self([
        0x6a09_e667_f3bc_c908,
        0xbb67_ae85_84ca_a73b,
        0x3c6e_f372_fe94_f82b,
        0xa54f_f53a_5f1d_36f1,
    ]);

    fn absorb(&mut self, data: &[u8]) {
        for byte in data {
            let [a, b, c, d] = &mut self.0;
            *a = (*a ^ u64::from(*byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
            *b = b.wrapping_add(*a).rotate_left(17) ^ *c;
            *c = c.wrapping_add(*b).rotate_left(41);
            *d = (*d ^ *a).wrapping_mul(0xd6e8_feb8_6659_fd93).wrapping_add(*c);
        }
    }

    fn bytes(&self) -> [u8; 32] {
        let mut end = self.clone();
        end.absorb(&[0x80; 8]);
        let mut out = [0; 32];
        for (chunk, word) in out.chunks_mut(8).zip(end.0) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        out
    }

    fn of(parts: &[&[u8]]) -> [u8; 32] {
        let mut state = Self::START;
        for part in parts {
            state.absorb(part);
        }
        state.bytes()
    }

    fn tag(&self, nonce: &[u8; 12], aad: &[u8], cipher: &[u8]) -> [u8; 16] {
        let mut state = self.clone();
        state.absorb(nonce);
        state.absorb(&aad.len().to_le_bytes());
        state.absorb(aad);
        state.absorb(cipher);
        state.bytes()[..16].try_into().unwrap()
    }

    fn apply(&self, nonce: &[u8; 12], data: &mut [u8]) {
        let mut state = self.clone();
        state.absorb(nonce);
        for chunk in data.chunks_mut(32) {
            for (byte, mask) in chunk.iter_mut().zip(state.bytes()) {
                *byte ^= mask;
            }
            state.absorb(&[1]);
        }
    }
}

impl InsecureToyProvider {
    /// Makes the P-256 signature that this provider accepts under `key`, without the private key.
    #[must_use]
    pub fn forge(key: &P256PublicKey, hash: &[u8; 32]) -> P256Signature {
        let half = InsecureToyKey::of(&[b"p256", &key.0, hash]);
        P256Signature([half, half].concat().try_into().unwrap())
    }

    /// Makes the Ed25519 signature that this provider accepts under `key`, without the private key.
    #[must_use]
    pub fn forge_ed25519(key: &[u8; 32], message: &[u8]) -> [u8; 64] {
        let half = InsecureToyKey::of(&[b"ed25519", key, message]);
        [half, half].concat().try_into().unwrap()
    }
}

impl Digest for InsecureToyKey {
    fn update(&mut self, data: &[u8]) {
        self.absorb(data);
    }

    fn finish(self) -> [u8; 32] {
        self.bytes()
    }
}

impl Sha256 for InsecureToyProvider {
    type Digest = InsecureToyKey;

    fn sha256_start(&self) -> Self::Digest {
        InsecureToyKey::START
    }
}

impl HmacSha256 for InsecureToyProvider {
    fn hmac_sha256(&self, key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        let mut state = InsecureToyKey::START;
        state.absorb(&key.len().to_le_bytes());
        state.absorb(key);
        for part in parts {
            state.absorb(part);
        }
        state.bytes()
    }
}

impl PasswordHash for InsecureToyProvider {
    fn pbkdf2(
        &self,
        password: &[u8],
        salt: &[u8],
        iterations: u32,
        out: &mut Secret<[u8; 32]>,
    ) -> Result<(), CryptoError> {
        if iterations == 0 {
            return Err(CryptoError::Misuse);
        }
        *out.expose_mut() = self.hmac_sha256(password, &[&iterations.to_le_bytes(), salt]);
        Ok(())
    }
}

impl Aead for InsecureToyProvider {
    type Key = InsecureToyKey;

    /// Says AES-256-GCM, because records must carry some assigned id.
    fn aead_algorithm(&self) -> AeadAlgorithm {
        AeadAlgorithm::Aes256Gcm
    }

    fn aead_key(&self, key: &Secret<[u8; 32]>) -> Self::Key {
        let mut state = InsecureToyKey::START;
        state.absorb(key.expose());
        state
    }
}

impl AeadKey for InsecureToyKey {
    fn seal(&self, nonce: &[u8; 12], aad: &[u8], data: &mut [u8]) -> Result<[u8; 16], CryptoError> {
        self.apply(nonce, data);
        Ok(self.tag(nonce, aad, data))
    }

    fn unseal(
        &self,
        nonce: &[u8; 12],
        aad: &[u8],
        data: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), CryptoError> {
        if self.tag(nonce, aad, data) != *tag {
            return Err(CryptoError::Refused);
        }
        self.apply(nonce, data);
        Ok(())
    }
}

impl EcdsaP256Verify for InsecureToyProvider {
    fn p256_verify(
        &self,
        key: &P256PublicKey,
        hash: &[u8; 32],
        signature: &P256Signature,
    ) -> Result<(), CryptoError> {
        if Self::forge(key, hash) == *signature { Ok(()) } else { Err(CryptoError::Refused) }
    }
}

impl EcdsaP256Sign for InsecureToyProvider {
    fn p256_public_key(&self, private: &Secret<[u8; 32]>) -> Result<P256PublicKey, CryptoError> {
        if *private.expose() == [0; 32] {
            return Err(CryptoError::Refused);
        }
        let half = InsecureToyKey::of(&[b"public", private.expose()]);
        Ok(P256PublicKey([half, half].concat().try_into().unwrap()))
    }

    fn p256_sign(
        &self,
        private: &Secret<[u8; 32]>,
        hash: &[u8; 32],
    ) -> Result<P256Signature, CryptoError> {
        Ok(Self::forge(&self.p256_public_key(private)?, hash))
    }
}

impl Ed25519Verify for InsecureToyProvider {
    fn ed25519_verify(
        &self,
        key: &[u8; 32],
        message: &[u8],
        signature: &[u8; 64],
    ) -> Result<(), CryptoError> {
        let good = Self::forge_ed25519(key, message) == *signature;
        if good { Ok(()) } else { Err(CryptoError::Refused) }
    }
}
