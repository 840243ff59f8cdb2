use gabion_crypto::{CryptoError, EcdsaP256Verify, P256PublicKey, P256Signature};

use crate::{
    field::Element,
    point::{Addend, Point},
    scalar,
    table::{BASE, N, P},
    words::{self, Words},
};

/// Checks ECDSA signatures on P-256, and nothing else.
///
/// # Security
///
/// Takes as long as the numbers make it take: for public keys, hashes and signatures only, which is all that verification
/// handles. Never feed it a secret.
///
/// # Examples
///
/// ```
/// use gabion_crypto::{EcdsaP256Verify, P256PublicKey, P256Signature};
/// use gabion_p256::SmallP256;
///
/// let forged = SmallP256.p256_verify(&P256PublicKey([7; 64]), &[0; 32], &P256Signature([0; 64]));
/// assert!(forged.is_err());
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct SmallP256;

impl EcdsaP256Verify for SmallP256 {
    fn p256_verify(
        &self,
        key: &P256PublicKey,
        hash: &[u8; 32],
        signature: &P256Signature,
    ) -> Result<(), CryptoError> {
        match verify(key, hash, signature) {
            Some(true) => Ok(()),
            _ => Err(CryptoError::Refused),
        }
    }
}

/// FIPS 186-5 §6.4.2. `None` where a number is out of range.
fn verify(key: &P256PublicKey, hash: &[u8; 32], signature: &P256Signature) -> Option<bool> {
    let (r, s) = split(&signature.0)?;
    let (r, s) = (scalar::in_range(r)?, scalar::in_range(s)?);
    let (x, y) = split(&key.0)?;
    if !words::less(&x, &P) || !words::less(&y, &P) {
        return None;
    }
    let (x, y) = (Element::from_words(&x), Element::from_words(&y));
    if !Point::is_on_curve(&x, &y) {
        return None;
    }
    let (u1, u2) = scalar::quotients(&words::from_be_bytes(hash), &r, &s);
    let sum = sum_of_products(&u1, &u2, Point { x, y, z: Element::ONE })?;
    Some(!sum.is_infinity() && is_x_modulo_n(&sum, &r))
}

fn split(bytes: &[u8; 64]) -> Option<(Words, Words)> {
    let (first, second) = (bytes.first_chunk()?, bytes.last_chunk()?);
    Some((words::from_be_bytes(first), words::from_be_bytes(second)))
}

/// u1 times the base point plus u2 times q, in one pass over the digits of both.
#[inline(never)]
fn sum_of_products(u1: &Words, u2: &Words, q: Point) -> Option<Point> {
    let mut multiples = [Addend::UNSET; 8];
    put_odd_multiples(&mut multiples, q);
    let (digits1, digits2) = (scalar::digits(u1), scalar::digits(u2));
    let mut sum = Point::INFINITY;
    for (digit1, digit2) in digits1.iter().zip(&digits2).rev() {
        if !sum.is_infinity() {
            sum.double();
        }
        if *digit1 != 0 {
            let [x, y] = BASE.get(usize::from(digit1.unsigned_abs() >> 1))?;
            sum.add(x, y, None, *digit1 < 0);
        }
        if *digit2 != 0 {
            let Addend { x, y, z } = multiples.get(usize::from(digit2.unsigned_abs() >> 1))?;
            sum.add(x, y, Some(z), *digit2 < 0);
        }
    }
    Some(sum)
}

/// Writes q, 3q, 5q .. 15q.
#[inline(never)]
fn put_odd_multiples(multiples: &mut [Addend; 8], q: Point) {
    let mut twice = q;
    twice.double();
    let Addend { x, y, z } = twice.to_addend();
    let mut next = q;
    for (index, multiple) in multiples.iter_mut().enumerate() {
        if index > 0 {
            next.add(&x, &y, Some(&z), false);
        }
        *multiple = next.to_addend();
    }
}

/// Tells whether the x coordinate of the point is r modulo n. x is below p, and p below 2n: it is r or r + n.
fn is_x_modulo_n(point: &Point, r: &Words) -> bool {
    let zz = point.z.square();
    let is_x = |x: &Words| Element::from_words(x).mul(&zz).equals(&point.x);
    let (second, carry) = words::add(r, &N);
    is_x(r) || (!carry && words::less(&second, &P) && is_x(&second))
}
