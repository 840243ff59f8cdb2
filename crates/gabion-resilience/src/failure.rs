//! Why a connection failed: what to do next depends on it.

/// Why there is no connection, as far as the device can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Failure {
    /// No radio, no cable, no address: nothing outside this home was asked. Retried more often than the rest.
    Link,
    /// The name was not resolved.
    Dns,
    /// Nobody answered in time.
    Timeout,
    /// The server was reached and refused, or closed the connection.
    Refused,
    /// The server is busy and said when to come back, in milliseconds from now (HTTP `Retry-After`, RFC 9110 §10.2.3).
    Busy {
        /// What the server asked for. It is honoured up to [`ConnectionConfig::retry_after_max_ms`](crate::ConnectionConfig).
        retry_after_ms: u64,
    },
    /// The peer did not prove that it is the one that was meant. A security event, and a long pause; the next attempt asks for
    /// exactly the same proof.
    Authentication {
        /// A code of the refusal for the event log, such as that of `gabion_link::x509::Refusal`.
        code: u16,
    },
}
