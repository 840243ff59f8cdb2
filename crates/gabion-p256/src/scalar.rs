//! Integers modulo the order n of the base point.

use crate::{
    table::N,
    words::{self, Words, ZERO, mac},
};

/// -1/n mod 2^32.
const N_INVERSE: u32 = 0xee00_bc4f;

/// 2^512 mod n.
const INTO: Words = [
    0xbe79_eea2,
    0x8324_4c95,
    0x49bd_6fa6,
    0x4699_799c,
    0x2b6b_ec59,
    0x2845_b239,
    0xf3d9_5620,
    0x66e1_2d94,
];

/// Returns the number if it is in 1..n.
pub(crate) fn in_range(number: Words) -> Option<Words> {
    (number != ZERO && words::less(&number, &N)).then_some(number)
}

/// Returns a number below 2^256 modulo n.
fn reduced(number: Words) -> Words {
    let (less, borrow) = words::sub(&number, &N);
    if borrow { number } else { less }
}

/// Returns a / s and b / s modulo n, for 0 < s < n and any a and b below 2^256.
pub(crate) fn quotients(a: &Words, b: &Words, s: &Words) -> (Words, Words) {
    let inverse = product(&inverse(s), &INTO);
    (product(a, &inverse), product(b, &inverse))
}

/// a × b / 2^256 modulo n, by Montgomery's method, for b below n and any a. Three calls in a verification: small, not fast.
#[inline(never)]
fn product(a: &Words, b: &Words) -> Words {
    let mut wide = [0; 16];
    for (at, word) in b.iter().enumerate() {
        add_row(&mut wide, at, a, *word);
    }
    let mut over = false;
    for at in 0..8 {
        let factor = wide.get(at).map_or(0, |low: &u32| low.wrapping_mul(N_INVERSE));
        over |= add_row(&mut wide, at, &N, factor);
    }
    let [_, _, _, _, _, _, _, _, high @ ..] = wide;
    if over { words::sub(&high, &N).0 } else { reduced(high) }
}

/// Adds a × b at the word `at` and tells whether it went over the end.
#[inline(never)]
fn add_row(wide: &mut [u32; 16], at: usize, a: &Words, b: u32) -> bool {
    let mut carry = 0;
    let factors = a.iter().copied().chain(core::iter::repeat(0));
    for (word, factor) in wide.iter_mut().skip(at).zip(factors) {
        (*word, carry) = mac(factor, b, *word, carry);
    }
    carry != 0
}

/// 1 / s modulo n, by the binary Euclidean algorithm. Variable time.
#[inline(never)]
fn inverse(s: &Words) -> Words {
    // Always a x = u and s... modulo n: s × x = u, s × y = v.
    let (mut u, mut v) = (*s, N);
    let (mut x, mut y) = ([1, 0, 0, 0, 0, 0, 0, 0], ZERO);
    halve(&mut u, &mut x);
    // Each turn takes at least a bit off u or v, which have 512.
    for _ in 0..512 {
        if u == v {
            break;
        }
        if words::less(&u, &v) {
            (u, v) = (v, u);
            (x, y) = (y, x);
        }
        u = words::sub(&u, &v).0;
        x = difference(&x, &y);
        halve(&mut u, &mut x);
    }
    x
}

/// Halves `number` until it is odd, and `factor` modulo n as often. Zero is left as it is.
#[inline(never)]
fn halve(number: &mut Words, factor: &mut Words) {
    for _ in 0..256 {
        if number[0] & 1 == 1 {
            break;
        }
        shift_right(number, false);
        let (sum, carry) =
            if factor[0] & 1 == 1 { words::add(factor, &N) } else { (*factor, false) };
        *factor = sum;
        shift_right(factor, carry);
    }
}

fn shift_right(number: &mut Words, mut top: bool) {
    for word in number.iter_mut().rev() {
        let low = *word & 1 == 1;
        *word = *word >> 1 | u32::from(top) << 31;
        top = low;
    }
}

/// a - b modulo n.
fn difference(a: &Words, b: &Words) -> Words {
    let (difference, borrow) = words::sub(a, b);
    if borrow { words::add(&difference, &N).0 } else { difference }
}

/// The digits of a number in the non-adjacent form of width 5, least significant first: zero or odd from -15 to 15, and of
/// any five in a row one at most is not zero.
#[inline(never)]
pub(crate) fn digits(number: &Words) -> [i8; 257] {
    let mut digits = [0; 257];
    let bits = |at: usize| -> u32 {
        let word = |index: usize| number.get(index).copied().map_or(0, u64::from);
        let pair = word(at >> 5) | word((at >> 5).wrapping_add(1)) << 32;
        (pair >> (at & 31)) as u32
    };
    let mut carry = 0;
    let mut skip = 0_u8;
    for (at, digit) in digits.iter_mut().enumerate() {
        if skip > 0 {
            skip = skip.wrapping_sub(1);
            continue;
        }
        // An even sum is 0 + 0, or 1 + 1 and the carry moves on.
        let value = (bits(at) & 31).wrapping_add(carry);
        if value & 1 == 1 {
            carry = value >> 4;
            *digit = (value as i8).wrapping_sub((carry << 5) as i8);
            skip = 4;
        }
    }
    digits
}
