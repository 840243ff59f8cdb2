//! SipHash, the pseudo-random function of tags and nonces.
//!
//! Of our own because it is on the way of every put: in one pass over one row, without a state that outlives the call. Checked
//! against the reference vectors of its authors and against the crate `siphasher`.

/// Returns SipHash-`C`-`D` of a message: `C` rounds for each 8 bytes, `D` at the end.
#[inline(always)]
pub(crate) fn sip<const C: usize, const D: usize>(key: &[u8; 16], message: &[u8]) -> u64 {
    let [k0, k1, k2, k3, k4, k5, k6, k7, rest @ ..] = *key;
    let (k0, k1) = (u64::from_le_bytes([k0, k1, k2, k3, k4, k5, k6, k7]), u64::from_le_bytes(rest));
    let mut state = State {
        v0: k0 ^ 0x736f_6d65_7073_6575,
        v1: k1 ^ 0x646f_7261_6e64_6f6d,
        v2: k0 ^ 0x6c79_6765_6e65_7261,
        v3: k1 ^ 0x7465_6462_7974_6573,
    };
    let (blocks, rest) = message.as_chunks::<8>();
    for block in blocks {
        state.absorb::<C>(u64::from_le_bytes(*block));
    }
    // The last block: what is left, and the length in its highest byte.
    let mut last = (message.len() as u64) << 56;
    let mut shift = 0_u32;
    for byte in rest {
        last |= u64::from(*byte).wrapping_shl(shift);
        shift = shift.wrapping_add(8);
    }
    state.absorb::<C>(last);
    state.v2 ^= 0xff;
    for _ in 0..D {
        state.round();
    }
    state.v0 ^ state.v1 ^ state.v2 ^ state.v3
}

#[derive(Clone, Copy)]
struct State {
    v0: u64,
    v1: u64,
    v2: u64,
    v3: u64,
}

impl State {
    #[inline(always)]
    fn absorb<const C: usize>(&mut self, block: u64) {
        self.v3 ^= block;
        for _ in 0..C {
            self.round();
        }
        self.v0 ^= block;
    }

    #[inline(always)]
    const fn round(&mut self) {
        let Self { v0, v1, v2, v3 } = *self;
        let (a, b) = (v0.wrapping_add(v1), v2.wrapping_add(v3));
        let (c, d) = (v1.rotate_left(13) ^ a, v3.rotate_left(16) ^ b);
        let (e, f) = (b.wrapping_add(c), a.rotate_left(32).wrapping_add(d));
        *self = Self {
            v0: f,
            v1: c.rotate_left(17) ^ e,
            v2: e.rotate_left(32),
            v3: d.rotate_left(21) ^ f,
        };
    }
}

#[cfg(test)]
mod tests {
    use core::array;

    use siphasher::sip::{SipHasher13, SipHasher24};

    use super::sip;

    const KEY: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

    /// Messages 00, 00 01, … under the key 00 to 0f: the first, the one of the paper (15 bytes) and others of the authors' list.
    #[test]
    fn gives_the_reference_values() {
        let message: [u8; 64] = array::from_fn(|at| at as u8);
        let values = [
            (0, 0x726f_db47_dd0e_0e31),
            (1, 0x74f8_39c5_93dc_67fd),
            (8, 0x93f5_f579_9a93_2462),
            (15, 0xa129_ca61_49be_45e5),
            (63, 0x958a_324c_eb06_4572),
        ];
        for (len, value) in values {
            assert_eq!(sip::<2, 4>(&KEY, &message[..len]), value, "{len} bytes");
        }
    }

    #[test]
    fn agrees_with_another_implementation_at_every_length() {
        let message: [u8; 300] = array::from_fn(|at| (at as u8).wrapping_mul(151));
        for len in 0..message.len() {
            let message = &message[..len];
            assert_eq!(sip::<2, 4>(&KEY, message), SipHasher24::new_with_key(&KEY).hash(message));
            assert_eq!(sip::<1, 3>(&KEY, message), SipHasher13::new_with_key(&KEY).hash(message));
        }
    }
}
