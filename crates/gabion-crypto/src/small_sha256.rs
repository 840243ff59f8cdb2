//! SHA-256 (FIPS 180-4) in little flash.

use zeroize::Zeroize;

use crate::{Digest, HmacSha256, Sha256};

/// The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4 §4.2.2).
static ROUND: [u32; 64] = [
    0x428a_2f98,
    0x7137_4491,
    0xb5c0_fbcf,
    0xe9b5_dba5,
    0x3956_c25b,
    0x59f1_11f1,
    0x923f_82a4,
    0xab1c_5ed5,
    0xd807_aa98,
    0x1283_5b01,
    0x2431_85be,
    0x550c_7dc3,
    0x72be_5d74,
    0x80de_b1fe,
    0x9bdc_06a7,
    0xc19b_f174,
    0xe49b_69c1,
    0xefbe_4786,
    0x0fc1_9dc6,
    0x240c_a1cc,
    0x2de9_2c6f,
    0x4a74_84aa,
    0x5cb0_a9dc,
    0x76f9_88da,
    0x983e_5152,
    0xa831_c66d,
    0xb003_27c8,
    0xbf59_7fc7,
    0xc6e0_0bf3,
    0xd5a7_9147,
    0x06ca_6351,
    0x1429_2967,
    0x27b7_0a85,
    0x2e1b_2138,
    0x4d2c_6dfc,
    0x5338_0d13,
    0x650a_7354,
    0x766a_0abb,
    0x81c2_c92e,
    0x9272_2c85,
    0xa2bf_e8a1,
    0xa81a_664b,
    0xc24b_8b70,
    0xc76c_51a3,
    0xd192_e819,
    0xd699_0624,
    0xf40e_3585,
    0x106a_a070,
    0x19a4_c116,
    0x1e37_6c08,
    0x2748_774c,
    0x34b0_bcb5,
    0x391c_0cb3,
    0x4ed8_aa4a,
    0x5b9c_ca4f,
    0x682e_6ff3,
    0x748f_82ee,
    0x78a5_636f,
    0x84c8_7814,
    0x8cc7_0208,
    0x90be_fffa,
    0xa450_6ceb,
    0xbef9_a3f7,
    0xc671_78f2,
];

/// The same of the square roots of the first 8 primes (§5.3.3).
const START: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

const BLOCK: usize = 64;

/// SHA-256 and HMAC-SHA-256 in about 1 KiB of flash, for boot loaders: the general library takes seven times as much.
///
/// Half as many instructions again and up to twice as many as the general library takes (`cargo xtask bench`). Needs no
/// feature and no other crate.
///
/// # Examples
///
/// ```
/// use gabion_crypto::{Sha256, SmallSha256};
///
/// assert_eq!(SmallSha256.sha256(&[b"a", b"bc"])[..4], [0xba, 0x78, 0x16, 0xbf]);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct SmallSha256;

/// A hash by [`SmallSha256`] that is under way. Wiped when dropped, because HMAC hashes keys.
#[derive(Clone)]
pub struct SmallDigest {
    state: [u32; 8],
    block: [u8; BLOCK],
    /// Bytes taken in so far; the last of them, modulo the block, stand in the block.
    length: u64,
}

impl Sha256 for SmallSha256 {
    type Digest = SmallDigest;

    fn sha256_start(&self) -> SmallDigest {
        SmallDigest { state: START, block: [0; BLOCK], length: 0 }
    }
}

impl HmacSha256 for SmallSha256 {
    fn hmac_sha256(&self, key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        let mut block = [0; BLOCK];
        let mut hashed = [0; 32];
        let key = if key.len() > BLOCK {
            hashed = self.sha256(&[key]);
            &hashed
        } else {
            key
        };
        for (to, from) in block.iter_mut().zip(key) {
            *to = *from;
        }
        hashed.zeroize();
        let hash = |pad: u8, parts: &[&[u8]]| {
            let mut padded = block.map(|byte| byte ^ pad);
            let mut digest = self.sha256_start();
            digest.update(&padded);
            padded.zeroize();
            for part in parts {
                digest.update(part);
            }
            digest.finish()
        };
        let inner = hash(0x36, parts);
        let tag = hash(0x5c, &[&inner]);
        block.zeroize();
        tag
    }
}

impl SmallDigest {
    fn used(&self) -> usize {
        (self.length & 63) as usize
    }
}

impl Digest for SmallDigest {
    fn update(&mut self, mut data: &[u8]) {
        while !data.is_empty() {
            let used = self.used();
            let room = self.block.get_mut(used..).unwrap_or_default();
            let count = room.len().min(data.len());
            let (now, later) = data.split_at(count);
            for (to, from) in room.iter_mut().zip(now) {
                *to = *from;
            }
            self.length = self.length.wrapping_add(count as u64);
            if self.used() == 0 {
                compress(&mut self.state, &self.block);
            }
            data = later;
        }
    }

    fn finish(mut self) -> [u8; 32] {
        let bits = self.length.wrapping_shl(3).to_be_bytes();
        self.update(&[0x80]);
        while self.used() != 56 {
            self.update(&[0]);
        }
        self.update(&bits);
        let mut out = [0; 32];
        for (bytes, word) in out.as_chunks_mut::<4>().0.iter_mut().zip(self.state) {
            *bytes = word.to_be_bytes();
        }
        out
    }
}

impl Drop for SmallDigest {
    fn drop(&mut self) {
        self.state.zeroize();
        self.block.zeroize();
    }
}

impl zeroize::ZeroizeOnDrop for SmallDigest {}

/// Takes one block into the state (§6.2.2).
#[inline(never)]
fn compress(state: &mut [u32; 8], block: &[u8; BLOCK]) {
    let mut schedule = [0; 16];
    for (word, bytes) in schedule.iter_mut().zip(block.as_chunks::<4>().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    let mut s = *state;
    for (turn, constants) in ROUND.as_chunks::<16>().0.iter().enumerate() {
        if turn > 0 {
            extend(&mut schedule);
        }
        for (constant, word) in constants.iter().zip(&schedule) {
            s = round(s, constant.wrapping_add(*word));
        }
    }
    for (old, new) in state.iter_mut().zip(s) {
        *old = old.wrapping_add(new);
    }
}

/// The next 16 words of the schedule, in the place of the last.
#[expect(clippy::indexing_slicing, reason = "every index is masked to 0..16")]
fn extend(schedule: &mut [u32; 16]) {
    for at in 0..16_usize {
        let word = |ahead: usize| schedule[at.wrapping_add(ahead) & 15];
        let (early, late) = (word(1), word(14));
        let small0 = early.rotate_right(7) ^ early.rotate_right(18) ^ (early >> 3);
        let small1 = late.rotate_right(17) ^ late.rotate_right(19) ^ (late >> 10);
        let next = word(0).wrapping_add(small0).wrapping_add(word(9)).wrapping_add(small1);
        schedule[at & 15] = next;
    }
}

#[inline(always)]
fn round([a, b, c, d, e, f, g, h]: [u32; 8], added: u32) -> [u32; 8] {
    let large1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
    let choice = g ^ (e & (f ^ g));
    let first = h.wrapping_add(large1).wrapping_add(choice).wrapping_add(added);
    let large0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
    let majority = (a & b) | (c & (a | b));
    [first.wrapping_add(large0).wrapping_add(majority), a, b, c, d.wrapping_add(first), e, f, g]
}
