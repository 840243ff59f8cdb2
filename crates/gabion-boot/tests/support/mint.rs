//! Makes images, right ones and ones that no signing tool writes.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "shared by several tests"
)]

use gabion_boot::{Header, TrustedKey, Version};
use gabion_codec::{Writer, der};
use gabion_crypto::{EcdsaP256Sign, Secret, Sha256, Software};

/// A P-256 test key whose 32 bytes are all `seed`.
pub fn key(seed: u8) -> Secret<[u8; 32]> {
    Secret::new([seed; 32])
}

pub fn trusted(seed: u8) -> TrustedKey {
    TrustedKey::p256(&Software, Software.p256_public_key(&key(seed)).unwrap())
}

pub type Tlv = (u16, Vec<u8>);

/// An image in the making. Every field may be set to what it should not be.
#[derive(Clone)]
pub struct Mint {
    pub header: Header,
    pub body: Vec<u8>,
    pub protected: Vec<Tlv>,
    pub key: u8,
}

impl Mint {
    /// An image with a security counter, signed by test key 1, with a body of `len` bytes that depend on `counter`.
    pub fn new(counter: u32, len: usize) -> Self {
        let body = (0..len)
            .map(|at| (at as u32).wrapping_mul(2_654_435_761).wrapping_add(counter) as u8)
            .collect();
        Self {
            header: Header {
                load_addr: 0,
                hdr_size: 0x40,
                protected_size: 0,
                img_size: 0,
                flags: 0,
                version: Version { major: 1, minor: 0, revision: counter as u16, build: 0 },
            },
            body,
            protected: vec![(0x50, counter.to_le_bytes().to_vec())],
            key: 1,
        }
    }

    /// What is hashed and signed.
    pub fn signed(&self) -> Vec<u8> {
        let area = area(0x6908, &self.protected);
        let mut header = self.header;
        header.img_size = self.body.len() as u32;
        header.protected_size = if self.protected.is_empty() { 0 } else { area.len() as u16 };
        let mut out = header.emit().to_vec();
        out.resize(usize::from(header.hdr_size), 0);
        out.extend(&self.body);
        if !self.protected.is_empty() {
            out.extend(area);
        }
        out
    }

    pub fn build(&self) -> Vec<u8> {
        seal(self.signed(), self.key)
    }
}

/// The unprotected TLVs over signed bytes.
pub fn proof(signed: &[u8], key_seed: u8) -> Vec<Tlv> {
    let hash = Software.sha256(&[signed]);
    let signature = Software.p256_sign(&key(key_seed), &hash).unwrap();
    let mut buffer = [0; 72];
    let mut writer = Writer::new(&mut buffer);
    der::emit_p256_signature(&signature.0, &mut writer).unwrap();
    vec![
        (0x10, hash.to_vec()),
        (0x01, trusted(key_seed).hash().to_vec()),
        (0x22, writer.written().to_vec()),
    ]
}

/// Appends the unprotected area to signed bytes.
pub fn seal(signed: Vec<u8>, key_seed: u8) -> Vec<u8> {
    let proof = proof(&signed, key_seed);
    with_area(signed, &proof)
}

pub fn with_area(mut signed: Vec<u8>, tlvs: &[Tlv]) -> Vec<u8> {
    signed.extend(area(0x6907, tlvs));
    signed
}

pub fn area(magic: u16, tlvs: &[Tlv]) -> Vec<u8> {
    let total = 4 + tlvs.iter().map(|(_, value)| 4 + value.len()).sum::<usize>();
    let mut out = magic.to_le_bytes().to_vec();
    out.extend((total as u16).to_le_bytes());
    for (ty, value) in tlvs {
        out.extend(ty.to_le_bytes());
        out.extend((value.len() as u16).to_le_bytes());
        out.extend(value);
    }
    out
}
