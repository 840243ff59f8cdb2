//! The receipt: what a reset did, signed by the device.

use gabion_codec::{Sign1Prefix, Sign1View};
use gabion_crypto::{
    CryptoError, EcdsaP256Sign, EcdsaP256Verify, P256PublicKey, P256Signature, Secret, Sha256,
};
use gabion_hal::WallTime;
use gabion_profile::Class;

use crate::format::{PAYLOAD, emit_receipt, parse_receipt};
use crate::{EraseCount, TriggerKind};

/// Length of a signed receipt in bytes.
pub const RECEIPT_LEN: usize = 9 + PAYLOAD + 66;

/// What a reset did. It says nothing of whoever owned the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// What ordered it.
    pub trigger: TriggerKind,
    /// Number of regions that were emptied and read back.
    pub regions: u8,
    /// Bit n is set when the key of the class with number n was destroyed.
    pub classes: u16,
    /// SHA-256 of the device's public key.
    pub device: [u8; 32],
    /// SHA-256 over the plan: which part of the flash was to become what. See [`Plan::digest`](crate::Plan::digest).
    pub plan: [u8; 32],
    /// Number of this reset in the life of the device, from 1; 0 when the receipt before was damaged and the count with it.
    pub number: u32,
    /// Pages erased in the last run (earlier ones, if it was interrupted, not counted) and bytes read back.
    pub count: EraseCount,
    /// How often a power cut interrupted it, saturating.
    pub resumed: u16,
    /// Values in clear of erased classes that were removed one by one, whether there or not.
    pub values: u16,
    /// When it was finished: tenths of a second since boot, saturating.
    pub uptime_ds: u32,
    /// When it was finished, if the device knew.
    pub wall: Option<WallTime>,
}

impl Receipt {
    /// Checks a signed receipt.
    ///
    /// # Errors
    ///
    /// See [`ReceiptError`](crate::ReceiptError).
    pub fn verify(
        provider: &(impl Sha256 + EcdsaP256Verify),
        message: &[u8],
        key: &P256PublicKey,
    ) -> Result<Self, crate::ReceiptError> {
        use crate::ReceiptError;
        let view = Sign1View::parse(message).map_err(|_| ReceiptError::NotAReceipt)?;
        let receipt = parse_receipt(view.payload).map_err(|_| ReceiptError::NotAReceipt)?;
        let prefix = prefix();
        let hash = provider.sha256(&[prefix.to_be_signed(), view.payload]);
        provider
            .p256_verify(key, &hash, &P256Signature(view.signature))
            .map_err(|_| ReceiptError::Refused)?;
        if receipt.device != provider.sha256(&[&key.0]) {
            return Err(ReceiptError::WrongDevice);
        }
        Ok(receipt)
    }

    /// Reads a receipt whose bytes the sealed store vouches for.
    pub(crate) fn trusted(message: &[u8]) -> Option<Self> {
        parse_receipt(Sign1View::parse(message).ok()?.payload).ok()
    }

    /// Whether the key of a class was destroyed.
    #[must_use]
    pub fn destroyed(&self, class: Class) -> bool {
        self.classes & mask(class) != 0
    }

    pub(crate) fn sign(
        &self,
        provider: &(impl Sha256 + EcdsaP256Sign),
        key: &Secret<[u8; 32]>,
    ) -> Result<[u8; RECEIPT_LEN], CryptoError> {
        let payload = emit_receipt(self);
        let prefix = prefix();
        let hash = provider.sha256(&[prefix.to_be_signed(), &payload]);
        let signature = provider.p256_sign(key, &hash)?;
        let suffix = Sign1Prefix::suffix(&signature.0);
        let mut out = [0; RECEIPT_LEN];
        let bytes = prefix.bytes().iter().chain(&payload).chain(&suffix);
        out.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Ok(out)
    }
}

fn prefix() -> Sign1Prefix {
    Sign1Prefix::new(u32::try_from(PAYLOAD).unwrap_or(u32::MAX))
}

/// The bit of a class.
pub(crate) fn mask(class: Class) -> u16 {
    1_u16.checked_shl(u32::from(class.number())).unwrap_or(0)
}
