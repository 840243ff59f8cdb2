//! Images on the host: the same verdict as on the device, a dump, and the signer.

mod draft;
mod dump;

pub use draft::{Draft, KeyFormat, SignatureBytes};
pub use dump::{Dump, dump};

use gabion_boot::{Image, KeySet, Policy, Refusal, Verified, Verifier};
use gabion_crypto::Software;
use serde_json::{Value, json};

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
    let mut verifier = Verifier::new(&Software, keys, policy, 0);
    verifier.feed(content)?;
    // The rest of the slot. A TLV area there has no magic, so a body that reaches into it needs no hashing to be refused.
    if let Some(header) = verifier.unverified_header() {
        let body_end = u64::from(header.hdr_size) + u64::from(header.img_size);
        if !verifier.is_complete() && body_end >= content.len() as u64 {
            return Err(Refusal::TlvInfoMagic);
        }
    }
    while !verifier.is_complete() {
        verifier.feed(&[0xff; 256])?;
    }
    verifier.finish()
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

/// Writes bytes as hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
