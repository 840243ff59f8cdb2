//! Who may ask how often: bounded state, whoever floods it.

use core::hash::Hasher;

use gabion_hal::{Clock, Event, EventKind, EventSink, Severity, Source};
use siphasher::sip::SipHasher24;

use crate::Rate;
use crate::bucket::Bucket;

/// The rates of a [`RequestLimiter`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// All peers together that are not established.
    pub strangers: Rate,
    /// One stranger, or the strangers that share a place.
    pub stranger: Rate,
    /// Each established peer.
    pub established: Rate,
    /// After how many milliseconds of silence an established peer may lose its place to a new one.
    pub idle_ms: u64,
}

impl Limits {
    /// Strangers 20 at once and 5 a second, one of them 5 at once and one a second; established peers 30 at once and 10 a second.
    pub const DEFAULT: Self = Self {
        strangers: Rate { burst: 20, refill_ms: 200 },
        stranger: Rate { burst: 5, refill_ms: 1_000 },
        established: Rate { burst: 30, refill_ms: 100 },
        idle_ms: 3_600_000,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Whether a request is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Admission {
    /// It is.
    Granted,
    /// It is not. Drop it, or answer with the cheapest refusal there is.
    Refused {
        /// In how many milliseconds it is worth asking again.
        retry_ms: u64,
    },
}

/// Every place for established peers is taken by one that is not idle. Serve the peer as a stranger, or close an idle session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableFull;

impl core::fmt::Display for TableFull {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("every place for established peers is taken")
    }
}

impl core::error::Error for TableFull {}

#[derive(Debug, Clone, Copy)]
struct Peer {
    id: u64,
    bucket: Bucket,
    seen_ms: u64,
}

/// Limits requests in fixed memory: `PEERS` established peers with a bucket each, `PLACES` buckets that all strangers share.
///
/// A stranger takes no memory: the keyed hash of its address points to one of the `PLACES`, so there is no table to flood and
/// nobody to push out. What strangers may ask together is bounded besides, and established peers do not draw from it. So a
/// flood from any number of addresses costs strangers their service, and nobody else.
///
/// # Security
///
/// Call [`establish`](RequestLimiter::establish) only for a peer that has proved who it is, with a name that nobody else can
/// use (a session, a key; an address only where it cannot be forged). It limits requests, not the guessing of secrets: that is
/// what `gabion-auth`'s throttle does.
pub struct RequestLimiter<const PEERS: usize, const PLACES: usize> {
    limits: Limits,
    key: [u8; 16],
    peers: [Option<Peer>; PEERS],
    places: [Bucket; PLACES],
    strangers: Bucket,
    refused: u16,
}

impl<const PEERS: usize, const PLACES: usize> core::fmt::Debug for RequestLimiter<PEERS, PLACES> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("RequestLimiter").field("refused", &self.refused).finish_non_exhaustive()
    }
}

impl<const PEERS: usize, const PLACES: usize> RequestLimiter<PEERS, PLACES> {
    /// Makes a limiter. `key` is random and new at each start: it decides which strangers share a place.
    #[must_use]
    pub fn new(limits: Limits, key: [u8; 16]) -> Self {
        const { assert!(PLACES > 0, "strangers need a place") };
        Self {
            limits,
            key,
            peers: [None; PEERS],
            places: [Bucket::new(limits.stranger.burst, 0); PLACES],
            strangers: Bucket::new(limits.strangers.burst, 0),
            refused: 0,
        }
    }

    /// Decides over one request of a peer, before anything is done for it.
    pub fn admit(&mut self, peer: &[u8], clock: &mut impl Clock) -> Admission {
        let now = clock.uptime_ms();
        let id = self.id(peer);
        if let Some(peer) = self.peers.iter_mut().flatten().find(|known| known.id == id) {
            peer.seen_ms = now;
            if peer.bucket.take(self.limits.established, now) {
                return Admission::Granted;
            }
            let retry_ms = peer.bucket.wait_ms(self.limits.established, now);
            return self.refuse(retry_ms);
        }
        let places = u64::try_from(PLACES).unwrap_or(1).max(1);
        let place = usize::try_from(id.checked_rem(places).unwrap_or(0)).unwrap_or(0);
        let Some(place) = self.places.get_mut(place) else { return self.refuse(u64::MAX) };
        // A token of either is taken only where both have one: a flood that is refused uses up nothing that others could have.
        if self.strangers.refill(self.limits.strangers, now) == 0 {
            let retry_ms = self.strangers.wait_ms(self.limits.strangers, now);
            return self.refuse(retry_ms);
        }
        if !place.take(self.limits.stranger, now) {
            let retry_ms = place.wait_ms(self.limits.stranger, now);
            return self.refuse(retry_ms);
        }
        let _there = self.strangers.take(self.limits.strangers, now);
        Admission::Granted
    }

    /// Gives a peer a bucket of its own, once it has proved who it is. Repeating it changes nothing.
    ///
    /// # Errors
    ///
    /// [`TableFull`] when no place is free and no established peer has been silent for [`Limits::idle_ms`].
    pub fn establish(&mut self, peer: &[u8], clock: &mut impl Clock) -> Result<(), TableFull> {
        let now = clock.uptime_ms();
        let id = self.id(peer);
        if self.peers.iter().flatten().any(|known| known.id == id) {
            return Ok(());
        }
        let idle_ms = self.limits.idle_ms;
        let free = self.peers.iter_mut().min_by_key(|place| place.map(|known| known.seen_ms));
        let place = free.ok_or(TableFull)?;
        if place.is_some_and(|known| now.saturating_sub(known.seen_ms) < idle_ms) {
            return Err(TableFull);
        }
        let bucket = Bucket::new(self.limits.established.burst, now);
        *place = Some(Peer { id, bucket, seen_ms: now });
        Ok(())
    }

    /// Takes an established peer's bucket away: its session ended.
    pub fn forget(&mut self, peer: &[u8]) {
        let id = self.id(peer);
        let of_peer = |place: &&mut Option<Peer>| place.is_some_and(|known| known.id == id);
        if let Some(place) = self.peers.iter_mut().find(of_peer) {
            *place = None;
        }
    }

    /// Tells how many requests were refused since it last told, as one event. Call it now and then: once a minute will do.
    pub fn tell(&mut self, events: &mut impl EventSink) {
        if self.refused > 0 {
            let kind = EventKind::RequestsLimited;
            events.event(Event::new(kind, Severity::Warning, Source::Link, self.refused));
            self.refused = 0;
        }
    }

    fn refuse(&mut self, retry_ms: u64) -> Admission {
        self.refused = self.refused.saturating_add(1);
        Admission::Refused { retry_ms }
    }

    fn id(&self, peer: &[u8]) -> u64 {
        let mut hasher = SipHasher24::new_with_key(&self.key);
        hasher.write(peer);
        hasher.finish()
    }
}
