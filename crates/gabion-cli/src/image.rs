//! Images on the host: the same verdict as on the device, a dump, and the signer.

mod draft;
mod dump;

pub use draft::{Draft, KeyFormat, SignatureBytes};
pub use dump::{Dump, dump};

use gabion_boot::{
    Header, Image, KeySet, Policy, Refusal, Verified, Verifier, verify_bytes_or_pure,
};
use gabion_crypto::Software;
use serde_json::{Value, json};

use crate::hex::hex;

/// Decides over the content of a slot whose rest reads 0xFF, as the device's boot loader does.
///
/// # Errors
///
/// The device's own refusal.
pub fn verify_slot_content(
    content: &[u8],
    keys: KeySet<'_>,
    policy: &Policy<'_>,
) -> Result<Verified<Image>, Refusal> {
    let header = content.first_chunk::<32>().and_then(|head| Header::parse(head).ok());
    if let Some(header) = header {
        // A TLV area in the erased rest has no magic, so a body that reaches into it needs no hashing to be refused.
        let body_end = u64::from(header.hdr_size) + u64::from(header.img_size);
        if body_end >= content.len() as u64 {
            return Err(refusal_of_header(&header, policy));
        }
    }
    // Two areas of at most 64 KiB each follow the body.
    let slot = [content, &[0xff; 2 << 16]].concat();
    verify_bytes_or_pure(&slot, keys, policy, &Software)
}

/// The refusal of an image whose TLVs lie in the erased rest of the slot: the header's own comes first.
fn refusal_of_header(header: &Header, policy: &Policy<'_>) -> Refusal {
    let mut verifier = Verifier::new(&Software, KeySet::new(&[]), policy, 0);
    verifier.feed(&header.emit()).err().unwrap_or(Refusal::TlvInfoMagic)
}

/// Tells in JSON what a verified image says of itself.
#[must_use]
pub fn report(image: &Image) -> Value {
    let hex = |bytes: &[u8]| hex(bytes);
    let header = image.header();
    json!({
        "version": image.version().to_string(),
        "end": image.end(),
        "header_size": header.hdr_size,
        "body_size": header.img_size,
        "protected_size": header.protected_size,
        "load_address": (header.flags & gabion_boot::flag::ROM_FIXED != 0).then_some(header.load_addr),
        "sha256": hex(image.digest()),
        "key_sha256": hex(image.key_hash()),
        "security_counter": image.security_counter(),
        "vendor_id": image.vendor_id().map(|id| hex(id)),
        "class_id": image.class_id().map(|id| hex(id)),
        "support_end": image.support_end().map(|date| date.to_string()),
        "sbom_sha256": image.sbom_sha256().map(|hash| hex(hash)),
        "advisory": image.advisory().map(|advisory| json!({
            "severity": format!("{:?}", advisory.severity).to_lowercase(),
            "exploited": advisory.exploited,
        })),
        "dependencies": image.dependencies().iter().map(|dependency| json!({
            "image": dependency.image,
            "min_version": dependency.min_version.to_string(),
        })).collect::<Vec<_>>(),
    })
}
