//! Numbers of 256 bits, and the one multiplication that everything is made of.

/// 256 bits, least significant word first.
pub(crate) type Words = [u32; 8];

pub(crate) const ZERO: Words = [0; 8];

/// a × b + c + d, which always fits: low word, high word. One instruction (UMAAL) on a Cortex-M4.
#[inline(always)]
pub(crate) const fn mac(a: u32, b: u32, c: u32, d: u32) -> (u32, u32) {
    let wide = (a as u64).wrapping_mul(b as u64).wrapping_add(c as u64).wrapping_add(d as u64);
    (wide as u32, (wide >> 32) as u32)
}

/// a + b + carry: the sum and the carry out.
#[inline(always)]
pub(crate) const fn adc(a: u32, b: u32, carry: bool) -> (u32, bool) {
    let (sum, first) = a.overflowing_add(b);
    let (sum, second) = sum.overflowing_add(carry as u32);
    (sum, first | second)
}

/// a + b modulo 2^256, and the carry out.
#[inline(never)]
pub(crate) fn add(a: &Words, b: &Words) -> (Words, bool) {
    add_inline(a, b)
}

/// a - b modulo 2^256, and the borrow out.
#[inline(never)]
pub(crate) fn sub(a: &Words, b: &Words) -> (Words, bool) {
    sub_inline(a, b)
}

/// [`add`], for where speed counts more than size.
#[inline(always)]
pub(crate) fn add_inline(a: &Words, b: &Words) -> (Words, bool) {
    let ((a0, a1), (b0, b1)) = (halves(a), halves(b));
    let (low, carry) = a0.overflowing_add(b0);
    let (high, first) = a1.overflowing_add(b1);
    let (high, second) = high.overflowing_add(carry.into());
    (joined(low, high), first | second)
}

/// [`sub`], for where speed counts more than size.
#[inline(always)]
pub(crate) fn sub_inline(a: &Words, b: &Words) -> (Words, bool) {
    let ((a0, a1), (b0, b1)) = (halves(a), halves(b));
    let (low, borrow) = a0.overflowing_sub(b0);
    let (high, first) = a1.overflowing_sub(b1);
    let (high, second) = high.overflowing_sub(borrow.into());
    (joined(low, high), first | second)
}

/// Tells whether a < b.
pub(crate) fn less(a: &Words, b: &Words) -> bool {
    sub(a, b).1
}

/// Reads 32 bytes, most significant first.
#[inline(never)]
pub(crate) fn from_be_bytes(bytes: &[u8; 32]) -> Words {
    let mut words = ZERO;
    let (chunks, _) = bytes.as_chunks::<4>();
    for (word, chunk) in words.iter_mut().rev().zip(chunks) {
        *word = u32::from_be_bytes(*chunk);
    }
    words
}

/// Two halves of 128 bits: the compiler makes one chain of additions with carry out of them, and not out of eight words.
#[inline(always)]
fn halves(a: &Words) -> (u128, u128) {
    let [a0, a1, a2, a3, a4, a5, a6, a7] = *a;
    let half = |a: u32, b: u32, c: u32, d: u32| {
        u128::from(a) | u128::from(b) << 32 | u128::from(c) << 64 | u128::from(d) << 96
    };
    (half(a0, a1, a2, a3), half(a4, a5, a6, a7))
}

#[inline(always)]
const fn joined(low: u128, high: u128) -> Words {
    [
        low as u32,
        (low >> 32) as u32,
        (low >> 64) as u32,
        (low >> 96) as u32,
        high as u32,
        (high >> 32) as u32,
        (high >> 64) as u32,
        (high >> 96) as u32,
    ]
}
