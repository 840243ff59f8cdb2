use gabion_crypto::{Digest, Sha256};

use crate::tally::{Mismatch, Set, Tally, hex_array};

/// Examples that NIST publishes for FIPS 180-4, SHA-256: message, digest.
const FIPS_180_4: [(&[u8], &str); 4] = [
    (b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
        b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ),
    (
        b"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqr\
          lmnopqrsmnopqrstnopqrstu",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
    ),
];

/// The same source: one million times the letter a.
const MILLION_A: &str = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

/// Runs a hash through the examples for FIPS 180-4, in one piece, as parts, and split at every byte.
///
/// # Errors
///
/// The first [`Mismatch`].
pub fn check_sha256(provider: &impl Sha256) -> Result<Tally, Mismatch> {
    let mut total = Tally::default();
    let mut set = Set::new("FIPS 180-4 examples");
    for (case, (message, digest)) in FIPS_180_4.iter().enumerate() {
        let digest: [u8; 32] = hex_array(digest);
        set.accept(case, "wrong digest", provider.sha256(&[message]) == digest)?;
        for cut in 0..=message.len() {
            let (head, tail) = message.split_at(cut);
            let case = format!("{case} split at {cut}");
            set.accept(&case, "parts differ", provider.sha256(&[head, &[], tail]) == digest)?;
            let mut running = provider.sha256_start();
            running.update(head);
            running.update(tail);
            set.accept(&case, "updates differ", running.finish() == digest)?;
        }
    }
    for piece in [1, 55, 56, 63, 64, 65, 1000, 1_000_000] {
        let mut running = provider.sha256_start();
        let a = vec![b'a'; piece];
        let mut left = 1_000_000;
        while left > 0 {
            let now = left.min(piece);
            running.update(&a[..now]);
            left -= now;
        }
        let case = format!("a million a in pieces of {piece}");
        set.accept(case, "wrong digest", running.finish() == hex_array(MILLION_A))?;
    }
    set.add_to(&mut total)?;
    Ok(total)
}
