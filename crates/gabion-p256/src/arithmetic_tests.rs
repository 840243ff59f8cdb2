//! The arithmetic against slow arithmetic, at the values where carries and reductions happen, and the constants against their
//! definitions.
#![allow(clippy::arithmetic_side_effects, reason = "a test may panic")]

extern crate std;

use p256::elliptic_curve::{PrimeField, sec1::ToSec1Point};
use p256::{AffinePoint, ProjectivePoint, Scalar};
use proptest::prelude::*;

use crate::{
    field::Element,
    point::Point,
    scalar,
    table::{B, BASE, N, P},
    words::{self, Words, ZERO},
};

const ONE: Words = [1, 0, 0, 0, 0, 0, 0, 0];

/// Words in which carries run far, as they never would in random ones.
fn edgy() -> impl Strategy<Value = Words> {
    let word = prop_oneof![
        Just(0_u32),
        Just(1),
        Just(u32::MAX),
        Just(u32::MAX - 1),
        Just(1 << 31),
        any::<u32>()
    ];
    let near = |number: Words| {
        (0_u32..3, any::<bool>()).prop_map(move |(distance, below)| {
            let distance = [distance, 0, 0, 0, 0, 0, 0, 0];
            if below { words::sub(&number, &distance).0 } else { words::add(&number, &distance).0 }
        })
    };
    prop_oneof![3 => proptest::array::uniform8(word), 1 => near(P), 1 => near(N), 1 => near(ZERO)]
}

/// a modulo m for m above 2^255.
fn reduced(a: &Words, m: &Words) -> Words {
    if words::less(a, m) { *a } else { words::sub(a, m).0 }
}

fn slow_add(a: &Words, b: &Words, m: &Words) -> Words {
    let (sum, carry) = words::add(&reduced(a, m), &reduced(b, m));
    if carry { words::sub(&sum, m).0 } else { reduced(&sum, m) }
}

fn slow_mul(a: &Words, b: &Words, m: &Words) -> Words {
    let mut product = ZERO;
    for word in b.iter().rev() {
        for bit in (0..32).rev() {
            product = slow_add(&product, &product, m);
            if word >> bit & 1 == 1 {
                product = slow_add(&product, a, m);
            }
        }
    }
    product
}

fn into_montgomery(a: &Words, m: &Words) -> Words {
    (0..256).fold(reduced(a, m), |a, _| slow_add(&a, &a, m))
}

fn from_bytes(bytes: &[u8]) -> Words {
    words::from_be_bytes(bytes.try_into().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn words_add_and_subtract(a in edgy(), b in edgy()) {
        let mut carry = 0_u64;
        let (sum, over) = words::add(&a, &b);
        for ((a, b), sum) in a.iter().zip(&b).zip(&sum) {
            carry += u64::from(*a) + u64::from(*b);
            prop_assert_eq!(*sum, carry as u32);
            carry >>= 32;
        }
        prop_assert_eq!(over, carry == 1);
        let (back, borrow) = words::sub(&sum, &b);
        prop_assert_eq!((back, borrow), (a, over));
        let less = a.iter().rev().lt(b.iter().rev());
        prop_assert_eq!(words::less(&a, &b), less);
    }

    #[test]
    fn field(a in edgy(), b in edgy()) {
        let (x, y) = (Element(a), Element(b));
        prop_assert_eq!(reduced(&x.add(&y).0, &P), slow_add(&a, &b, &P));
        prop_assert_eq!(reduced(&x.sub(&y).add(&y).0, &P), reduced(&a, &P));
        let product = x.mul(&y).0;
        prop_assert_eq!(into_montgomery(&product, &P), slow_mul(&a, &b, &P));
        prop_assert_eq!(x.square().0, x.mul(&x).0);
        prop_assert_eq!(reduced(&Element::from_words(&a).0, &P), into_montgomery(&a, &P));
        prop_assert_eq!(x.equals(&y), reduced(&a, &P) == reduced(&b, &P));
        prop_assert_eq!(x.is_zero(), reduced(&a, &P) == ZERO);
    }

    #[test]
    fn scalars(a in edgy(), b in edgy(), s in edgy()) {
        prop_assert_eq!(scalar::in_range(s).is_some(), s != ZERO && words::less(&s, &N));
        if let Some(s) = scalar::in_range(s) {
            let (first, second) = scalar::quotients(&a, &b, &s);
            prop_assert_eq!(slow_mul(&first, &s, &N), reduced(&a, &N));
            prop_assert_eq!(slow_mul(&second, &s, &N), reduced(&b, &N));
        }
    }

    #[test]
    fn digits_add_up(number in edgy()) {
        let digits = scalar::digits(&number);
        let mut sum = ZERO;
        let mut over = 0_i32;
        for digit in digits.iter().rev() {
            let (twice, carry) = words::add(&sum, &sum);
            over = 2 * over + i32::from(carry);
            let small = [u32::from(digit.unsigned_abs()), 0, 0, 0, 0, 0, 0, 0];
            let (next, wrapped) = if *digit < 0 { words::sub(&twice, &small) } else { words::add(&twice, &small) };
            over += if *digit < 0 { -i32::from(wrapped) } else { i32::from(wrapped) };
            prop_assert!(*digit == 0 || (digit % 2 != 0 && digit.abs() < 16));
            sum = next;
        }
        prop_assert_eq!((sum, over), (number, 0));
        for five in digits.windows(5) {
            prop_assert!(five.iter().filter(|digit| **digit != 0).count() <= 1);
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Every pair of small multiples of a point, so that infinity, equal and opposite points come up, with every z.
    #[test]
    fn points(k in 1_u64.., a in -4_i64..5, b in -4_i64..5, scale in 1_u32..) {
        let base = ProjectivePoint::GENERATOR * Scalar::from(k);
        let times = |n: i64| {
            let point = base * Scalar::from(n.unsigned_abs());
            if n < 0 { -point } else { point }
        };
        let mut sum = ours(&times(a), scale);
        let addend = ours(&times(b), scale ^ 1).to_addend();
        if !ours(&times(b), 1).is_infinity() {
            let mut negative = sum;
            sum.add(&addend.x, &addend.y, Some(&addend.z), false);
            negative.add(&addend.x, &addend.y, Some(&addend.z), true);
            prop_assert!(same(&sum, &times(a + b)));
            prop_assert!(same(&negative, &times(a - b)));
            let affine = ours(&times(b), 1);
            let mut mixed = ours(&times(a), scale);
            mixed.add(&affine.x, &affine.y, None, false);
            prop_assert!(same(&mixed, &times(a + b)));
        }
        let mut doubled = ours(&times(a), scale);
        doubled.double();
        prop_assert!(same(&doubled, &times(2 * a)));
    }
}

/// A point of the other implementation in Jacobian coordinates with the given z.
fn ours(point: &ProjectivePoint, scale: u32) -> Point {
    let affine: AffinePoint = (*point).into();
    let encoded = affine.to_sec1_point(false);
    let (Some(x), Some(y)) = (encoded.x(), encoded.y()) else { return Point::INFINITY };
    let (x, y) = (Element::from_words(&from_bytes(x)), Element::from_words(&from_bytes(y)));
    let z = Element::from_words(&[scale.max(1), 0, 0, 0, 0, 0, 0, 0]);
    let zz = z.square();
    Point { x: x.mul(&zz), y: y.mul(&zz.mul(&z)), z }
}

fn same(point: &Point, expected: &ProjectivePoint) -> bool {
    let expected = ours(expected, 1);
    if point.is_infinity() || expected.is_infinity() {
        return point.is_infinity() == expected.is_infinity();
    }
    let zz = point.z.square();
    point.x.equals(&expected.x.mul(&zz)) && point.y.equals(&expected.y.mul(&zz.mul(&point.z)))
}

#[test]
fn constants_are_what_they_say() {
    // p = 2^256 - 2^224 + 2^192 + 2^96 - 1: its negative modulo 2^256 is 2^224 - 2^192 - 2^96 + 1.
    let minus_p = words::sub(&ZERO, &P).0;
    let (sum, carry) = words::add(&minus_p, &[0, 0, 0, 1, 0, 0, 1, 0]);
    assert_eq!((sum, carry), ([1, 0, 0, 0, 0, 0, 0, 1], false));
    // n: the order that the other implementation has; it states n - 1 by way of -1.
    let minus_one: [u8; 32] = (-Scalar::ONE).to_repr().into();
    assert_eq!(words::add(&from_bytes(&minus_one), &ONE).0, N);
    assert_eq!(Element::ONE.0, into_montgomery(&ONE, &P));
    let b: Words = from_bytes(&[
        0x5a, 0xc6, 0x35, 0xd8, 0xaa, 0x3a, 0x93, 0xe7, 0xb3, 0xeb, 0xbd, 0x55, 0x76, 0x98, 0x86,
        0xbc, 0x65, 0x1d, 0x06, 0xb0, 0xcc, 0x53, 0xb0, 0xf6, 0x3b, 0xce, 0x3c, 0x3e, 0x27, 0xd2,
        0x60, 0x4b,
    ]);
    assert_eq!(B.0, into_montgomery(&b, &P));
}

#[test]
fn the_table_holds_the_odd_multiples_of_the_base_point() {
    for (index, [x, y]) in BASE.iter().enumerate() {
        let multiple = ProjectivePoint::GENERATOR * Scalar::from(2 * index as u64 + 1);
        let expected = ours(&multiple, 1);
        assert_eq!((x.0, y.0), (reduced(&expected.x.0, &P), reduced(&expected.y.0, &P)));
    }
}
