//! What this crate does for the conformance statement.

use gabion_profile::{Backing, Mechanism};

/// The mechanisms of this crate. None of them encrypts: `gabion-tls` does, and is held to them.
pub const MECHANISMS: &[Mechanism] = &[
    Mechanism::new(
        "link.path-validation",
        &["5.5-1", "5.13-1", "5.13-1B"],
        "the peer's certificate has a valid path to a trusted authority (RFC 5280, ECDSA P-256), its name is the one asked for, its time is judged against a clock or a floor, a key of the path can be pinned, with a backup",
        Backing::Software,
        "gabion-link tests/chains.rs, tests/attacks.rs",
    ),
    Mechanism::new(
        "link.channel-policy",
        &["5.5-1", "5.5-6", "5.5-7"],
        "what a handshake agreed on is held against a fixed version, a list of suites and a peer; only a channel that passed sends a secret",
        Backing::Software,
        "gabion-link tests/api.rs a_channel_*, only_a_secured_channel_sends_secrets",
    ),
    Mechanism::new(
        "link.endpoints",
        &["5.5-4", "5.5-5", "5.6-2"],
        "what is not in the table of endpoints does not exist; each names its roles and authenticator or why it is public, configuration never is; every refusal looks the same",
        Backing::Software,
        "gabion-link tests/api.rs every_endpoint_is_closed_to_all_but_those_it_names",
    ),
];
