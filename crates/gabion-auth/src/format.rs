//! Bytes on flash: `docs/spec/auth.md`.

use gabion_crypto::{Argon2Cost, P256PublicKey, PAKE_RECORD_LEN, Secret};
use subtle::{Choice, ConditionallySelectable};

use crate::throttle::Levels;
use crate::{LabelTerms, Policy, RoleKind};

/// Names fall into this many buckets, known or not.
pub(crate) const NAME_BUCKETS: usize = 16;
/// The bucket of the label's secret.
pub(crate) const LABEL_BUCKET: usize = 16;

/// Length of a verifier record.
pub const VERIFIER_LEN: usize = 87;
/// Versions of a verifier: what it was stretched with.
const PBKDF2: u8 = 1;
const ARGON2ID: u8 = 2;
pub(crate) const THROTTLE_LEN: usize = 27;
const THROTTLE_VERSION: u8 = 1;

/// What a verifier costs to compute: the version and the four bytes of its record.
///
/// PBKDF2: iterations, big endian. Argon2id: memory in KiB, 2 bytes big endian ‖ passes ‖ lanes, always 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost {
    version: u8,
    bytes: [u8; 4],
}

impl Cost {
    /// What a policy asks for.
    pub(crate) fn of(policy: &Policy) -> Self {
        match policy.argon2 {
            None => Self { version: PBKDF2, bytes: policy.iterations.to_be_bytes() },
            Some(cost) => {
                let [high, low] = cost.memory_kib().to_be_bytes();
                Self { version: ARGON2ID, bytes: [high, low, cost.passes(), 1] }
            }
        }
    }

    fn parse(version: u8, bytes: [u8; 4]) -> Option<Self> {
        let cost = Self { version, bytes };
        let sound = match version {
            PBKDF2 => cost.iterations() >= 1,
            ARGON2ID => cost.argon2().is_some(),
            _ => false,
        };
        sound.then_some(cost)
    }

    pub(crate) const fn iterations(self) -> u32 {
        u32::from_be_bytes(self.bytes)
    }

    /// The cost of Argon2id; `None` for PBKDF2.
    pub(crate) const fn argon2(self) -> Option<Argon2Cost> {
        match (self.version, self.bytes) {
            (ARGON2ID, [high, low, passes, 1]) => {
                Argon2Cost::checked(u16::from_be_bytes([high, low]), passes)
            }
            _ => None,
        }
    }

    /// Whether a record with this cost is to be replaced by one of the policy's. Never back from Argon2id to PBKDF2.
    pub(crate) fn is_outgrown_by(self, policy: &Self) -> bool {
        match (self.argon2(), policy.argon2()) {
            (None, None) => self.iterations() < policy.iterations(),
            (None, Some(_)) => true,
            (Some(_), None) => false,
            (Some(old), Some(new)) => {
                let size =
                    |c: Argon2Cost| u32::from(c.memory_kib()).saturating_mul(c.passes().into());
                size(old) < size(new)
            }
        }
    }

    pub(crate) fn assign(&mut self, other: Self, choice: Choice) {
        self.version.conditional_assign(&other.version, choice);
        for (to, from) in self.bytes.iter_mut().zip(other.bytes) {
            to.conditional_assign(&from, choice);
        }
    }
}

/// `version ‖ role ‖ cost, 4 bytes ‖ salt, 16 ‖ hash, 32 ‖ name length ‖ name, 32, zero padded`.
#[derive(Clone, Copy)]
pub(crate) struct Record {
    pub(crate) role: RoleKind,
    pub(crate) cost: Cost,
    pub(crate) salt: [u8; 16],
    pub(crate) hash: [u8; 32],
    pub(crate) name_len: u8,
    pub(crate) name: [u8; 32],
}

impl Record {
    pub(crate) fn emit(&self) -> [u8; VERIFIER_LEN] {
        let mut out = [0; VERIFIER_LEN];
        let mut rest = out.as_mut_slice();
        for part in [
            &[self.cost.version, self.role as u8][..],
            &self.cost.bytes,
            &self.salt,
            &self.hash,
            &[self.name_len],
            &self.name,
        ] {
            // The parts' lengths add up to the record's.
            let Some((place, after)) = rest.split_at_mut_checked(part.len()) else { break };
            place.copy_from_slice(part);
            rest = after;
        }
        out
    }

    /// Takes back exactly what [`emit`](Self::emit) makes; everything else is refused.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; VERIFIER_LEN] = bytes.try_into().ok()?;
        let ([version, role], rest) = bytes.split_first_chunk::<2>()?;
        let (cost, rest) = rest.split_first_chunk::<4>()?;
        let (salt, rest) = rest.split_first_chunk::<16>()?;
        let (hash, rest) = rest.split_first_chunk::<32>()?;
        let ([name_len], rest) = rest.split_first_chunk::<1>()?;
        let name: &[u8; 32] = rest.try_into().ok()?;
        let record = Self {
            role: RoleKind::from_number(*role)?,
            cost: Cost::parse(*version, *cost)?,
            salt: *salt,
            hash: *hash,
            name_len: *name_len,
            name: *name,
        };
        let padding = name.get(usize::from(*name_len)..)?;
        padding.iter().all(|b| *b == 0).then_some(record)
    }
}

/// Length of the record that proofs of the label's code are checked with.
pub const PAKE_LEN: usize = 118;
const PAKE_VERSION: u8 = 1;

/// `version ‖ iterations, 4 bytes big endian ‖ salt, 16 ‖ w0, 32 ‖ L, 65`.
pub(crate) struct PakeRecord {
    pub(crate) terms: LabelTerms,
    pub(crate) pake: Secret<[u8; PAKE_RECORD_LEN]>,
}

impl PakeRecord {
    pub(crate) fn emit(&self) -> Secret<[u8; PAKE_LEN]> {
        let mut out = Secret::<[u8; PAKE_LEN]>::zeroed();
        let iterations = self.terms.iterations.to_be_bytes();
        let bytes = [PAKE_VERSION].into_iter().chain(iterations).chain(self.terms.salt);
        let bytes = bytes.chain(self.pake.expose().iter().copied());
        for (place, byte) in out.expose_mut().iter_mut().zip(bytes) {
            *place = byte;
        }
        out
    }

    /// Takes back what [`emit`](Self::emit) makes. Whether w0 and L are sound, SPAKE2+ checks at each use.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let [PAKE_VERSION, rest @ ..] = bytes else { return None };
        let (iterations, rest) = rest.split_first_chunk::<4>()?;
        let (salt, rest) = rest.split_first_chunk::<16>()?;
        let pake: &[u8; PAKE_RECORD_LEN] = rest.try_into().ok()?;
        let iterations = u32::from_be_bytes(*iterations);
        let terms = LabelTerms { iterations, salt: *salt };
        (iterations >= 1).then(|| Self { terms, pake: Secret::new(*pake) })
    }
}

/// Length of the record of a machine's key.
pub(crate) const MACHINE_LEN: usize = 65;
const MACHINE_VERSION: u8 = 1;

/// `version ‖ x ‖ y`.
pub(crate) fn emit_machine(key: &P256PublicKey) -> [u8; MACHINE_LEN] {
    let mut out = [MACHINE_VERSION; MACHINE_LEN];
    let [_, rest @ ..] = &mut out;
    rest.copy_from_slice(&key.0);
    out
}

/// Takes back what [`emit_machine`] makes.
pub(crate) fn parse_machine(bytes: &[u8]) -> Option<P256PublicKey> {
    match bytes {
        [MACHINE_VERSION, key @ ..] => key.try_into().ok().map(P256PublicKey),
        _ => None,
    }
}

/// `version ‖ 26 levels`.
pub(crate) fn emit_levels(levels: &Levels) -> [u8; THROTTLE_LEN] {
    let mut out = [THROTTLE_VERSION; THROTTLE_LEN];
    let [_, rest @ ..] = &mut out;
    rest.copy_from_slice(levels);
    out
}

/// Takes back what [`emit_levels`] makes.
pub(crate) fn parse_levels(bytes: &[u8]) -> Option<Levels> {
    match bytes {
        [THROTTLE_VERSION, levels @ ..] => levels.try_into().ok(),
        _ => None,
    }
}
