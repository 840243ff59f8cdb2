//! The search for a path from the peer to an anchor.

use gabion_crypto::{EcdsaP256Verify, Sha256};

use crate::x509::certificate::p256;
use crate::x509::issue::{Failure, Rank, Signatures, key_identifiers_agree, may_issue};
use crate::x509::path::Path;
use crate::x509::{
    CertificateView, Misuse, Now, PathError, Peer, Pin, PinMatch, Policy, Refusal, TrustAnchor,
    VerifiedPeer,
};

/// More certificates from one peer are not looked at.
pub const MAX_PRESENTED: usize = 16;

/// Checks what a peer sent, its own certificate first, and returns the proof that it is who it has to be.
///
/// The path has at most `DEPTH` certificates, anchor not counted. Those after the first may come in any order (RFC 8446
/// §4.4.2) and may hold more than the path needs: what is not used is not trusted, nor is it looked at further than its name.
/// An anchor among them is not needed and does no harm.
///
/// Work is bounded: [`MAX_PRESENTED`] certificates, `DEPTH` links, and the policy's number of signature checks.
///
/// # Errors
///
/// [`PathError`]. Of several reasons the one that came nearest to an anchor is given.
///
/// # Panics
///
/// Never.
///
/// # Security
///
/// Revocation is not checked. See [`VerifiedPeer`] for what is still to do.
pub fn verify_path<'c, const DEPTH: usize>(
    crypto: &(impl EcdsaP256Verify + Sha256),
    policy: &Policy<'_>,
    now: &Now,
    peer: &Peer<'_>,
    presented: &[&'c [u8]],
) -> Result<VerifiedPeer<'c>, PathError> {
    if policy.anchors.is_empty() && policy.exact.is_empty() {
        return Err(PathError::Misuse(Misuse::NothingTrusted));
    }
    let [own, ..] = presented else { return Err(refused(Refusal::Empty, None)) };
    if presented.len() > MAX_PRESENTED {
        return Err(refused(Refusal::TooMany, None));
    }
    let at_leaf = |reason| refused(reason, Some(0));
    let leaf = CertificateView::parse(own).map_err(at_leaf)?;
    let key = leaf.key().map_err(at_leaf)?;
    let time = now.judge(leaf.validity(), policy.time).map_err(at_leaf)?;
    let is_server = matches!(peer, Peer::Server(_));
    let is_exact = !policy.exact.is_empty() && policy.exact.contains(&crypto.sha256(&[own]));
    peer.check(&leaf, is_exact).map_err(at_leaf)?;

    let mut search = Search {
        policy,
        now,
        peer,
        presented,
        signatures: Signatures { crypto, left: policy.signature_checks },
        nearest: Finding { height: 0, weight: 0, reason: Refusal::UnknownIssuer, at: Some(0) },
    };
    if is_exact {
        let pin = search.pinned([leaf.key_info()]).map_err(at_leaf)?;
        return Ok(VerifiedPeer { leaf, key, anchor: None, length: 1, pin, time, is_server });
    }
    if leaf.is_self_issued() {
        match search.signatures.check(&leaf, &key) {
            Ok(()) => return Err(at_leaf(Refusal::SelfSigned)),
            Err(Failure::Refused(_)) => {}
            Err(Failure::Stop(error)) => return Err(error),
        }
    }
    let mut path = Path::<DEPTH>::new();
    if !path.push(0, leaf.clone()) {
        return Err(PathError::Misuse(Misuse::NoDepth));
    }
    let (anchor, pin) = search.run(&mut path)?;
    Ok(VerifiedPeer {
        leaf,
        key,
        anchor: Some(anchor),
        length: path.length(),
        pin,
        time,
        is_server,
    })
}

fn refused(reason: Refusal, at: Option<usize>) -> PathError {
    PathError::Refused { reason, at: at.and_then(|at| u8::try_from(at).ok()) }
}

struct Search<'s, 'c, C> {
    policy: &'s Policy<'s>,
    now: &'s Now,
    peer: &'s Peer<'s>,
    presented: &'s [&'c [u8]],
    signatures: Signatures<'s, C>,
    nearest: Finding,
}

/// Why one way led nowhere: the highest one is reported, and of those the most telling one that came first.
struct Finding {
    height: usize,
    weight: u8,
    reason: Refusal,
    at: Option<usize>,
}

impl<'c, C: EcdsaP256Verify + Sha256> Search<'_, 'c, C> {
    /// Climbs from the peer, depth first. Each issuer that is tried costs a signature check, so that the whole is bounded by
    /// their number. Returns the anchor's number.
    fn run<const DEPTH: usize>(
        &mut self,
        path: &mut Path<'c, DEPTH>,
    ) -> Result<(usize, Option<PinMatch>), PathError> {
        loop {
            if let Some(found) = self.find_anchor(path)? {
                return Ok(found);
            }
            while !self.climb(path)? {
                path.pop();
                if path.length() == 0 {
                    return Err(refused(self.nearest.reason, self.nearest.at));
                }
            }
        }
    }

    fn find_anchor<const DEPTH: usize>(
        &mut self,
        path: &Path<'c, DEPTH>,
    ) -> Result<Option<(usize, Option<PinMatch>)>, PathError> {
        let Some(top) = path.top() else { return Ok(None) };
        for (number, anchor) in self.policy.anchors.iter().enumerate() {
            if anchor.subject() != top.certificate.issuer() {
                continue;
            }
            match self.ends_at(path, anchor) {
                Ok(pin) => return Ok(Some((number, pin))),
                Err((Failure::Refused(reason), at)) => self.note(path.length(), reason, at),
                Err((Failure::Stop(error), _)) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Checks whether the path is complete with this anchor. Beside a failure stands the certificate that it is about.
    fn ends_at<const DEPTH: usize>(
        &mut self,
        path: &Path<'c, DEPTH>,
        anchor: &TrustAnchor<'_>,
    ) -> Result<Option<PinMatch>, (Failure, Option<usize>)> {
        let whole = |reason: Refusal| (reason.into(), None);
        let Some(top) = path.top() else { return Err(whole(Refusal::UnknownIssuer)) };
        let of_top = |failure: Failure| (failure, Some(top.index));
        let below = path.authorities();
        if let Some(certificate) = anchor.certificate() {
            may_issue(certificate, Rank::Anchor, below, self.peer, self.policy, self.now)
                .map_err(whole)?;
            key_identifiers_agree(&top.certificate, certificate)
                .map_err(|reason| of_top(reason.into()))?;
        }
        anchor.allows(below, self.peer).map_err(whole)?;
        let key = p256(anchor.key_info()).map_err(whole)?;
        self.signatures.check(&top.certificate, &key).map_err(of_top)?;
        path.check_names(anchor).map_err(|(reason, index)| (reason.into(), Some(index)))?;
        let keys = path.iter().map(|link| link.certificate.key_info());
        self.pinned(keys.chain([anchor.key_info()])).map_err(whole)
    }

    /// Adds the next certificate that issued the top of the path. Tells whether there was one.
    fn climb<const DEPTH: usize>(&mut self, path: &mut Path<'c, DEPTH>) -> Result<bool, PathError> {
        let height = path.length();
        while let Some(top) = path.top_mut() {
            let index = top.next;
            let Some(der) = self.presented.get(index) else { break };
            top.next = index.saturating_add(1);
            if path.holds(index) {
                continue;
            }
            let candidate = match CertificateView::parse(der) {
                Ok(candidate) => candidate,
                Err(reason) => {
                    self.note(height, reason, Some(index));
                    continue;
                }
            };
            match self.issued_top(path, &candidate, index) {
                Ok(false) => {}
                Ok(true) if path.push(index, candidate) => return Ok(true),
                Ok(true) => self.note(height, Refusal::TooDeep, Some(index)),
                Err((Failure::Refused(reason), at)) => self.note(height, reason, Some(at)),
                Err((Failure::Stop(error), _)) => return Err(error),
            }
        }
        if let Some(top) = path.top() {
            self.note(height, Refusal::UnknownIssuer, Some(top.index));
        }
        Ok(false)
    }

    /// Checks whether `candidate` issued the top of the path; `false` when it does not even have the name.
    fn issued_top<const DEPTH: usize>(
        &mut self,
        path: &Path<'c, DEPTH>,
        candidate: &CertificateView<'c>,
        index: usize,
    ) -> Result<bool, (Failure, usize)> {
        let Some(top) = path.top() else { return Ok(false) };
        if candidate.subject() != top.certificate.issuer() {
            return Ok(false);
        }
        if path.length() >= DEPTH {
            return Err((Refusal::TooDeep.into(), index));
        }
        let below = path.authorities();
        may_issue(candidate, Rank::Intermediate, below, self.peer, self.policy, self.now)
            .and_then(|()| candidate.key())
            .map_err(|reason| (reason.into(), index))
            .and_then(|key| {
                key_identifiers_agree(&top.certificate, candidate)
                    .map_err(Failure::from)
                    .and_then(|()| self.signatures.check(&top.certificate, &key))
                    .map_err(|failure| (failure, top.index))
            })?;
        Ok(true)
    }

    /// Finds the best pin among the keys of a path.
    fn pinned<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k [u8]>,
    ) -> Result<Option<PinMatch>, Refusal> {
        let Some(pins) = &self.policy.pins else { return Ok(None) };
        let pin = |key| pins.find(Pin::of(self.signatures.crypto, key));
        keys.into_iter().filter_map(pin).max().map(Some).ok_or(Refusal::NotPinned)
    }

    fn note(&mut self, height: usize, reason: Refusal, at: Option<usize>) {
        let weight = match reason {
            Refusal::UnknownIssuer => 0,
            // Perhaps a certificate that has nothing to do with this path.
            malformed if malformed.code() < 40 => 1,
            _ => 2,
        };
        if (height, weight) > (self.nearest.height, self.nearest.weight) {
            self.nearest = Finding { height, weight, reason, at };
        }
    }
}
