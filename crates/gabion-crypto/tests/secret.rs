//! Secrets cannot be copied, printed or compared by accident, and are gone when they go out of use.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

use std::{cell::Cell, rc::Rc};

use gabion_crypto::{AesGcmKey, ChaChaPolyKey, Secret, ct_eq};
use proptest::prelude::*;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Tells at run time whether a type has a trait: the inherent constant is found first where its bound holds.
macro_rules! implements {
    ($type:ty: $($bound:tt)+) => {{
        struct Probe<T: ?Sized>(core::marker::PhantomData<T>);
        #[allow(dead_code, reason = "which of the two is used is the answer")]
        trait No {
            const ANSWER: bool = false;
        }
        impl<T: ?Sized> No for Probe<T> {}
        #[allow(dead_code, reason = "which of the two is used is the answer")]
        impl<T: ?Sized + $($bound)+> Probe<T> {
            const ANSWER: bool = true;
        }
        <Probe<$type>>::ANSWER
    }};
}

type Key = Secret<[u8; 32]>;

#[test]
fn secrets_lack_every_trait_that_leaks() {
    // The probe works: these have what is asked for below.
    assert!(implements!([u8; 32]: Clone) && implements!([u8; 32]: Copy));
    assert!(implements!([u8; 32]: PartialEq) && implements!([u8; 32]: PartialOrd));
    assert!(implements!([u8; 32]: core::hash::Hash) && implements!([u8; 32]: AsRef<[u8]>));
    assert!(implements!([u8; 32]: Into<[u8; 32]>) && implements!(u8: core::fmt::LowerHex));
    assert!(implements!(u8: core::fmt::Display) && implements!(Vec<u8>: core::ops::Deref));

    assert!(!implements!(Key: Clone) && !implements!(Key: Copy));
    assert!(!implements!(Key: PartialEq) && !implements!(Key: PartialEq<[u8; 32]>));
    assert!(!implements!(Key: PartialOrd) && !implements!(Key: core::hash::Hash));
    assert!(!implements!(Key: AsRef<[u8]>) && !implements!(Key: core::borrow::Borrow<[u8]>));
    assert!(!implements!(Key: core::ops::Deref) && !implements!(Key: Into<[u8; 32]>));
    assert!(!implements!(Key: core::fmt::Display) && !implements!(Key: core::fmt::LowerHex));
    assert!(!implements!(Key: Default), "a default secret would be a known one");
}

#[test]
fn expanded_keys_lack_them_too_and_are_wiped() {
    assert!(!implements!(AesGcmKey: core::fmt::Debug) && !implements!(AesGcmKey: Clone));
    assert!(!implements!(ChaChaPolyKey: core::fmt::Debug) && !implements!(ChaChaPolyKey: Clone));
    assert!(implements!(Key: ZeroizeOnDrop));
    assert!(implements!(AesGcmKey: ZeroizeOnDrop) && implements!(ChaChaPolyKey: ZeroizeOnDrop));
}

#[test]
fn debug_shows_nothing_of_the_value() {
    for secret in [Secret::new(*b"hunter2"), Secret::zeroed()] {
        assert_eq!(format!("{secret:?}"), "Secret(..)");
        assert_eq!(format!("{secret:#?}"), "Secret(..)");
    }
}

/// Reports when it is wiped.
struct Watched(Rc<Cell<u32>>);

impl Zeroize for Watched {
    fn zeroize(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

#[test]
fn a_secret_is_wiped_when_it_goes_out_of_use() {
    let wiped = Rc::new(Cell::new(0));
    let secret = Secret::new(Watched(wiped.clone()));
    assert_eq!(wiped.get(), 0);
    drop(secret);
    assert_eq!(wiped.get(), 1);

    let mut slot = Some(Secret::new(Watched(wiped.clone())));
    slot.replace(Secret::new(Watched(wiped.clone())));
    assert_eq!(wiped.get(), 2, "an overwritten secret is wiped");

    let in_panic = wiped.clone();
    let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
        let _secret = Secret::new(Watched(in_panic));
        std::panic::resume_unwind(Box::new(()));
    }));
    assert!(unwound.is_err());
    assert_eq!(wiped.get(), 3, "a panic wipes too");
}

proptest! {
    #[test]
    fn constant_time_comparison_compares(a: Vec<u8>, b: Vec<u8>, at: prop::sample::Index, bit in 0..8) {
        prop_assert_eq!(ct_eq(&a, &b), a == b);
        prop_assert!(ct_eq(&a, &a.clone()));
        if !a.is_empty() {
            let mut other = a.clone();
            other[at.index(a.len())] ^= 1_u8 << bit;
            prop_assert!(!ct_eq(&a, &other));
            prop_assert!(!ct_eq(&a, &a[1..]));
        }
    }

    #[test]
    fn secrets_compare_as_their_bytes_do(a: [u8; 4], b: [u8; 4], c: Vec<u8>) {
        prop_assert!(Secret::new(a).ct_eq(&a));
        prop_assert_eq!(Secret::new(a).ct_eq(&b), a == b);
        prop_assert_eq!(Secret::new(a).ct_eq(&c), a[..] == c[..]);
    }
}
