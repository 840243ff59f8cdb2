//! The numbers of RFC 9052; specified in docs/spec/cose.md.

use gabion_codec::cbor::Budget;

pub(crate) const ALG: i64 = 1;
pub(crate) const CRIT: i64 = 2;
pub(crate) const CONTENT_TYPE: i64 = 3;
pub(crate) const KID: i64 = 4;
pub(crate) const IV: i64 = 5;
pub(crate) const PARTIAL_IV: i64 = 6;

/// Headers whose meaning this crate knows and heeds: they may be critical.
pub(crate) const UNDERSTOOD: [i64; 4] = [ALG, CONTENT_TYPE, KID, IV];

pub(crate) const KEY_TYPE: i64 = 1;
pub(crate) const KEY_ID: i64 = 2;
pub(crate) const KEY_ALG: i64 = 3;
pub(crate) const KEY_OPS: i64 = 4;
pub(crate) const KEY_BASE_IV: i64 = 5;
pub(crate) const EC2: u64 = 2;
pub(crate) const SYMMETRIC: u64 = 4;
/// Of an EC2 key the curve, of a symmetric key the key itself.
pub(crate) const CURVE_OR_KEY: i64 = -1;
pub(crate) const X: i64 = -2;
pub(crate) const Y: i64 = -3;
pub(crate) const D: i64 = -4;
pub(crate) const P256: u64 = 1;

/// Work that a message or key may make. Its length is the caller's: each byte is looked at a bounded number of times.
pub(crate) const BUDGET: Budget = Budget { bytes: usize::MAX, items: 128, depth: 8 };
