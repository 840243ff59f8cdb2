//! What was done to boot loaders, done to this one. Each test is named after the attack.
// A test may stop loudly.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod support;

use core::convert::Infallible;

use embedded_storage_async::nor_flash::{ErrorType, ReadNorFlash};
use gabion_boot::{
    Dependencies, Effort, KeySet, Policy, Refusal, Slot, TrustedKey, Verified, Verifier,
    VerifyError, Version, verify, verify_bytes, verify_bytes_or_pure,
};
use gabion_codec::{Writer, der};
use gabion_crypto::{
    CryptoError, EcdsaP256Verify, Ed25519Verify, P256PublicKey, P256Signature, Sha256, Sha512,
    Software,
};
use gabion_sim::block_on;
use support::mint::{self, Mint, area, proof, seal, with_area};
use support::{sample, samples, verify_in_slot};

fn judge(image: &[u8], policy: &Policy<'_>) -> Result<(), Refusal> {
    match verify_in_slot(image, &[mint::trusted(1), mint::trusted(2)], policy) {
        Ok(_) => Ok(()),
        Err(VerifyError::Refused(refusal)) => Err(refusal),
        Err(error) => panic!("{error}"),
    }
}

fn open() -> Policy<'static> {
    Policy::new(0x1_0000).effort(Effort::Single)
}

#[test]
fn single_bit_flips_over_header_tlvs_and_signature() {
    let mut tried = 0;
    for id in ["public-02", "public-04", "public-06", "public-07"] {
        let sample = sample(id);
        let end = sample.verify().unwrap().end() as usize;
        let body = usize::from(u16::from_le_bytes([sample.bytes[8], sample.bytes[9]]));
        let body_end = body + u32::from_le_bytes(sample.bytes[12..16].try_into().unwrap()) as usize;
        let policy = sample.policy.effort(Effort::Single);
        for at in (0..body).chain(body_end..end) {
            for bit in 0..8 {
                let mut flipped = sample.bytes.clone();
                flipped[at] ^= 1 << bit;
                let verdict = verify_in_slot(&flipped, &sample.keys, &policy);
                assert!(
                    matches!(verdict, Err(VerifyError::Refused(_))),
                    "{id}: byte {at}, bit {bit}"
                );
                tried += 1;
            }
        }
    }
    println!("{tried} bits flipped, 0 accepted");
    assert!(tried > 17_000);
}

#[test]
fn images_cut_short_anywhere() {
    let sample = sample("public-02");
    let end = sample.verify().unwrap().end() as usize;
    for len in 0..end {
        // In a file that ends, and in a slot that goes on erased.
        assert!(
            verify_bytes(&sample.bytes[..len], KeySet::new(&sample.keys), &open(), &Software)
                .is_err()
        );
        if len % 7 == 0 || len + 300 > end {
            let verdict = verify_in_slot(&sample.bytes[..len], &sample.keys, &open());
            // The last byte of a signature may itself be 0xff.
            assert!(verdict.is_err() || sample.bytes[len..end].iter().all(|byte| *byte == 0xff));
        }
    }
}

/// CVE-2024-32883: types that only count when they are protected were taken from the unprotected area.
#[test]
fn cve_2024_32883_protected_types_in_the_unprotected_area() {
    let with = Mint::new(5, 600);
    let mut without = with.clone();
    without.protected.clear();
    let floor = open().min_counter(3);
    assert_eq!(judge(&with.build(), &floor), Ok(()));
    assert_eq!(judge(&without.build(), &floor), Err(Refusal::CounterMissing));
    let types: [(u16, usize); 8] = [
        (0x40, 12),
        (0x50, 4),
        (0x60, 40),
        (0x74, 16),
        (0x75, 16),
        (0xa0, 4),
        (0x67a0, 4),
        (0x70, 4),
    ];
    for (ty, len) in types {
        for place in 0..4 {
            let signed = without.signed();
            let mut tlvs = proof(&signed, 1);
            tlvs.insert(place, (ty, vec![9; len]));
            let verdict = judge(&with_area(signed, &tlvs), &open());
            assert_eq!(verdict, Err(Refusal::TlvWrongArea), "{ty:#x} at place {place}");
        }
    }
}

#[test]
fn hash_key_and_signature_in_the_protected_area() {
    for (ty, len) in
        [(0x01, 32), (0x02, 91), (0x10, 32), (0x12, 64), (0x22, 70), (0x24, 64), (0x25, 1)]
    {
        let mut mint = Mint::new(5, 600);
        mint.protected.push((ty, vec![1; len]));
        assert_eq!(judge(&mint.build(), &open()), Err(Refusal::TlvWrongArea), "{ty:#x}");
    }
}

/// MCUboot issue 1894: what follows the TLVs was copied along.
#[test]
fn mcuboot_1894_bytes_after_the_end_are_not_part_of_the_image() {
    let image = Mint::new(5, 600).build();
    let mut long = image.clone();
    long.extend([0x5a; 999]);
    let mut copied = Vec::new();
    let mut verifier_sees = |at: u32, part: &[u8]| {
        assert_eq!(at as usize, copied.len());
        copied.extend_from_slice(part);
    };
    let mut flash = Memory(long);
    let slot = Slot { number: 0, offset: 0, size: flash.0.len() as u32 / 4 * 4 };
    let keys = [mint::trusted(1)];
    let verified = block_on(verify(
        &mut flash,
        slot,
        KeySet::new(&keys),
        &open(),
        &Software,
        &mut verifier_sees,
    ));
    assert_eq!(verified.unwrap().end() as usize, image.len());
    assert_eq!(copied, image);
}

/// MCUboot issue 2025: a corrupt size led to hours of hashing.
#[test]
fn mcuboot_2025_work_is_bounded_by_the_slot() {
    let mut image = Mint::new(5, 600).build();
    for size in [0x1_0000_u32, 0x00ff_ffff, 0x7fff_ffff, 0xffff_ffff, 0xffff_ffc0] {
        image[12..16].copy_from_slice(&size.to_le_bytes());
        let mut counting = Counting { inner: Memory(image.clone()), read: 0 };
        let slot = Slot { number: 0, offset: 0, size: 512 };
        let keys = [mint::trusted(1)];
        let policy = Policy::new(u32::MAX);
        let verdict = block_on(verify(
            &mut counting,
            slot,
            KeySet::new(&keys),
            &policy,
            &Software,
            |_, _| (),
        ));
        assert_eq!(verdict, Err(VerifyError::Refused(Refusal::SizeOutOfRange)));
        assert!(counting.read <= 256, "refused by the first read, not after {}", counting.read);
    }
}

#[test]
fn an_image_larger_than_the_policy_or_the_slot() {
    let image = Mint::new(5, 600).build();
    let end = image.len() as u32;
    assert_eq!(judge(&image, &Policy::new(end)), Ok(()));
    assert_eq!(judge(&image, &Policy::new(end - 1)), Err(Refusal::SizeOutOfRange));
}

/// MCUboot's boot record code looped for ever over a record of length zero.
#[test]
fn mcuboot_boot_record_of_length_zero() {
    for value in [vec![], vec![0xa5], vec![0; 40], vec![0xff; 40], vec![0xa5; 300]] {
        let mut mint = Mint::new(5, 600);
        mint.protected.push((0x60, value.clone()));
        let refusal = judge(&mint.build(), &open()).unwrap_err();
        let expected =
            if value.len() == 40 { Refusal::RecordMalformed } else { Refusal::TlvLength };
        assert_eq!(refusal, expected);
    }
    // Entries of length zero go forward, however many.
    let mut mint = Mint::new(5, 600);
    mint.protected.extend((0..40).map(|n| (0xa0 + n, vec![])));
    assert_eq!(judge(&mint.build(), &open()), Err(Refusal::TooManyTlvs));
    mint.protected.truncate(30);
    assert_eq!(judge(&mint.build(), &open()), Ok(()));
}

/// CVE-2020-10648, CVE-2021-27097, CVE-2021-27138: the signature was checked for another configuration than the one that ran.
#[test]
fn u_boot_fit_the_signature_of_another_image() {
    let (a, b) = (Mint::new(5, 600), Mint::new(6, 600));
    let swapped = with_area(a.signed(), &proof(&b.signed(), 1));
    assert_eq!(judge(&swapped, &open()), Err(Refusal::HashMismatch));
    // The attacker repairs the hash: then the signature is over another one.
    let mut tlvs = proof(&a.signed(), 1);
    tlvs[2] = proof(&b.signed(), 1).remove(2);
    assert_eq!(judge(&with_area(a.signed(), &tlvs), &open()), Err(Refusal::SignatureInvalid));
    // Two complete proofs, of which a careless loader checks one and uses the other.
    let both = [proof(&b.signed(), 1), proof(&a.signed(), 1)].concat();
    assert!(judge(&with_area(a.signed(), &both), &open()).is_err());
    let two_areas =
        with_area(with_area(a.signed(), &proof(&a.signed(), 1)), &proof(&b.signed(), 1));
    assert_eq!(judge(&two_areas, &open()), Ok(()), "a second area lies behind the end");
}

/// CVE-2022-21449: r = s = 0 was a valid signature.
#[test]
fn cve_2022_21449_signatures_out_of_range() {
    let signed = Mint::new(5, 600).signed();
    let order = support::unhex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    let zero = vec![0x30, 6, 2, 1, 0, 2, 1, 0];
    let with = |r: &[u8], s: &[u8]| {
        let mut buffer = [0; 72];
        let mut writer = Writer::new(&mut buffer);
        let fixed: [u8; 64] = [r, s].concat().try_into().unwrap();
        der::emit_p256_signature(&fixed, &mut writer).unwrap();
        writer.written().to_vec()
    };
    let one = [&[0; 31][..], &[1]].concat();
    for signature in [
        zero,
        with(&order, &one),
        with(&one, &order),
        with(&one, &one),
        with(&order, &order),
        with(&[0xff; 32], &[0xff; 32]),
    ] {
        let mut tlvs = proof(&signed, 1);
        tlvs[2].1 = signature;
        let refusal = judge(&with_area(signed.clone(), &tlvs), &open()).unwrap_err();
        assert!(
            matches!(refusal, Refusal::SignatureInvalid | Refusal::SignatureMalformed),
            "{refusal}"
        );
    }
}

#[test]
fn signatures_in_another_encoding() {
    let signed = Mint::new(5, 600).signed();
    let tlvs = proof(&signed, 1);
    let right = tlvs[2].1.clone();
    let r_len = usize::from(right[3]);
    let (r, s) = (right[4..4 + r_len].to_vec(), right[6 + r_len..].to_vec());
    let sequence = |content: Vec<u8>| [vec![0x30, content.len() as u8], content].concat();
    let integer = |value: &[u8]| [vec![2, value.len() as u8], value.to_vec()].concat();
    let zeroed = |value: &[u8]| [vec![0], value.to_vec()].concat();
    assert_eq!(sequence([integer(&r), integer(&s)].concat()), right);
    let wrong = [
        [right.clone(), vec![0]].concat(), // padded, as imgtool did long ago
        [right.clone(), vec![0, 0]].concat(),
        sequence([integer(&zeroed(&r)), integer(&s)].concat()), // a zero too many
        sequence([integer(&r), integer(&zeroed(&s))].concat()),
        [vec![0x30, 0x81, right[1]], right[2..].to_vec()].concat(), // long form
        [vec![0x30, 0x80], right[2..].to_vec(), vec![0, 0]].concat(), // indefinite form
        sequence([integer(&r), integer(&s), integer(&[1])].concat()), // three numbers
        sequence([integer(&r), integer(&s), vec![5, 0]].concat()),
        sequence(integer(&r)),
        [vec![0x31], right[1..].to_vec()].concat(), // SET
        right[..right.len() - 1].to_vec(),
        vec![0x30, 0],
    ];
    for signature in wrong {
        let mut tlvs = tlvs.clone();
        tlvs[2].1 = signature.clone();
        let refusal = judge(&with_area(signed.clone(), &tlvs), &open()).unwrap_err();
        let known = matches!(refusal, Refusal::SignatureMalformed | Refusal::TlvLength);
        assert!(known, "{refusal}: {signature:02x?}");
    }
}

/// r and n - s is as valid as r and s; whoever changes it changes bytes that nothing depends on.
#[test]
fn the_other_s_changes_nothing_but_itself() {
    use p256::elliptic_curve::PrimeField;
    let signed = Mint::new(5, 600).signed();
    let mut tlvs = proof(&signed, 1);
    let fixed = der::p256_signature(&tlvs[2].1).unwrap();
    let s: [u8; 32] = fixed[32..].try_into().unwrap();
    let s = p256::Scalar::from_repr(s.into()).unwrap();
    let other: [u8; 32] = (-s).to_repr().into();
    let mut buffer = [0; 72];
    let mut writer = Writer::new(&mut buffer);
    let both: [u8; 64] = [&fixed[..32], &other].concat().try_into().unwrap();
    der::emit_p256_signature(&both, &mut writer).unwrap();
    let first = verify_bytes(
        &with_area(signed.clone(), &tlvs),
        KeySet::new(&[mint::trusted(1)]),
        &open(),
        &Software,
    )
    .unwrap();
    tlvs[2].1 = writer.written().to_vec();
    let second = verify_bytes(
        &with_area(signed, &tlvs),
        KeySet::new(&[mint::trusted(1)]),
        &open(),
        &Software,
    )
    .unwrap();
    assert_eq!(first.digest(), second.digest());
    assert_eq!(first.header(), second.header());
}

#[test]
fn duplicates_of_every_type() {
    let signed = Mint::new(5, 600).signed();
    for place in 0..3 {
        let mut tlvs = proof(&signed, 1);
        let again = tlvs[place].clone();
        tlvs.insert(place, again);
        assert_eq!(judge(&with_area(signed.clone(), &tlvs), &open()), Err(Refusal::TlvDuplicate));
    }
    let entries = [(0x50, 4), (0x60, 40), (0x74, 16), (0x75, 16), (0xa0, 3), (0x67a1, 32)];
    for (ty, len) in entries {
        let mut mint = Mint::new(5, 600);
        let value = [vec![0xa1], vec![1; len - 1]].concat();
        mint.protected = vec![(ty, value.clone()), (0xa5, vec![]), (ty, value)];
        assert_eq!(judge(&mint.build(), &open()), Err(Refusal::TlvDuplicate), "{ty:#x}");
    }
    let mut mint = Mint::new(5, 600);
    mint.protected = vec![(0x40, vec![1; 1].into_iter().chain([0; 11]).collect()); 2];
    assert_eq!(judge(&mint.build(), &open()), Err(Refusal::TlvDuplicate));
}

#[test]
fn a_key_hash_and_a_public_key_that_disagree() {
    let signed = Mint::new(5, 600).signed();
    let spki = spki(2);
    let mut tlvs = proof(&signed, 1);
    tlvs.insert(2, (0x02, spki.clone()));
    assert_eq!(judge(&with_area(signed.clone(), &tlvs), &open()), Err(Refusal::TlvDuplicate));
    // The attacker's own key in full, with the attacker's signature.
    let mut tlvs = proof(&signed, 9);
    tlvs[1] = (0x02, self::spki(9));
    assert_eq!(judge(&with_area(signed, &tlvs), &open()), Err(Refusal::UnknownKey));
}

#[test]
fn a_full_public_key_in_another_encoding() {
    let signed = Mint::new(5, 600).signed();
    let right = spki(1);
    let mut tlvs = proof(&signed, 1);
    tlvs[1] = (0x02, right.clone());
    assert_eq!(judge(&with_area(signed.clone(), &tlvs), &open()), Ok(()));
    let by_hash = [TrustedKey::by_hash(*mint::trusted(1).hash())];
    assert!(verify_in_slot(&with_area(signed.clone(), &tlvs), &by_hash, &open()).is_ok());
    for at in 0..27 {
        let mut wrong = right.clone();
        wrong[at] ^= 1;
        tlvs[1] = (0x02, wrong);
        let refusal = judge(&with_area(signed.clone(), &tlvs), &open()).unwrap_err();
        assert!(
            matches!(refusal, Refusal::KeyMalformed | Refusal::UnknownKey),
            "byte {at}: {refusal}"
        );
    }
    for len in [0, 26, 33, 59, 90, 92] {
        tlvs[1] = (0x02, right.iter().copied().chain([0]).take(len).collect());
        assert_eq!(judge(&with_area(signed.clone(), &tlvs), &open()), Err(Refusal::TlvLength));
    }
}

#[test]
fn a_key_that_is_trusted_by_its_hash_only_and_not_in_the_image() {
    let by_hash = [TrustedKey::by_hash(*mint::trusted(1).hash())];
    let verdict = verify_in_slot(&Mint::new(5, 600).build(), &by_hash, &open());
    assert_eq!(verdict, Err(VerifyError::Refused(Refusal::KeyMissing)));
}

#[test]
fn a_signature_of_another_kind_than_the_key() {
    let signed = Mint::new(5, 600).signed();
    let mut tlvs = proof(&signed, 1);
    tlvs[2] = (0x24, vec![7; 64]);
    assert_eq!(judge(&with_area(signed, &tlvs), &open()), Err(Refusal::SignatureMalformed));
}

#[test]
fn pure_and_not_pure_mixed() {
    // What a loader that knows only one of the two modes would overlook.
    let signed = Mint::new(5, 600).signed();
    let right = proof(&signed, 1);
    let [hash, key, signature] = [&right[0], &right[1], &right[2]];
    let long = (0x12, Software.sha512(&[&signed]).to_vec());
    let long_key = (0x01, vec![7; 64]);
    let pure = (0x25, vec![1]);
    let cases: [&[&mint::Tlv]; 6] = [
        &[hash, &pure, key, signature],
        &[&long, key, signature],
        &[&long, &pure, key, signature],
        &[hash, &long_key, signature],
        &[&long, &pure, &long_key, signature],
        &[&long, &(0x25, vec![0]), key, signature],
    ];
    for tlvs in cases {
        let tlvs: Vec<mint::Tlv> = tlvs.iter().map(|tlv| (*tlv).clone()).collect();
        let image = with_area(signed.clone(), &tlvs);
        let keys = [mint::trusted(1)];
        assert!(verify_bytes_or_pure(&image, KeySet::new(&keys), &open(), &Software).is_err());
        assert_eq!(judge(&image, &open()), Err(Refusal::UnsupportedAlgorithm));
    }
}

#[test]
fn missing_hash_key_or_signature() {
    let signed = Mint::new(5, 600).signed();
    let expected = [Refusal::HashMissing, Refusal::KeyMissing, Refusal::SignatureMissing];
    for (place, refusal) in expected.into_iter().enumerate() {
        let mut tlvs = proof(&signed, 1);
        tlvs.remove(place);
        assert_eq!(judge(&with_area(signed.clone(), &tlvs), &open()), Err(refusal));
    }
    assert_eq!(judge(&with_area(signed, &[]), &open()), Err(Refusal::TlvSize));
}

#[test]
fn tlvs_out_of_order() {
    let signed = Mint::new(5, 600).signed();
    let [a, b, c]: [mint::Tlv; 3] = proof(&signed, 1).try_into().unwrap();
    for tlvs in [[&b, &a, &c], [&a, &c, &b], [&c, &b, &a], [&b, &c, &a], [&c, &a, &b]] {
        let tlvs = tlvs.map(Clone::clone);
        assert_eq!(judge(&with_area(signed.clone(), &tlvs), &open()), Err(Refusal::TlvOrder));
    }
}

#[test]
fn tlv_areas_of_wrong_size() {
    let mint = Mint::new(5, 600);
    let (signed, tlvs) = (mint.signed(), proof(&mint.signed(), 1));
    let start = signed.len();
    let right = with_area(signed.clone(), &tlvs);
    let total = u16::from_le_bytes([right[start + 2], right[start + 3]]);
    for wrong in (0..total + 40).chain([0x7fff, 0xfff0, 0xffff]).filter(|wrong| *wrong != total) {
        let mut image = right.clone();
        image[start + 2..start + 4].copy_from_slice(&wrong.to_le_bytes());
        assert!(judge(&image, &open()).is_err(), "total {wrong}");
    }
    // Lengths of entries.
    let mut at = start + 4;
    for (_, value) in &tlvs {
        for wrong in
            (0..200_u16).chain([0x7fff, 0xffff]).filter(|wrong| usize::from(*wrong) != value.len())
        {
            let mut image = right.clone();
            image[at + 2..at + 4].copy_from_slice(&wrong.to_le_bytes());
            assert!(judge(&image, &open()).is_err());
        }
        at += 4 + value.len();
    }
}

#[test]
fn a_protected_area_that_disagrees_with_the_header() {
    let mint = Mint::new(5, 600);
    let signed = mint.signed();
    let size = u16::from_le_bytes([signed[10], signed[11]]);
    for wrong in (0..size + 20).chain([0xffff]).filter(|wrong| *wrong != size) {
        let mut signed = signed.clone();
        signed[10..12].copy_from_slice(&wrong.to_le_bytes());
        // Signed by the maker, even so.
        assert!(judge(&seal(signed, 1), &open()).is_err(), "size {wrong}");
    }
    // The area's own total disagrees.
    let place = signed.len() - usize::from(size) + 2;
    for wrong in [0, 4, size - 1, size + 1, 0xffff] {
        let mut signed = signed.clone();
        signed[place..place + 2].copy_from_slice(&wrong.to_le_bytes());
        assert_eq!(judge(&seal(signed, 1), &open()), Err(Refusal::TlvSize));
    }
    // An area that the header does not know of.
    let mut bare = mint.clone();
    bare.protected.clear();
    let mut signed = bare.signed();
    signed.extend(area(0x6908, &mint.protected));
    assert_eq!(judge(&seal(signed, 1), &open()), Err(Refusal::TlvInfoMagic));
}

#[test]
fn flags_that_are_not_implemented() {
    for bit in (0..32).filter(|bit| *bit != 8) {
        let mut mint = Mint::new(5, 600);
        mint.header.flags = 1 << bit;
        assert_eq!(judge(&mint.build(), &open()), Err(Refusal::UnsupportedFlags), "bit {bit}");
    }
}

#[test]
fn headers_that_no_tool_writes() {
    let mut mint = Mint::new(5, 600);
    let signed = mint.signed();
    for at in 28..32 {
        let mut signed = signed.clone();
        signed[at] = 1;
        assert_eq!(judge(&seal(signed, 1), &open()), Err(Refusal::BadHeader), "padding {at}");
    }
    mint.header.load_addr = 0x2000_0000;
    assert_eq!(judge(&mint.build(), &open()), Err(Refusal::BadHeader));
    mint.header.load_addr = 0;
    for size in [0_u16, 1, 31] {
        let mut signed = signed.clone();
        signed[8..10].copy_from_slice(&size.to_le_bytes());
        assert_eq!(judge(&seal(signed, 1), &open()), Err(Refusal::BadHeader), "header {size}");
    }
    mint.body.clear();
    assert_eq!(judge(&mint.build(), &open()), Err(Refusal::BadHeader), "no body");
    let mut old = signed.clone();
    old[0] = 0x3c;
    assert_eq!(judge(&seal(old, 1), &open()), Err(Refusal::BadMagic));
    let mut other_order = signed;
    other_order[..4].reverse();
    assert_eq!(judge(&seal(other_order, 1), &open()), Err(Refusal::BadMagic));
    assert_eq!(judge(&[0xff; 64], &open()), Err(Refusal::Empty));
}

#[test]
fn an_image_linked_for_the_other_slot() {
    let mut mint = Mint::new(5, 600);
    mint.header.flags = gabion_boot::flag::ROM_FIXED;
    mint.header.load_addr = 0x0800_0000;
    let image = mint.build();
    assert_eq!(judge(&image, &open().slot_address(0x0800_0000)), Ok(()));
    assert_eq!(judge(&image, &open().slot_address(0x0804_0000)), Err(Refusal::WrongAddress));
    assert_eq!(judge(&image, &open().slot_address(0)), Err(Refusal::WrongAddress));
    assert_eq!(judge(&Mint::new(5, 600).build(), &open().slot_address(0x0804_0000)), Ok(()));
}

#[test]
fn an_image_of_another_device() {
    let mut mint = Mint::new(5, 600);
    assert_eq!(judge(&mint.build(), &open().vendor_id([1; 16])), Err(Refusal::WrongDevice));
    mint.protected.push((0x74, vec![1; 16]));
    mint.protected.push((0x75, vec![2; 16]));
    let image = mint.build();
    assert_eq!(judge(&image, &open().vendor_id([1; 16]).class_id([2; 16])), Ok(()));
    assert_eq!(
        judge(&image, &open().vendor_id([1; 16]).class_id([3; 16])),
        Err(Refusal::WrongDevice)
    );
    assert_eq!(judge(&image, &open()), Ok(()));
}

#[test]
fn dependencies_that_are_not_met() {
    let mut mint = Mint::new(5, 600);
    let wanted = Version { major: 1, minor: 2, revision: 3, build: 4 };
    mint.protected.push((0x40, [&[7, 0, 0, 0][..], &wanted.emit()].concat()));
    let image = mint.build();
    let lower = Version { build: 3, ..wanted };
    let with = |installed: &[(u8, Version)]| {
        judge(&image, &open().dependencies(Dependencies::Installed(installed)))
    };
    assert_eq!(with(&[(6, wanted), (7, wanted)]), Ok(()));
    assert_eq!(with(&[(7, Version { minor: 3, ..lower })]), Ok(()));
    assert_eq!(with(&[(7, lower)]), Err(Refusal::DependencyUnmet));
    assert_eq!(with(&[(6, wanted)]), Err(Refusal::DependencyUnmet));
    assert_eq!(with(&[]), Err(Refusal::DependencyUnmet));
    mint.protected[1].1[2] = 1;
    assert_eq!(judge(&mint.build(), &open()), Err(Refusal::DependencyMalformed));
}

#[test]
fn vendor_tlvs_with_contents_that_are_not_valid() {
    let with = |ty: u16, value: &[u8]| {
        let mut mint = Mint::new(5, 600);
        mint.protected.push((ty, value.to_vec()));
        judge(&mint.build(), &open())
    };
    let day = |y: u16, m, d| [&y.to_le_bytes()[..], &[m, d]].concat();
    assert_eq!(with(0x67a0, &day(2032, 2, 29)), Ok(()));
    for wrong in [
        day(2031, 2, 29),
        day(2031, 0, 1),
        day(2031, 13, 1),
        day(2031, 4, 31),
        day(1999, 1, 1),
        day(2031, 1, 0),
    ] {
        assert_eq!(with(0x67a0, &wrong), Err(Refusal::VendorMalformed), "{wrong:?}");
    }
    assert_eq!(with(0x67a2, &[4, 1, 0, 0]), Ok(()));
    for wrong in [[5, 0, 0, 0], [0, 2, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]] {
        assert_eq!(with(0x67a2, &wrong), Err(Refusal::VendorMalformed));
    }
    assert_eq!(with(0x67a1, &[0; 31]), Err(Refusal::TlvLength));
}

#[test]
fn tlv_types_that_are_not_known() {
    for ty in
        [0x00, 0x03, 0x13, 0x26, 0x35, 0x41, 0x51, 0x61, 0x76, 0x9f, 0xff, 0x0110, 0x0150, 0x67ff]
    {
        let mut mint = Mint::new(5, 600);
        mint.protected.push((ty, vec![0; 4]));
        assert_eq!(judge(&mint.build(), &open()), Err(Refusal::TlvUnknown), "protected {ty:#x}");
        let signed = Mint::new(5, 600).signed();
        let mut tlvs = proof(&signed, 1);
        tlvs.push((ty, vec![0; 4]));
        assert_eq!(judge(&with_area(signed, &tlvs), &open()), Err(Refusal::TlvUnknown), "{ty:#x}");
    }
}

/// MCUboot issue 1708 at this level: a valid older image is still older.
#[test]
fn mcuboot_1708_downgrade_with_a_valid_signature() {
    assert_eq!(judge(&Mint::new(2, 600).build(), &open().min_counter(3)), Err(Refusal::Rollback));
    assert_eq!(judge(&Mint::new(3, 600).build(), &open().min_counter(3)), Ok(()));
    assert_eq!(judge(&Mint::new(u32::MAX, 600).build(), &open().min_counter(u32::MAX)), Ok(()));
}

/// rustBoot issue 82: a damaged slot was a panic.
#[test]
fn rustboot_82_a_damaged_slot_is_a_refusal() {
    let mut rng = gabion_sim::Rng::new(82);
    let images: Vec<Vec<u8>> = samples().into_iter().map(|sample| sample.bytes).collect();
    let keys = [mint::trusted(1)];
    for round in 0..20_000 {
        let mut image = images[round % images.len()].clone();
        for _ in 0..1 + rng.index(6) {
            let at = if rng.chance(1, 2) { rng.index(32) } else { rng.index(image.len()) };
            image[at] = rng.byte();
        }
        let policy = open();
        let mut verifier = Verifier::new(&Software, KeySet::new(&keys), &policy, 0);
        for piece in image.chunks(1 + rng.index(700)) {
            if verifier.feed(piece).is_err() {
                break;
            }
        }
        assert!(verifier.finish().is_err());
    }
}

/// Storage that answers differently each time: a genuine image on one read, a forged one on the next.
#[test]
fn toctou_storage_changes_between_reads() {
    let genuine = Mint::new(5, 3000).build();
    let mut forged = genuine.clone();
    for byte in &mut forged[0x100..0x900] {
        *byte ^= 0x5a;
    }
    let keys = [mint::trusted(1)];
    // However the answers alternate: what is accepted is what was copied, byte for byte.
    for pattern in 0_u32..4096 {
        let mut flash =
            TwoFaced { genuine: genuine.clone(), forged: forged.clone(), pattern, reads: 0 };
        let slot = Slot { number: 0, offset: 0, size: 4096 };
        let mut copied = Vec::new();
        let verdict = block_on(verify(
            &mut flash,
            slot,
            KeySet::new(&keys),
            &open(),
            &Software,
            |_, part| copied.extend_from_slice(part),
        ));
        if verdict.is_ok() {
            assert_eq!(copied, genuine, "pattern {pattern:#x}");
        }
        assert_eq!(
            flash.reads,
            genuine.len().div_ceil(256).min(flash.reads),
            "each byte is read once"
        );
    }
}

/// GHSA-gcxh-546h-phg4: products shipped with the published development keys.
#[test]
fn ghsa_gcxh_546h_phg4_published_keys_are_refused() {
    // `KeySet::for_product` also does so at compile time: see its documentation.
    let published = sample("public-01").keys;
    let refused = std::panic::catch_unwind(|| KeySet::for_product(&published));
    assert!(refused.is_err());
    let _own = KeySet::for_product(&[mint::trusted(1)]);
    let image = Mint::new(5, 600).build();
    let nobody = verify_bytes(&image, KeySet::new(&[]), &open(), &Software);
    assert_eq!(nobody, Err(Refusal::UnknownKey), "no key is built in");
}

/// CVE-2019-15894: a glitch skipped the branch after the check. Here the signature code itself says yes to everything once.
#[test]
fn cve_2019_15894_one_wrong_yes_does_not_boot() {
    let mut image = Mint::new(5, 600);
    let signed = image.signed();
    image.body[100] ^= 1;
    let forged = with_area(image.signed(), &{
        let mut tlvs = proof(&signed, 1);
        tlvs[0].1 = Software.sha256(&[&image.signed()]).to_vec();
        tlvs
    });
    let keys = [mint::trusted(1)];
    for wrong_at in 0..2 {
        let provider = Glitched { calls: core::cell::Cell::new(0), wrong_at };
        let verdict = verify_bytes(&forged, KeySet::new(&keys), &Policy::new(0x1_0000), &provider);
        assert_eq!(verdict, Err(Refusal::SignatureInvalid));
    }
    // The same fault decides where the effort is single: that is what the second check is for.
    let provider = Glitched { calls: core::cell::Cell::new(0), wrong_at: 0 };
    let single = Policy::new(0x1_0000).effort(Effort::Single);
    let decided = verify_bytes(&forged, KeySet::new(&keys), &single, &provider);
    assert!(decided.is_ok_and(|image: Verified<_>| image.end() > 0));
}

#[test]
fn every_way_of_cutting_the_input_into_pieces_decides_the_same() {
    let sample = sample("public-03");
    let whole = sample.verify().unwrap();
    for piece in [1, 2, 3, 5, 31, 32, 33, 64, 255, 257, 1024, 4096] {
        let policy = sample.policy.effort(Effort::Single);
        let mut verifier = Verifier::new(&Software, KeySet::new(&sample.keys), &policy, 0);
        let mut fed = 0;
        for part in sample.bytes.chunks(piece) {
            fed += verifier.feed(part).unwrap();
        }
        assert_eq!(fed, whole.end() as usize);
        assert_eq!(verifier.finish().unwrap(), whole);
    }
}

fn spki(seed: u8) -> Vec<u8> {
    use gabion_crypto::EcdsaP256Sign;
    let public = Software.p256_public_key(&mint::key(seed)).unwrap();
    let mut buffer = [0; 91];
    let mut writer = Writer::new(&mut buffer);
    der::PublicKey::P256(&public.0).emit(&mut writer).unwrap();
    writer.written().to_vec()
}

/// Memory that reads as erased after its end.
struct Memory(Vec<u8>);

impl ErrorType for Memory {
    type Error = Infallible;
}

impl ReadNorFlash for Memory {
    const READ_SIZE: usize = 4;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Infallible> {
        for (at, byte) in (offset as usize..).zip(bytes) {
            *byte = self.0.get(at).copied().unwrap_or(0xff);
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        0x10_0000
    }
}

struct Counting {
    inner: Memory,
    read: usize,
}

impl ErrorType for Counting {
    type Error = Infallible;
}

impl ReadNorFlash for Counting {
    const READ_SIZE: usize = 4;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.read += bytes.len();
        self.inner.read(offset, bytes).await
    }

    fn capacity(&self) -> usize {
        self.inner.capacity()
    }
}

struct TwoFaced {
    genuine: Vec<u8>,
    forged: Vec<u8>,
    pattern: u32,
    reads: usize,
}

impl ErrorType for TwoFaced {
    type Error = Infallible;
}

impl ReadNorFlash for TwoFaced {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Infallible> {
        let forge = self.pattern >> (self.reads % 32) & 1 == 1;
        let source = if forge { &self.forged } else { &self.genuine };
        self.reads += 1;
        for (at, byte) in (offset as usize..).zip(bytes) {
            *byte = source.get(at).copied().unwrap_or(0xff);
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        4096
    }
}

/// Says yes to one signature, whatever it is.
struct Glitched {
    calls: core::cell::Cell<u32>,
    wrong_at: u32,
}

impl Sha256 for Glitched {
    type Digest = <Software as Sha256>::Digest;

    fn sha256_start(&self) -> Self::Digest {
        Software.sha256_start()
    }
}

impl EcdsaP256Verify for Glitched {
    fn p256_verify(
        &self,
        key: &P256PublicKey,
        hash: &[u8; 32],
        signature: &P256Signature,
    ) -> Result<(), CryptoError> {
        let call = self.calls.replace(self.calls.get() + 1);
        if call == self.wrong_at { Ok(()) } else { Software.p256_verify(key, hash, signature) }
    }
}

impl Ed25519Verify for Glitched {
    fn ed25519_verify(
        &self,
        key: &[u8; 32],
        message: &[u8],
        signature: &[u8; 64],
    ) -> Result<(), CryptoError> {
        Software.ed25519_verify(key, message, signature)
    }
}
