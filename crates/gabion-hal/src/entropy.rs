//! Randomness that may fail.

/// A cryptographic random source that may fail: any [`rand_core::TryCryptoRng`].
///
/// The name exists so that bounds read as what is meant. A failure is never papered over: callers get an error.
pub trait Entropy: rand_core::TryCryptoRng {}

impl<T: rand_core::TryCryptoRng + ?Sized> Entropy for T {}
