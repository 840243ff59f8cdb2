/// Why a cryptographic operation gave no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CryptoError {
    /// A tag, signature, key or secret was not accepted. There is no reason and no position on purpose: treat the data as
    /// hostile and do not use any of it.
    Refused,
    /// The caller broke a size or parameter rule (an output that is too long, zero iterations). Fix the caller.
    Misuse,
    /// The hardware or the random source failed. Retry once; then fail closed.
    Hardware,
}

impl core::fmt::Display for CryptoError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Refused => "refused by cryptography",
            Self::Misuse => "cryptographic parameters out of range",
            Self::Hardware => "cryptographic hardware failed",
        })
    }
}

impl core::error::Error for CryptoError {}
