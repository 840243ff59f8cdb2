//! The field of P-256: integers modulo p = 2^256 - 2^224 + 2^192 + 2^96 - 1 (SP 800-186 §3.2.1.3).

use crate::{
    table::P,
    words::{self, Words, ZERO, adc, mac},
};

/// A field element in Montgomery form: a × 2^256 mod p, kept as *any* number below 2^256 of its class. Only comparisons
/// reduce below p.
#[derive(Clone, Copy)]
pub(crate) struct Element(pub(crate) Words);

impl Element {
    pub(crate) const ZERO: Self = Self(ZERO);

    /// 1: 2^256 mod p.
    pub(crate) const ONE: Self = Self([1, 0, 0, u32::MAX, u32::MAX, u32::MAX, u32::MAX - 1, 0]);

    /// 2^512 mod p, which takes a number into Montgomery form.
    const INTO: Self = Self([3, 0, u32::MAX, 0xffff_fffb, u32::MAX - 1, u32::MAX, u32::MAX - 2, 4]);

    /// Takes a number into Montgomery form.
    pub(crate) fn from_words(number: &Words) -> Self {
        Self(*number).mul(&Self::INTO)
    }

    #[inline(never)]
    pub(crate) fn add(&self, other: &Self) -> Self {
        let (mut sum, mut over) = words::add_inline(&self.0, &other.0);
        // Twice at most: what is over is below 2^256 - 1, and p is above 2^255.
        while over {
            let (less, borrow) = words::sub_inline(&sum, &P);
            (sum, over) = (less, !borrow);
        }
        Self(sum)
    }

    #[inline(never)]
    pub(crate) fn sub(&self, other: &Self) -> Self {
        let (mut difference, mut under) = words::sub_inline(&self.0, &other.0);
        while under {
            let (more, carry) = words::add_inline(&difference, &P);
            (difference, under) = (more, !carry);
        }
        Self(difference)
    }

    pub(crate) fn double(&self) -> Self {
        self.add(self)
    }

    /// The product, by Montgomery's method, a word of `other` at a time.
    #[inline(never)]
    pub(crate) fn mul(&self, other: &Self) -> Self {
        let [b0, b1, b2, b3, b4, b5, b6, b7] = other.0;
        // A zero that the compiler on Arm does not know to be one lets it use UMAAL for the first product of each row too:
        // 15 % fewer instructions on a Cortex-M4. Elsewhere it would cost 4 %.
        let zero = if cfg!(target_arch = "arm") { core::hint::black_box(0) } else { 0 };
        let mut t = [0; 9];
        for b in [b0, b1, b2, b3, b4, b5, b6, b7] {
            t = step(t, &self.0, b, zero);
        }
        let [r0, r1, r2, r3, r4, r5, r6, r7, over] = t;
        let r = [r0, r1, r2, r3, r4, r5, r6, r7];
        Self(if over == 0 { r } else { words::sub_inline(&r, &P).0 })
    }

    pub(crate) fn square(&self) -> Self {
        self.mul(self)
    }

    /// Tells whether this is zero modulo p.
    pub(crate) fn is_zero(&self) -> bool {
        self.0 == ZERO || self.0 == P
    }

    /// Tells whether two elements are the same modulo p.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        self.sub(other).is_zero()
    }
}

/// (t + a × b + m × p) / 2^32, with the m that clears the lowest word: the lowest word itself, because -1/p = 1 mod 2^32.
/// t and the result are below 2^257. `zero` is 0.
#[inline(always)]
fn step(t: [u32; 9], a: &Words, b: u32, zero: u32) -> [u32; 9] {
    let [t0, t1, t2, t3, t4, t5, t6, t7, t8] = t;
    let [a0, a1, a2, a3, a4, a5, a6, a7] = *a;
    let (m, c) = mac(a0, b, t0, zero);
    let (t1, c) = mac(a1, b, t1, c);
    let (t2, c) = mac(a2, b, t2, c);
    let (t3, c) = mac(a3, b, t3, c);
    let (t4, c) = mac(a4, b, t4, c);
    let (t5, c) = mac(a5, b, t5, c);
    let (t6, c) = mac(a6, b, t6, c);
    let (t7, carry) = mac(a7, b, t7, c);
    // m × p = m × (2^256 - 2^224) + m × 2^192 + m × 2^96 - m
    let (t3, c) = adc(t3, m, false);
    let (t4, c) = adc(t4, 0, c);
    let (t5, c) = adc(t5, 0, c);
    let (t6, c) = adc(t6, m, c);
    let (t7, high) = mac(m, u32::MAX, t7, c.into());
    let top = u64::from(t8).wrapping_add(carry.into()).wrapping_add(high.into());
    [t1, t2, t3, t4, t5, t6, t7, top as u32, (top >> 32) as u32]
}
