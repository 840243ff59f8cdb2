//! Golden bytes of receipts, and what a reset costs.
//!
//! `GABION_BLESS=1` writes the files anew: only together with a new magic.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

mod device;

use device::*;
use gabion_crypto::{EcdsaP256Sign, Secret, Software};
use gabion_erase::{RECEIPT_LEN, Receipt, newest_receipt, order};
use gabion_flash::block_on;
use gabion_hal::NoEvents;

fn data(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

#[test]
fn a_receipt_is_as_it_always_was() {
    let mut board = new_device().power_on(None);
    let mut live = open(&mut board).unwrap();
    block_on(live_in(&mut live)).unwrap();
    let _ordered = block_on(order(&mut live.store, Told, &mut NoEvents)).unwrap();
    block_on(resume_with(&mut live, &Software)).unwrap();
    let mut bytes = [0; RECEIPT_LEN];
    block_on(newest_receipt(&mut live.store, &mut bytes)).unwrap();
    if std::env::var_os("GABION_BLESS").is_some() {
        std::fs::write(data("reset.receipt"), bytes).unwrap();
    }
    assert_eq!(std::fs::read(data("reset.receipt")).unwrap(), bytes);
    let public = Software.p256_public_key(&Secret::new(IDENTITY_VALUE)).unwrap();
    let receipt = Receipt::verify(&Software, &bytes, &public).unwrap();
    assert_eq!(receipt.device, gabion_crypto::Sha256::sha256(&Software, &[&public.0]));
}

/// The numbers of `docs/spec/erase.md` §1, read straight from the bytes.
#[test]
fn a_receipt_reads_as_the_specification_says() {
    let bytes = std::fs::read(data("reset.receipt")).unwrap();
    assert_eq!(bytes[..9], [0xd2, 0x84, 0x43, 0xa1, 0x01, 0x26, 0xa0, 0x58, 104]);
    let payload = &bytes[9..113];
    assert_eq!(&payload[..4], b"GbE1");
    assert_eq!(
        payload[4..8],
        [1, 1, 0b0000_1110, 0],
        "command, one region, user secrets + settings + personal"
    );
    assert_eq!(payload[40..72], PLAN.digest(&Software));
    assert_eq!(payload[72..76], 1_u32.to_le_bytes(), "first reset");
    assert_eq!(payload[76..80], 3_u32.to_le_bytes(), "pages");
    assert_eq!(payload[80..84], 1536_u32.to_le_bytes(), "bytes read back");
    assert_eq!(bytes[113..115], [0x58, 0x40]);
    assert_eq!(bytes.len(), 179);
}
