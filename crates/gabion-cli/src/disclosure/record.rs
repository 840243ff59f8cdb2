//! The record that a device serves, from the facts. Layout: `docs/spec/lockdown.md`.

use anyhow::Context;
use gabion_lockdown::DisclosureRecord;

use super::facts::Facts;

/// Encodes the record, exactly as the device would.
///
/// # Errors
///
/// When a fact does not fit.
pub fn encode(facts: &Facts, sbom_sha256: Option<[u8; 32]>) -> anyhow::Result<Vec<u8>> {
    let record = DisclosureRecord {
        manufacturer: &facts.manufacturer.name,
        model: &facts.product.model,
        contact: facts.manufacturer.contacts.first().context("no contact")?,
        policy: &facts.manufacturer.policy,
        support_until: &facts.product.support_until,
        sbom_sha256,
    };
    let mut buffer = [0; 512];
    Ok(record.encode(&mut buffer)?.to_vec())
}
