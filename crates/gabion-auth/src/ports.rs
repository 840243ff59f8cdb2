//! What a log-in touches.

/// The store, random source, clock and event sink that an operation uses, lent for one call.
#[derive(Debug)]
pub struct Ports<'a, S, R, C, E> {
    /// Where verifiers and the throttle's state are kept.
    pub storage: &'a mut S,
    /// Makes salts and session tokens.
    pub entropy: &'a mut R,
    /// Tells powered time.
    pub clock: &'a mut C,
    /// Takes the security events.
    pub events: &'a mut E,
}
