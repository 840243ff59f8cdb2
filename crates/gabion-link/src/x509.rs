//! Path validation of X.509 certificates on P-256 (RFC 5280 §6, RFC 9525), strict, without a heap, usable alone.
//!
//! One door: [`verify_path`] takes what a peer sent and gives a [`VerifiedPeer`], or says what was wrong and where.

mod anchor;
mod certificate;
mod constraints;
mod der;
mod error;
mod extensions;
pub mod hazmat;
mod host;
mod issue;
mod names;
mod now;
mod path;
mod peer;
mod pin;
mod policy;
mod possession;
mod time;
mod verify;

pub use anchor::TrustAnchor;
pub use certificate::CertificateView;
pub use error::{Misuse, PathError, Refusal};
pub use host::{DnsName, Host, NotAHost};
pub use names::{GeneralName, Names};
pub use now::{Now, TimeFloor, TimeJudgement, TimeTrust};
pub use peer::{Peer, VerifiedPeer};
pub use pin::{Pin, PinMatch, Pins, SamePin};
pub use policy::Policy;
pub use possession::{CertificateVerify, ECDSA_SECP256R1_SHA256, ProvenPeer};
pub use time::UnixTime;
pub use verify::{MAX_PRESENTED, verify_path};
