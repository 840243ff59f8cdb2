//! Bytes on flash: `docs/spec/auth.md`.

use gabion_crypto::P256PublicKey;

use crate::RoleKind;
use crate::throttle::Levels;

/// Names fall into this many buckets, known or not.
pub(crate) const NAME_BUCKETS: usize = 16;
/// The bucket of the label's secret.
pub(crate) const LABEL_BUCKET: usize = 16;

/// Length of a verifier record.
pub const VERIFIER_LEN: usize = 87;
const VERIFIER_VERSION: u8 = 1;
pub(crate) const THROTTLE_LEN: usize = 27;
const THROTTLE_VERSION: u8 = 1;

/// `version ‖ role ‖ iterations, 4 bytes big endian ‖ salt, 16 ‖ hash, 32 ‖ name length ‖ name, 32, zero padded`.
#[derive(Clone, Copy)]
pub(crate) struct Record {
    pub(crate) role: RoleKind,
    pub(crate) iterations: u32,
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
            &[VERIFIER_VERSION, self.role as u8][..],
            &self.iterations.to_be_bytes(),
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
        let (iterations, rest) = rest.split_first_chunk::<4>()?;
        let (salt, rest) = rest.split_first_chunk::<16>()?;
        let (hash, rest) = rest.split_first_chunk::<32>()?;
        let ([name_len], rest) = rest.split_first_chunk::<1>()?;
        let name: &[u8; 32] = rest.try_into().ok()?;
        let record = Self {
            role: RoleKind::from_number(*role)?,
            iterations: u32::from_be_bytes(*iterations),
            salt: *salt,
            hash: *hash,
            name_len: *name_len,
            name: *name,
        };
        let padding = name.get(usize::from(*name_len)..)?;
        let sound = *version == VERIFIER_VERSION
            && record.iterations >= 1
            && padding.iter().all(|b| *b == 0);
        sound.then_some(record)
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
