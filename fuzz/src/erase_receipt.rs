//! Receipts of factory resets on any bytes, behind a signature that is always accepted.

use gabion_crypto::{
    CryptoError, EcdsaP256Verify, P256PublicKey, P256Signature, Sha256, Software, SoftwareDigest,
};
use gabion_erase::{RECEIPT_LEN, Receipt};

/// Accepts every signature and gives every key the name that stands in the receipt.
struct Credulous([u8; 32]);

impl Sha256 for Credulous {
    type Digest = SoftwareDigest;

    fn sha256_start(&self) -> SoftwareDigest {
        Software.sha256_start()
    }

    fn sha256(&self, _parts: &[&[u8]]) -> [u8; 32] {
        self.0
    }
}

impl EcdsaP256Verify for Credulous {
    fn p256_verify(
        &self,
        _key: &P256PublicKey,
        _hash: &[u8; 32],
        _signature: &P256Signature,
    ) -> Result<(), CryptoError> {
        Ok(())
    }
}

/// What must hold for every input.
pub fn erase_receipt(data: &[u8]) {
    let name = data.get(17..49).and_then(|name| name.try_into().ok());
    let provider = Credulous(name.unwrap_or_default());
    if let Ok(receipt) = Receipt::verify(&provider, data, &P256PublicKey([1; 64])) {
        assert_eq!(data.len(), RECEIPT_LEN, "one length");
        assert_eq!(receipt.device, provider.0);
    }
}
