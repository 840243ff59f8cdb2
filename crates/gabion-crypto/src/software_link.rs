//! What links need beyond the rest: key agreement and the small ciphers, by RustCrypto.

use aes_gcm::aead::consts::{U8, U13};
use aes_gcm::aead::{AeadInOut, KeyInit};
use p256::elliptic_curve::point::{AffineCoordinates, DecompressPoint};
use p256::elliptic_curve::sec1::{FromSec1Point, ToSec1Point};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::software::aead_key;
use crate::{AeadKey, Aes128Gcm, AesCcm8, CryptoError, EcdhP256, P256PublicKey, Secret, Software};

impl EcdhP256 for Software {
    fn p256_share(&self, private: &Secret<[u8; 32]>) -> Result<P256PublicKey, CryptoError> {
        let secret =
            p256::SecretKey::from_slice(private.expose()).map_err(|_| CryptoError::Refused)?;
        let point = secret.public_key().to_sec1_point(false);
        match point.as_bytes().split_first_chunk::<1>() {
            Some(([4], xy)) => xy.try_into().map(P256PublicKey).map_err(|_| CryptoError::Refused),
            _ => Err(CryptoError::Refused),
        }
    }

    fn p256_agree(
        &self,
        private: &Secret<[u8; 32]>,
        peer: &P256PublicKey,
        shared: &mut Secret<[u8; 32]>,
    ) -> Result<(), CryptoError> {
        let point = p256::Sec1Point::from_untagged_bytes((&peer.0).into());
        let peer: Option<p256::AffinePoint> =
            p256::AffinePoint::from_sec1_point(&point).into_option();
        agree(private, peer, shared)
    }

    fn p256_agree_x(
        &self,
        private: &Secret<[u8; 32]>,
        peer_x: &[u8; 32],
        shared: &mut Secret<[u8; 32]>,
    ) -> Result<(), CryptoError> {
        let peer = p256::AffinePoint::decompress(peer_x.into(), 0.into()).into_option();
        agree(private, peer, shared)
    }
}

/// The curve has cofactor 1: a point of it that is not the neutral one, which has no encoding here, is in the right group.
fn agree(
    private: &Secret<[u8; 32]>,
    peer: Option<p256::AffinePoint>,
    shared: &mut Secret<[u8; 32]>,
) -> Result<(), CryptoError> {
    let peer = peer.ok_or(CryptoError::Refused)?;
    let secret = p256::SecretKey::from_slice(private.expose()).map_err(|_| CryptoError::Refused)?;
    #[allow(clippy::arithmetic_side_effects, reason = "points of a curve do not overflow")]
    let mut point = p256::ProjectivePoint::from(peer) * *secret.to_nonzero_scalar();
    let mut x = point.to_affine().x();
    point.zeroize();
    for (to, from) in shared.expose_mut().iter_mut().zip(&x) {
        *to = *from;
    }
    x.zeroize();
    Ok(())
}

/// An expanded AES-128-GCM key.
pub struct Aes128GcmKey(aes_gcm::Aes128Gcm);

const fn wipes_itself<T: ZeroizeOnDrop>() {}
const _: () = wipes_itself::<aes_gcm::Aes128Gcm>();
impl ZeroizeOnDrop for Aes128GcmKey {}

impl Aes128Gcm for Software {
    type Key = Aes128GcmKey;

    fn aes128_gcm_key(&self, key: &Secret<[u8; 16]>) -> Aes128GcmKey {
        Aes128GcmKey(aes_gcm::Aes128Gcm::new(key.expose().into()))
    }
}

aead_key!(Aes128GcmKey);

type Ccm8 = ccm::Ccm<aes_gcm::aes::Aes128, U8, U13>;

impl AesCcm8 for Software {
    fn aes_ccm8_seal(
        &self,
        key: &Secret<[u8; 16]>,
        nonce: &[u8; 13],
        aad: &[u8],
        data: &mut [u8],
    ) -> Result<[u8; 8], CryptoError> {
        Ccm8::new(key.expose().into())
            .encrypt_inout_detached(nonce.into(), aad, data.into())
            .map(Into::into)
            .map_err(|_| CryptoError::Misuse)
    }

    fn aes_ccm8_unseal(
        &self,
        key: &Secret<[u8; 16]>,
        nonce: &[u8; 13],
        aad: &[u8],
        data: &mut [u8],
        tag: &[u8; 8],
    ) -> Result<(), CryptoError> {
        Ccm8::new(key.expose().into())
            .decrypt_inout_detached(nonce.into(), aad, data.into(), tag.into())
            .map_err(|_| CryptoError::Refused)
    }
}
