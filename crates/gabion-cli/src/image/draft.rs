//! An image in the making.

use anyhow::{Context, ensure};
use gabion_boot::{Advisory, Date, Header, Version, flag, tlv_type};
use gabion_codec::{ByteOrder, TlvFormat, Width, Writer, der};
use gabion_crypto::{Sha256, Software};

use crate::keys::Public;

const ENTRY: TlvFormat =
    TlvFormat { kind: Width::U16, length: Width::U16, order: ByteOrder::Little };

/// How the signer's key is named in the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFormat {
    /// By its hash.
    Hash,
    /// In full, for devices that keep only a hash.
    Full,
}

/// A signature as a signer gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureBytes {
    /// ECDSA on P-256, DER.
    P256Der(Vec<u8>),
    /// Ed25519.
    Ed25519([u8; 64]),
}

/// An image that is not signed yet. The order of the protected entries is imgtool's.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The version.
    pub version: Version,
    /// Length of the header with its padding, in bytes.
    pub header_size: u16,
    /// What fills the padding: 0xff where imgtool pads, 0 where the binary left room.
    pub padding: u8,
    /// The firmware.
    pub body: Vec<u8>,
    /// The address that the body is linked for, if it runs only there.
    pub rom_fixed: Option<u32>,
    /// The security counter.
    pub security_counter: Option<u32>,
    /// Wanted versions of other images.
    pub dependencies: Vec<(u8, Version)>,
    /// The vendor id.
    pub vendor_id: Option<[u8; 16]>,
    /// The class id.
    pub class_id: Option<[u8; 16]>,
    /// Other vendor TLVs: type and value.
    pub vendor: Vec<(u16, Vec<u8>)>,
    /// The last day of the support period.
    pub support_end: Option<Date>,
    /// SHA-256 of the software bill of materials.
    pub sbom_sha256: Option<[u8; 32]>,
    /// What the update repairs.
    pub advisory: Option<Advisory>,
}

impl Draft {
    /// Begins with a body and a version.
    #[must_use]
    pub fn new(body: Vec<u8>, version: Version) -> Self {
        Self {
            version,
            header_size: 0x200,
            padding: 0xff,
            body,
            rom_fixed: None,
            security_counter: None,
            dependencies: Vec::new(),
            vendor_id: None,
            class_id: None,
            vendor: Vec::new(),
            support_end: None,
            sbom_sha256: None,
            advisory: None,
        }
    }

    fn protected(&self) -> anyhow::Result<Vec<u8>> {
        let mut entries: Vec<(u16, Vec<u8>)> = Vec::new();
        if let Some(counter) = self.security_counter {
            entries.push((tlv_type::SEC_CNT, counter.to_le_bytes().to_vec()));
        }
        for (image, version) in &self.dependencies {
            let value = [&[*image, 0, 0, 0][..], &version.emit()].concat();
            entries.push((tlv_type::DEPENDENCY, value));
        }
        let ids = [(tlv_type::UUID_VID, self.vendor_id), (tlv_type::UUID_CID, self.class_id)];
        entries.extend(ids.into_iter().filter_map(|(kind, id)| Some((kind, id?.to_vec()))));
        entries.extend(self.vendor.iter().cloned());
        if let Some(date) = self.support_end {
            entries.push((tlv_type::SUPPORT_END, date.emit().to_vec()));
        }
        if let Some(hash) = self.sbom_sha256 {
            entries.push((tlv_type::SBOM_SHA256, hash.to_vec()));
        }
        if let Some(advisory) = self.advisory {
            entries.push((tlv_type::ADVISORY, advisory.emit().to_vec()));
        }
        if entries.is_empty() { Ok(Vec::new()) } else { area(0x6908, &entries) }
    }

    /// Returns the bytes that are hashed and signed.
    ///
    /// # Errors
    ///
    /// When something does not fit its field.
    pub fn signed_bytes(&self) -> anyhow::Result<Vec<u8>> {
        ensure!(self.header_size >= 32, "the header has at least 32 bytes");
        let protected = self.protected()?;
        let header = Header {
            load_addr: self.rom_fixed.unwrap_or(0),
            hdr_size: self.header_size,
            protected_size: u16::try_from(protected.len()).context("too many TLVs")?,
            img_size: u32::try_from(self.body.len()).context("the binary is too large")?,
            flags: if self.rom_fixed.is_some() { flag::ROM_FIXED } else { 0 },
            version: self.version,
        };
        let mut out = header.emit().to_vec();
        out.resize(usize::from(self.header_size), self.padding);
        out.extend(&self.body);
        out.extend(protected);
        Ok(out)
    }

    /// Returns the hash that is to be signed: for P-256 the value to sign, for Ed25519 the message.
    ///
    /// # Errors
    ///
    /// As [`signed_bytes`](Self::signed_bytes).
    pub fn digest(&self) -> anyhow::Result<[u8; 32]> {
        Ok(Software.sha256(&[&self.signed_bytes()?]))
    }

    /// Puts the signature on.
    ///
    /// # Errors
    ///
    /// When signature and key are of different kinds or something does not fit its field.
    pub fn finish(
        &self,
        key: &Public,
        format: KeyFormat,
        signature: &SignatureBytes,
    ) -> anyhow::Result<Vec<u8>> {
        let mut out = self.signed_bytes()?;
        let spki = key.spki();
        let hash = Software.sha256(&[&out]);
        let signer = match format {
            KeyFormat::Hash => (tlv_type::KEYHASH, Software.sha256(&[&spki]).to_vec()),
            KeyFormat::Full => (tlv_type::PUBKEY, spki),
        };
        let signature = match (key, signature) {
            (Public::P256(_), SignatureBytes::P256Der(bytes)) => {
                (tlv_type::ECDSA_SIG, bytes.clone())
            }
            (Public::Ed25519(_), SignatureBytes::Ed25519(bytes)) => {
                (tlv_type::ED25519, bytes.to_vec())
            }
            _ => anyhow::bail!("key and signature are of different kinds"),
        };
        out.extend(area(0x6907, &[(tlv_type::SHA256, hash.to_vec()), signer, signature])?);
        Ok(out)
    }
}

impl SignatureBytes {
    /// Encodes r and s.
    ///
    /// # Errors
    ///
    /// When one of them is zero.
    pub fn p256(signature: &[u8; 64]) -> anyhow::Result<Self> {
        let mut buffer = [0; 72];
        let mut writer = Writer::new(&mut buffer);
        der::emit_p256_signature(signature, &mut writer)?;
        Ok(Self::P256Der(writer.written().to_vec()))
    }
}

fn area(magic: u16, entries: &[(u16, Vec<u8>)]) -> anyhow::Result<Vec<u8>> {
    let total = entries.iter().map(|(_, value)| 4 + value.len()).sum::<usize>() + 4;
    let mut out = vec![0; total];
    let mut writer = Writer::new(&mut out);
    writer.u16_le(magic)?;
    writer.u16_le(u16::try_from(total).context("a TLV area has at most 65535 bytes")?)?;
    for (kind, value) in entries {
        ENTRY.emit(&mut writer, u32::from(*kind), value)?;
    }
    Ok(out)
}
