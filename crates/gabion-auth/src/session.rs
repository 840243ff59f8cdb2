//! Sessions: short-lived tokens, in RAM only, so that a reboot ends them all.

use gabion_crypto::{HmacSha256, Secret, ct_eq};
use gabion_hal::Entropy;

use crate::verifier::Pepper;
use crate::{Policy, Role, RoleKind, SessionError};

const DOMAIN: &[u8] = b"gabion/1 session";

/// 128 random bits that stand for a log-in. Wiped on drop; no `Clone`, no readable `Debug`.
pub struct SessionToken(Secret<[u8; 16]>);

impl SessionToken {
    /// Lends the bytes, to be given to the peer and to nobody else.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 16] {
        self.0.expose()
    }

    /// Takes the bytes that a peer sent.
    #[must_use]
    pub const fn received(bytes: [u8; 16]) -> Self {
        Self(Secret::new(bytes))
    }
}

impl SessionToken {
    /// Draws a token; `None` when the source fails or is stuck.
    pub(crate) fn draw(entropy: &mut impl Entropy) -> Option<Self> {
        let mut token = Secret::<[u8; 16]>::zeroed();
        entropy.try_fill_bytes(token.expose_mut()).ok()?;
        let first = token.expose().first();
        let stuck = token.expose().iter().all(|byte| Some(byte) == first);
        (!stuck).then_some(Self(token))
    }
}

impl core::fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SessionToken(..)")
    }
}

/// A log-in that succeeded.
#[derive(Debug)]
#[must_use = "without its token a session is of no use"]
pub struct Session {
    /// What the peer shows from now on.
    pub token: SessionToken,
    /// The role that it has.
    pub role: RoleKind,
}

#[derive(Clone, Copy)]
struct Entry {
    /// A keyed hash of the token: what leaks from RAM opens nothing.
    hash: [u8; 32],
    account: u8,
    role: RoleKind,
    ends_at: u64,
    idle_at: u64,
}

/// Up to `N` sessions.
pub(crate) struct Sessions<const N: usize> {
    entries: [Option<Entry>; N],
}

impl<const N: usize> Sessions<N> {
    pub(crate) const fn new() -> Self {
        const { assert!(N > 0, "without room for a session nobody can log in") }
        Self { entries: [const { None }; N] }
    }

    /// Starts a session with a token that was drawn; when there is no room, the one that would end first makes room.
    pub(crate) fn start(
        &mut self,
        crypto: &impl HmacSha256,
        pepper: &Pepper,
        policy: &Policy,
        token: SessionToken,
        (account, role): (u8, RoleKind),
        now: u64,
    ) -> Session {
        let entry = Entry {
            hash: pepper.keyed(crypto, DOMAIN, token.expose()),
            account,
            role,
            ends_at: now.saturating_add(policy.session_ms),
            idle_at: now.saturating_add(policy.idle_ms),
        };
        let place =
            self.entries.iter_mut().min_by_key(|e| e.map_or(0, |e| e.ends_at.min(e.idle_at)));
        if let Some(place) = place {
            *place = Some(entry);
        }
        Session { token, role }
    }

    /// Checks a token for a role and prolongs the session. Every entry is compared.
    pub(crate) fn check<R: Role>(
        &mut self,
        crypto: &impl HmacSha256,
        pepper: &Pepper,
        policy: &Policy,
        token: &SessionToken,
        now: u64,
    ) -> Result<u8, SessionError> {
        let hash = pepper.keyed(crypto, DOMAIN, token.expose());
        let mut found = None;
        for slot in &mut self.entries {
            if slot.is_some_and(|e| now >= e.ends_at || now >= e.idle_at) {
                *slot = None;
            }
            if let Some(entry) = slot
                && ct_eq(&entry.hash, &hash)
            {
                found = Some(entry);
            }
        }
        let entry = found.ok_or(SessionError::NoSession)?;
        if !R::is_held_by(entry.role) {
            return Err(SessionError::NotAllowed);
        }
        entry.idle_at = now.saturating_add(policy.idle_ms);
        Ok(entry.account)
    }

    pub(crate) fn end(&mut self, crypto: &impl HmacSha256, pepper: &Pepper, token: &SessionToken) {
        let hash = pepper.keyed(crypto, DOMAIN, token.expose());
        for slot in &mut self.entries {
            if slot.is_some_and(|e| ct_eq(&e.hash, &hash)) {
                *slot = None;
            }
        }
    }

    pub(crate) fn end_account(&mut self, account: u8) {
        for slot in &mut self.entries {
            if slot.is_some_and(|e| e.account == account) {
                *slot = None;
            }
        }
    }

    pub(crate) fn end_all(&mut self) {
        self.entries = [const { None }; N];
    }
}
