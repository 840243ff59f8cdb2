//! What an image says of itself, unchecked.

use std::fmt;

use gabion_boot::{Header, Refusal, Version, tlv_type};
use gabion_codec::{ByteOrder, Reader, TlvFormat, Width};
use serde::Serialize;

use crate::hex::hex;

const ENTRY: TlvFormat =
    TlvFormat { kind: Width::U16, length: Width::U16, order: ByteOrder::Little };

/// What an image says of itself.
#[derive(Debug, Serialize)]
pub struct Dump {
    version: String,
    header_size: u16,
    body_size: u32,
    protected_size: u16,
    flags: u32,
    load_address: u32,
    end: u64,
    tlvs: Vec<Entry>,
    /// Why a device would refuse the header alone.
    header_refusal: Option<&'static str>,
    /// Where reading stopped, if the TLVs are damaged.
    damage: Option<String>,
}

#[derive(Debug, Serialize)]
struct Entry {
    protected: bool,
    #[serde(rename = "type")]
    kind: u16,
    name: Option<&'static str>,
    offset: usize,
    value: String,
}

/// Reads header and TLVs as far as they can be read, also where a device would refuse the header.
///
/// # Errors
///
/// When there is no header.
pub fn dump(content: &[u8]) -> Result<Dump, Refusal> {
    let head = content.first_chunk::<32>().ok_or(Refusal::Truncated)?;
    let refusal = Header::parse(head).err();
    if let Some(none @ (Refusal::Empty | Refusal::BadMagic)) = refusal {
        return Err(none);
    }
    let header = fields(head).ok_or(Refusal::Truncated)?;
    let mut dump = Dump {
        version: header.version.to_string(),
        header_size: header.hdr_size,
        body_size: header.img_size,
        protected_size: header.protected_size,
        flags: header.flags,
        load_address: header.load_addr,
        end: 0,
        tlvs: Vec::new(),
        header_refusal: refusal.map(Refusal::name),
        damage: None,
    };
    let body_end = u64::from(header.hdr_size) + u64::from(header.img_size);
    let mut reader = Reader::new(content);
    let skipped = usize::try_from(body_end).is_ok_and(|end| reader.skip(end).is_ok());
    if !skipped {
        dump.damage = Some("the file ends within the body".to_owned());
        return Ok(dump);
    }
    let areas: &[(bool, u16)] = if header.protected_size > 0 {
        &[(true, 0x6908), (false, 0x6907)]
    } else {
        &[(false, 0x6907)]
    };
    for (protected, magic) in areas {
        if let Err(damage) = dump.area(&mut reader, *protected, *magic) {
            dump.damage = Some(damage);
            break;
        }
    }
    dump.end = reader.position() as u64;
    Ok(dump)
}

impl Dump {
    fn area(&mut self, reader: &mut Reader<'_>, protected: bool, magic: u16) -> Result<(), String> {
        let text = |error: gabion_codec::CodecError| format!("TLV area: {error}");
        let found = reader.u16_le().map_err(text)?;
        let total = reader.u16_le().map_err(text)?;
        if found != magic {
            return Err(format!("TLV area begins with {found:#06x}, not with {magic:#06x}"));
        }
        if total < 4 {
            return Err(format!("TLV area of {total} bytes"));
        }
        let entries = reader.nested(usize::from(total.saturating_sub(4))).map_err(text)?;
        for entry in ENTRY.entries_of(entries) {
            let entry = entry.map_err(text)?;
            let kind = entry.kind as u16;
            let value = hex(entry.value);
            self.tlvs.push(Entry {
                protected,
                kind,
                name: name(kind),
                offset: entry.offset,
                value,
            });
        }
        Ok(())
    }
}

/// The fields of a header, whatever they say.
fn fields(head: &[u8; 32]) -> Option<Header> {
    let mut reader = Reader::new(head);
    reader.skip(4).ok()?;
    Some(Header {
        load_addr: reader.u32_le().ok()?,
        hdr_size: reader.u16_le().ok()?,
        protected_size: reader.u16_le().ok()?,
        img_size: reader.u32_le().ok()?,
        flags: reader.u32_le().ok()?,
        version: Version::parse(reader.array().ok()?),
    })
}

const fn name(kind: u16) -> Option<&'static str> {
    Some(match kind {
        tlv_type::KEYHASH => "KEYHASH",
        tlv_type::PUBKEY => "PUBKEY",
        tlv_type::SHA256 => "SHA256",
        tlv_type::SHA384 => "SHA384",
        tlv_type::SHA512 => "SHA512",
        tlv_type::RSA2048 => "RSA2048",
        tlv_type::ECDSA224 => "ECDSA224",
        tlv_type::ECDSA_SIG => "ECDSA_SIG",
        tlv_type::RSA3072 => "RSA3072",
        tlv_type::ED25519 => "ED25519",
        tlv_type::SIG_PURE => "SIG_PURE",
        tlv_type::DEPENDENCY => "DEPENDENCY",
        tlv_type::SEC_CNT => "SEC_CNT",
        tlv_type::BOOT_RECORD => "BOOT_RECORD",
        tlv_type::UUID_VID => "UUID_VID",
        tlv_type::UUID_CID => "UUID_CID",
        tlv_type::SUPPORT_END => "SUPPORT_END",
        tlv_type::SBOM_SHA256 => "SBOM_SHA256",
        tlv_type::ADVISORY => "ADVISORY",
        _ => return None,
    })
}

impl fmt::Display for Dump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "version      {}", self.version)?;
        writeln!(f, "header       {} bytes, flags {:#x}", self.header_size, self.flags)?;
        writeln!(f, "load address {:#010x}", self.load_address)?;
        writeln!(f, "body         {} bytes", self.body_size)?;
        if let Some(refusal) = self.header_refusal {
            writeln!(f, "refused      {refusal}: a device reads no further")?;
        }
        for entry in &self.tlvs {
            let area = if entry.protected { "protected" } else { "unprotected" };
            let name =
                entry.name.unwrap_or(if tlv_type::is_vendor(entry.kind) { "vendor" } else { "?" });
            writeln!(f, "{area:<12} {:#06x} {name:<11} {}", entry.kind, entry.value)?;
        }
        if let Some(damage) = &self.damage {
            writeln!(f, "damaged      {damage}")?;
        }
        writeln!(f, "end          {}", self.end)
    }
}
