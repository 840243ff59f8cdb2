//! What can go wrong, and what the caller should do about it.

use core::convert::Infallible;

use gabion_auth::AuthError;
use gabion_provision::{GenerateError, ProvisionError};

/// Why a device was not provisioned. It must not leave the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FactoryError<E> {
    /// No label secret could be drawn.
    Generate(GenerateError),
    /// No verifier could be made.
    Verifier(AuthError<Infallible>),
    /// The step itself failed. Open the life cycle again: it was taken whole or not at all.
    Provision(ProvisionError<E>),
}

impl<E> From<GenerateError> for FactoryError<E> {
    fn from(error: GenerateError) -> Self {
        Self::Generate(error)
    }
}

impl<E> From<AuthError<Infallible>> for FactoryError<E> {
    fn from(error: AuthError<Infallible>) -> Self {
        Self::Verifier(error)
    }
}

impl<E> From<ProvisionError<E>> for FactoryError<E> {
    fn from(error: ProvisionError<E>) -> Self {
        Self::Provision(error)
    }
}

impl<E: core::fmt::Debug> core::fmt::Display for FactoryError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Generate(e) => write!(f, "{e}"),
            Self::Verifier(e) => write!(f, "{e}"),
            Self::Provision(e) => write!(f, "{e}"),
        }
    }
}

impl<E: core::fmt::Debug> core::error::Error for FactoryError<E> {}
