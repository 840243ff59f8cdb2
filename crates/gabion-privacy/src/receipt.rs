//! The receipt of a person's deletion, signed by the device.

use gabion_codec::{CodecError, CodecErrorKind, Reader, Sign1Prefix, Sign1View, Writer};
use gabion_crypto::{
    CryptoError, EcdsaP256Sign, EcdsaP256Verify, P256PublicKey, P256Signature, Secret, Sha256,
};
use gabion_hal::WallTime;

use crate::Subject;
use crate::format::{time_fields, wall};

/// §7 Receipt before its signature, in bytes.
const PAYLOAD: usize = 68;
const MAGIC: [u8; 4] = *b"GbD1";

/// Length of a signed receipt of a deletion in bytes.
pub const DELETION_RECEIPT_LEN: usize = 9 + PAYLOAD + 66;

/// What a deletion did. It holds no personal data: a number of an account at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeletionReceipt {
    /// Whose data was deleted, by destroying the key of their class.
    pub subject: Subject,
    /// SHA-256 of the device's public key.
    pub device: [u8; 32],
    /// Number of this deletion since the last factory reset, from 1; 0 when the receipt before was damaged.
    pub number: u32,
    /// Number of the newest request to services that went with it; 0 when no service had anything.
    pub request: u32,
    /// Items of the inventory that the device can hold of this subject.
    pub items: u16,
    /// When it was finished: tenths of a second since boot, saturating.
    pub uptime_ds: u32,
    /// When it was finished, if the device knew.
    pub wall: Option<WallTime>,
}

impl DeletionReceipt {
    /// Checks a signed receipt.
    ///
    /// # Errors
    ///
    /// See [`ReceiptRefusal`].
    pub fn verify(
        provider: &(impl Sha256 + EcdsaP256Verify),
        message: &[u8],
        key: &P256PublicKey,
    ) -> Result<Self, ReceiptRefusal> {
        let view = Sign1View::parse(message).map_err(|_| ReceiptRefusal::NotAReceipt)?;
        let receipt = parse(view.payload).map_err(|_| ReceiptRefusal::NotAReceipt)?;
        let hash = provider.sha256(&[prefix().to_be_signed(), view.payload]);
        provider
            .p256_verify(key, &hash, &P256Signature(view.signature))
            .map_err(|_| ReceiptRefusal::Refused)?;
        if receipt.device != provider.sha256(&[&key.0]) {
            return Err(ReceiptRefusal::WrongDevice);
        }
        Ok(receipt)
    }

    /// Reads a receipt whose bytes the sealed store vouches for.
    pub(crate) fn trusted(message: &[u8]) -> Option<Self> {
        parse(Sign1View::parse(message).ok()?.payload).ok()
    }

    pub(crate) fn sign(
        &self,
        provider: &(impl Sha256 + EcdsaP256Sign),
        key: &Secret<[u8; 32]>,
    ) -> Result<[u8; DELETION_RECEIPT_LEN], CryptoError> {
        let payload = self.emit();
        let prefix = prefix();
        let hash = provider.sha256(&[prefix.to_be_signed(), &payload]);
        let suffix = Sign1Prefix::suffix(&provider.p256_sign(key, &hash)?.0);
        let mut out = [0; DELETION_RECEIPT_LEN];
        let bytes = prefix.bytes().iter().chain(&payload).chain(&suffix);
        out.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Ok(out)
    }

    fn emit(&self) -> [u8; PAYLOAD] {
        let mut out = [0; PAYLOAD];
        let mut writer = Writer::new(&mut out);
        let (quality, seconds) = time_fields(self.wall);
        let _fits = (|| {
            writer.bytes(&MAGIC)?;
            writer.bytes(&[self.subject as u8, quality])?;
            writer.u16_le(self.items)?;
            writer.bytes(&self.device)?;
            writer.u32_le(self.number)?;
            writer.u32_le(self.request)?;
            writer.u32_le(self.uptime_ds)?;
            writer.u32_le(0)?;
            writer.u64_le(seconds)?;
            writer.u32_le(0)
        })();
        out
    }
}

fn parse(bytes: &[u8]) -> Result<DeletionReceipt, CodecError> {
    let mut reader = Reader::new(bytes);
    reader.expect(&MAGIC)?;
    let error = reader.error(CodecErrorKind::OutOfRange);
    let subject = Subject::from_number(reader.u8()?).ok_or(error)?;
    let quality = reader.u8()?;
    let items = reader.u16_le()?;
    let device = reader.array()?;
    let (number, request) = (reader.u32_le()?, reader.u32_le()?);
    let uptime_ds = reader.u32_le()?;
    reader.expect(&[0; 4])?;
    let wall = wall(quality, reader.u64_le()?).ok_or(error)?;
    reader.expect(&[0; 4])?;
    reader.finish()?;
    Ok(DeletionReceipt { subject, device, number, request, items, uptime_ds, wall })
}

fn prefix() -> Sign1Prefix {
    Sign1Prefix::new(u32::try_from(PAYLOAD).unwrap_or(u32::MAX))
}

/// Why a receipt was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReceiptRefusal {
    /// Not a receipt of a deletion, or of a version that this code does not know.
    NotAReceipt,
    /// The signature is not by this key: another device, or somebody changed the receipt.
    Refused,
    /// The receipt names another device than the key belongs to.
    WrongDevice,
}

impl core::fmt::Display for ReceiptRefusal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::NotAReceipt => "not a receipt of a deletion",
            Self::Refused => "the signature does not belong to this device key and these bytes",
            Self::WrongDevice => "the receipt names another device",
        })
    }
}

impl core::error::Error for ReceiptRefusal {}
