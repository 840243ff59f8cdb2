//! Log bundles on any bytes, behind a signature that is always accepted: what a dishonest device could send.

use gabion_crypto::{
    CryptoError, EcdsaP256Verify, P256PublicKey, P256Signature, Secret, Sha256, Software,
    SoftwareDigest,
};
use gabion_log::{Bundle, Lane};

/// Accepts every signature and gives every key the name that stands in the bundle.
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
pub fn log_bundle(data: &[u8]) {
    // The name of the device stands 8 bytes into the payload, which follows a head of 8, 9, 10 or 12 bytes.
    let head = match data.get(7) {
        Some(0x58) => 9,
        Some(0x59) => 10,
        Some(0x5a) => 12,
        _ => 8,
    };
    let name = data.get(head + 8..head + 40).and_then(|name| name.try_into().ok());
    let provider = Credulous(name.unwrap_or_default());
    let Ok(bundle) = Bundle::verify(&provider, data, &P256PublicKey([1; 64])) else { return };
    for lane in Lane::ALL {
        let pages = bundle.pages().filter(|page| page.lane() == lane);
        let newest = pages.map(|page| page.epoch()).max();
        assert!(newest.is_none_or(|epoch| epoch == bundle.lane(lane).head.epoch));
        // A dishonest epoch may cost time, up to a limit: not here.
        if bundle.lane(lane).head.epoch > 100 {
            return;
        }
    }
    assert_eq!(bundle.follows(&bundle), Ok(()), "every bundle follows itself");
    for seed in [*b"the seed that the factory keeps!", [0; 32]] {
        let mut visited = 0;
        let opened = bundle.open(&Software, &Secret::new(seed), |record| {
            visited += 1;
            assert!((1..=4).contains(&record.body.events().count()));
        });
        if let Ok(report) = opened {
            assert_eq!(report.records, visited);
        }
    }
}
