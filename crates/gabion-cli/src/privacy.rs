//! Verifies exports of personal data (`docs/spec/privacy.md` §9), and shows receipts of deletions.

use core::fmt;

use gabion_codec::cbor::{Budget, Document, Item};
use gabion_codec::{Sign1Prefix, Sign1View};
use gabion_crypto::{EcdsaP256Verify, P256PublicKey, P256Signature, Sha256, Software};
use gabion_privacy::DeletionReceipt;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::hex::hex;

/// The longest export that is looked at in bytes.
pub const LONGEST: usize = 16 << 20;

/// Why an export was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportRefusal {
    /// Not an export, or of a version that this tool does not know.
    NotAnExport,
    /// Not a detached signature of the kind that a device makes.
    NotASignature,
    /// The signature is not by this key: another device, or somebody changed the export.
    Refused,
    /// The export names another device than the key belongs to.
    WrongDevice,
}

impl fmt::Display for ExportRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAnExport => "not an export of personal data, or of a newer version",
            Self::NotASignature => "not a detached ES256 signature",
            Self::Refused => "the signature does not belong to this device key and these bytes",
            Self::WrongDevice => "the export names another device",
        })
    }
}

impl std::error::Error for ExportRefusal {}

const FORMAT: &str = "gabion privacy export 1";
const JWS_HEADER: &str = "eyJhbGciOiJFUzI1NiJ9";

/// Checks an export in CBOR and returns it in the form of one in JSON.
///
/// # Errors
///
/// See [`ExportRefusal`].
pub fn verify_cbor(message: &[u8], key: &P256PublicKey) -> Result<Value, ExportRefusal> {
    let view = Sign1View::parse(message).map_err(|_| ExportRefusal::NotAnExport)?;
    let budget = Budget { bytes: LONGEST, items: LONGEST, depth: 8 };
    let document = Document::parse(view.payload, budget).map_err(|_| ExportRefusal::NotAnExport)?;
    let value = export(document.root()).ok_or(ExportRefusal::NotAnExport)?;
    let len = u32::try_from(view.payload.len()).map_err(|_| ExportRefusal::NotAnExport)?;
    let hash = Software.sha256(&[Sign1Prefix::new(len).to_be_signed(), view.payload]);
    checked(value, &hash, &P256Signature(view.signature), key)
}

/// Checks an export in JSON against its detached signature and returns it.
///
/// # Errors
///
/// See [`ExportRefusal`].
pub fn verify_json(text: &[u8], jws: &str, key: &P256PublicKey) -> Result<Value, ExportRefusal> {
    let value: Value = serde_json::from_slice(text).map_err(|_| ExportRefusal::NotAnExport)?;
    if value["format"] != FORMAT || !value["subjects"].is_array() {
        return Err(ExportRefusal::NotAnExport);
    }
    let mut parts = jws.trim_end().split('.');
    let (header, payload, signature) = (parts.next(), parts.next(), parts.next());
    if header != Some(JWS_HEADER) || payload != Some("") || parts.next().is_some() {
        return Err(ExportRefusal::NotASignature);
    }
    let signature = signature.and_then(unbase64).ok_or(ExportRefusal::NotASignature)?;
    let signature = signature.try_into().map_err(|_| ExportRefusal::NotASignature)?;
    let hash = Software.sha256(&[JWS_HEADER.as_bytes(), b".", base64(text).as_bytes()]);
    checked(value, &hash, &P256Signature(signature), key)
}

fn checked(
    value: Value,
    hash: &[u8; 32],
    signature: &P256Signature,
    key: &P256PublicKey,
) -> Result<Value, ExportRefusal> {
    Software.p256_verify(key, hash, signature).map_err(|_| ExportRefusal::Refused)?;
    if value["device"] != hex(&Software.sha256(&[&key.0])) {
        return Err(ExportRefusal::WrongDevice);
    }
    Ok(value)
}

fn export(root: Item<'_>) -> Option<Value> {
    let Item::Map(entries) = root else { return None };
    let device: [u8; 32] = entries.get_unsigned(2)?.as_bytes()?.try_into().ok()?;
    (entries.get_unsigned(1)?.as_text()? == FORMAT).then_some(())?;
    let Item::Array(subjects) = entries.get_unsigned(3)? else { return None };
    let subjects = subjects.map(subject).collect::<Option<Vec<_>>>()?;
    Some(json!({ "format": FORMAT, "device": hex(&device), "subjects": subjects }))
}

fn subject(item: Item<'_>) -> Option<Value> {
    let Item::Map(entries) = item else { return None };
    let Item::Array(data) = entries.get_unsigned(2)? else { return None };
    let data = data.map(one).collect::<Option<Vec<_>>>()?;
    let mut out = Map::new();
    out.insert("subject".into(), entries.get_unsigned(1)?.as_text()?.into());
    out.insert("data".into(), data.into());
    match entries.get_unsigned(3)? {
        Item::Null => drop(out.insert("answers".into(), Value::Null)),
        Item::Map(record) => {
            let Item::Array(answers) = record.get_unsigned(1)? else { return None };
            let answers = answers.map(answer).collect::<Option<Vec<_>>>()?;
            out.insert("answers".into(), answers.into());
            out.insert("folded".into(), record.get_unsigned(2)?.as_u64()?.into());
            let Item::Bool(lost) = record.get_unsigned(3)? else { return None };
            out.insert("lost".into(), lost.into());
            out.insert("head".into(), hex(record.get_unsigned(4)?.as_bytes()?).into());
        }
        _ => return None,
    }
    Some(out.into())
}

fn one(item: Item<'_>) -> Option<Value> {
    let Item::Array(fields) = item else { return None };
    let [name, category, purpose, stored, value] = fields.collect::<Vec<_>>().try_into().ok()?;
    let mut out = Map::new();
    out.insert("name".into(), name.as_text()?.into());
    out.insert("category".into(), category.as_text()?.into());
    out.insert("purpose".into(), purpose.as_text()?.into());
    out.insert("stored".into(), time(stored)?);
    let (key, value) = match value {
        Item::Null => ("value", Value::Null),
        Item::Text(text) => ("value", text.into()),
        Item::Bytes(bytes) => ("hex", hex(bytes).into()),
        number => ("value", number.as_i64()?.into()),
    };
    out.insert(key.into(), value);
    Some(out.into())
}

fn answer(item: Item<'_>) -> Option<Value> {
    let Item::Array(fields) = item else { return None };
    let [purpose, version, yes, when] = fields.collect::<Vec<_>>().try_into().ok()?;
    let Item::Bool(yes) = yes else { return None };
    let (purpose, version) = (purpose.as_u64()?, version.as_u64()?);
    Some(json!({ "purpose": purpose, "version": version, "yes": yes, "time": time(when)? }))
}

fn time(item: Item<'_>) -> Option<Value> {
    match item {
        Item::Null => Some(Value::Null),
        other => Some(other.as_u64()?.into()),
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// base64url without padding (RFC 4648 §5).
fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() / 3 * 4 + 4);
    for three in bytes.chunks(3) {
        let mut group = [0; 4];
        group[1..=three.len()].copy_from_slice(three);
        let bits = u32::from_be_bytes(group);
        for place in 0..=three.len() {
            out.push(ALPHABET[(bits >> (18 - 6 * place) & 0x3f) as usize].into());
        }
    }
    out
}

fn unbase64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    for four in text.as_bytes().chunks(4) {
        let mut bits = 0_u32;
        for (place, digit) in four.iter().enumerate() {
            let value = ALPHABET.iter().position(|letter| letter == digit)?;
            bits |= u32::try_from(value).ok()? << (18 - 6 * place);
        }
        let bytes = bits.to_be_bytes();
        out.extend(&bytes[1..four.len().max(2)]);
    }
    // One text only for one value: no stray bits, no single last letter.
    (base64(&out) == text).then_some(out)
}

/// A receipt of a person's deletion in words.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// SHA-256 of the device's public key.
    pub device: String,
    /// Number of this deletion since the last factory reset; 0 when the count was lost.
    pub deletion: u32,
    /// Whose data was deleted.
    pub subject: &'static str,
    /// Items that the device can hold of them.
    pub items: u16,
    /// Number of the newest request to services that went with it, 0 for none.
    pub request: u32,
    /// Seconds since boot when it was finished.
    pub uptime_seconds: u32,
    /// Time of day when it was finished, if the device knew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unix_seconds: Option<u64>,
}

impl Shown {
    /// Puts a verified receipt into words.
    #[must_use]
    pub fn of(receipt: &DeletionReceipt) -> Self {
        Self {
            device: hex(&receipt.device),
            deletion: receipt.number,
            subject: receipt.subject.name(),
            items: receipt.items,
            request: receipt.request,
            uptime_seconds: receipt.uptime_ds / 10,
            unix_seconds: receipt.wall.map(|wall| wall.unix_seconds),
        }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "sound: deletion number {} on device {}", self.deletion, &self.device[..16])?;
        writeln!(f, "  of              {}: the key of all their data was destroyed", self.subject)?;
        writeln!(f, "  items           {}", self.items)?;
        match self.request {
            0 => writeln!(f, "  services        none had anything"),
            number => writeln!(f, "  services        asked, up to request {number}"),
        }
    }
}
