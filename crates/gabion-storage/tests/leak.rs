//! Goal N4: with every key of the chip at hand, no removed value can be found on the flash.
//!
//! The scanner here is written from docs/spec/storage.md and shares no code with the store.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

mod device;

use device::subject::*;
use device::{NAME, PIN, contains, read, read_public};
use gabion_crypto::{Aead, AeadKey, HmacSha256, Label, Secret, Software, hkdf_expand};
use gabion_flash::block_on;
use gabion_profile::Class;
use gabion_sim::{Cut, Fault, Multi, Off, Plain, Rng, SimFlash, Subject};
use gabion_storage::Storage;

/// Every data key that a vault page on the flash holds.
fn data_keys(image: &[u8], page: usize, root_secret: &[u8; 32]) -> Vec<Secret<[u8; 32]>> {
    let root = Secret::new(Software.hmac_sha256(root_secret, &[b"gabion/1 storage root"]));
    let mut keys = Vec::new();
    for place in 0..2 {
        let vault = &image[(2 + place) * page..(3 + place) * page];
        if vault[..4] != [1, 1, b'g', b'v'] {
            continue;
        }
        let count = u16::from_le_bytes([vault[8], vault[9]]).count_ones() as usize;
        let count = count + usize::from(vault[10] != 0xff);
        let len = 32 + 32 * count;
        if 48 + len + 16 > page {
            continue;
        }
        let (aad, mut body) = (&vault[..48], vault[48..48 + len].to_vec());
        let tag: [u8; 16] = vault[48 + len..64 + len].try_into().unwrap();
        let mut kek = Secret::zeroed();
        let info = [&vault[16..32], &vault[32..48]];
        hkdf_expand(&Software, &root, Label::StorageKek, info, kek.expose_mut()).unwrap();
        if Software.aead_key(&kek).unseal(&[0; 12], aad, &mut body, &tag).is_ok() {
            keys.extend(body[32..].chunks(32).map(|key| Secret::new(key.try_into().unwrap())));
        }
    }
    keys
}

/// Every 16-byte value of the settings that the keys open, wherever it stands.
fn recoverable(image: &[u8], page: usize, word: usize, root: &[u8; 32]) -> Vec<(usize, u8)> {
    let keys: Vec<_> =
        data_keys(image, page, root).iter().map(|key| Software.aead_key(key)).collect();
    let mut found = Vec::new();
    for base in (4 * page..image.len()).step_by(page) {
        let page_bytes = &image[base..base + page];
        let seq = u32::from_le_bytes(page_bytes[4..8].try_into().unwrap());
        for offset in (0..page - 44).step_by(word) {
            let body = &page_bytes[offset..offset + 44];
            if body[4..].iter().all(|byte| *byte == 0xff) || body[4..].iter().all(|b| *b == 0) {
                continue;
            }
            let per_page = (page / 16).next_power_of_two() as u32;
            let place = seq.wrapping_mul(per_page).wrapping_add(offset as u32 / 16);
            let mut nonce = [0; 12];
            nonce[..4].copy_from_slice(&place.to_le_bytes());
            nonce[4..].copy_from_slice(&body[4..12]);
            let tag: [u8; 16] = body[28..44].try_into().unwrap();
            for (number, flags) in (0..4).flat_map(|n| [0, 1, 8, 9].map(|flags| (n, flags))) {
                let mut aad =
                    [1, 1, b'g', b'b', 0, 0, 0, 0, 0, 0, 0, 0, 16 + number, 0x20, 16, flags << 4];
                aad[4..12].copy_from_slice(&page_bytes[8..16]);
                for key in &keys {
                    let mut value = body[12..28].to_vec();
                    if key.unseal(&nonce, &aad, &mut value, &tag).is_ok() {
                        found.push((usize::from(number), value[0]));
                    }
                }
            }
        }
    }
    found
}

fn history<const W: usize, const P: usize, K: Nor>(
    seed: u64,
    scrub: bool,
    rounds: u32,
) -> (u32, u32) {
    let mut subject = Sealed::<W, P, K, Anchored>::new(6);
    subject.scrub = scrub;
    let mut rng = Rng::new(seed);
    let mut off: Off<SimFlash<W, P, K>> = subject.made();
    let (mut seen, mut removed) = (0, 0);
    for round in 0..rounds {
        let cut = rng.chance(2, 3).then(|| {
            let fault = Fault::ALL[rng.index(8)];
            Cut::new(rng.below(60), fault, rng.next()).unstable()
        });
        let target = rng.index(4);
        let mut board = off.power_on(cut);
        let _cut = block_on(async {
            let mut live = subject.open(&mut board).await?;
            for _ in 0..rng.below(6) {
                subject.apply(&mut live, &Op::Put(rng.index(4), rng.byte())).await?;
            }
            let last = match rng.below(8) {
                0 => Op::Erase,
                1 => Op::Rekey,
                2 => Op::Batch(vec![(target, None), ((target + 1) % 4, Some(rng.byte()))]),
                _ => Op::Remove(target),
            };
            subject.apply(&mut live, &last).await
        });
        off = board.power_off();
        // Recovered, then looked at.
        let mut board = off.power_on(None);
        let state = block_on(async {
            let mut live = subject.open(&mut board).await.unwrap();
            // What was never put has nothing to hide, and what a cut put left behind is not removed: remove it all.
            let absent = Op::Put(target, 0xee);
            subject.apply(&mut live, &absent).await.unwrap();
            subject.apply(&mut live, &Op::Remove(target)).await.unwrap();
            subject.observe(&mut live).await.unwrap()
        });
        assert!(board.flash.illegal_writes().is_empty());
        off = board.power_off();
        let found = recoverable(off.medium.bytes(), P, W, &off.chip.root_secret);
        let leaks: Vec<_> = found.iter().filter(|(key, _)| *key == target).collect();
        assert!(leaks.is_empty(), "round {round}: key {target} removed, and yet {leaks:?}");
        for (key, value) in &state {
            let value = value.as_ref().unwrap();
            assert!(
                found.contains(&(*key, *value)),
                "the scanner does not even find what is there"
            );
            if scrub {
                let old: Vec<_> = found.iter().filter(|(k, v)| k == key && v != value).collect();
                assert!(old.is_empty(), "round {round}: superseded values {old:?}");
            }
            seen += 1;
        }
        removed += 1;
    }
    (seen, removed)
}

#[test]
fn nothing_that_was_removed_can_be_found_on_multiwrite_flash() {
    let (seen, removed) = history::<4, 512, Multi>(1, false, 150);
    assert!(seen > 100 && removed == 150);
}

#[test]
fn nothing_that_was_removed_can_be_found_on_plain_flash() {
    let (seen, removed) = history::<4, 512, Plain>(2, false, 150);
    assert!(seen > 100 && removed == 150);
}

#[test]
fn nothing_that_was_superseded_can_be_found_in_scrub_mode() {
    history::<4, 512, Multi>(3, true, 80);
    history::<8, 512, Plain>(4, true, 80);
}

/// Planted bug: without the removal the scanner finds what is there, older values too.
#[test]
fn what_was_only_superseded_is_found() {
    let subject = Sealed::<4, 512, Multi, Anchored>::new(6);
    let mut board = subject.made().power_on(None);
    block_on(async {
        let mut live = subject.open(&mut board).await.unwrap();
        for byte in [1, 2, 3] {
            subject.apply(&mut live, &Op::Put(0, byte)).await.unwrap();
        }
        subject.apply(&mut live, &Op::Put(1, 9)).await.unwrap();
        subject.apply(&mut live, &Op::Erase).await.unwrap();
        subject.apply(&mut live, &Op::Put(2, 7)).await.unwrap();
        subject.apply(&mut live, &Op::Put(2, 8)).await.unwrap();
    });
    let off = board.power_off();
    let found = recoverable(off.medium.bytes(), 512, 4, &off.chip.root_secret);
    assert_eq!(found, [(2, 7), (2, 8)], "and nothing of the class that was erased");
}

/// Puts a public name twice, erases its class with the power cut at each step in turn: where the erase counts, no name is left.
fn public_names_go<const W: usize, const P: usize, K: Nor>() {
    let subject = Sealed::<W, P, K, Anchored>::new(6);
    let mut board = subject.made().power_on(None);
    let mut live = subject.mount(&mut board, false).unwrap();
    for name in [b"bedroom-window-1", b"bedroom-window-2"] {
        block_on(live.put(&NAME, name)).unwrap();
        block_on(live.put(&PIN, b"1234")).unwrap();
    }
    drop(live);
    let base = board.power_off();
    let (mut erased, mut kept) = (0, 0);
    for at in 0.. {
        let mut is_over = false;
        for (fault, seed) in Fault::ALL.into_iter().flat_map(|fault| [(fault, 0), (fault, 7)]) {
            let mut board = base.clone().power_on(Some(Cut::new(at, fault, seed).unstable()));
            let cut = match subject.mount(&mut board, false) {
                Ok(mut live) => block_on(live.erase_class(Class::Configuration)).is_err(),
                Err(_) => true,
            };
            is_over |= !cut && fault == Fault::Clean;
            let mut board = board.power_off().power_on(None);
            let mut live = subject.mount(&mut board, false).unwrap();
            let (name, pin) = (read_public(&mut live), read(&mut live, &PIN));
            drop(live);
            assert!(board.flash.illegal_writes().is_empty());
            let image = board.power_off().medium.bytes().to_vec();
            assert_eq!(pin, Ok(Some(b"1234".to_vec())), "another class");
            match name.unwrap() {
                Some(name) => {
                    assert_eq!(name, b"bedroom-window-2");
                    kept += 1;
                }
                None => {
                    assert!(!contains(&image, b"bedroom"), "step {at}, {fault:?}: a name is left");
                    erased += 1;
                }
            }
        }
        if is_over {
            break;
        }
    }
    assert!(erased > 20 && kept > 0, "{erased} {kept}");
}

#[test]
fn a_class_that_is_erased_leaves_no_public_value_multiwrite() {
    public_names_go::<4, 512, Multi>();
}

#[test]
fn a_class_that_is_erased_leaves_no_public_value_plain() {
    public_names_go::<8, 512, Plain>();
}
