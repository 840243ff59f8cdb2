//! Which conditions and features of Table B.1 hold for an image, and why: computed from its registries, never asked.

use serde::Serialize;

use super::profile::{Factor, Interface, LegalBasis, Profile, Updated};
use super::standard::{Edition, Standard};

/// A condition or feature, decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// Its number or letter.
    pub id: String,
    /// What holds when it holds.
    pub text: &'static str,
    /// Whether it holds.
    pub holds: bool,
    /// What in the registries says so.
    pub why: String,
}

/// Decides every condition and feature of an edition.
#[must_use]
pub fn facts(profile: &Profile, edition: Edition) -> Vec<Fact> {
    Standard::get()
        .conditions(edition)
        .map(|condition| {
            let (holds, why) = decide(profile, edition, &condition.id);
            Fact { id: condition.id.clone(), text: &condition.text, holds, why }
        })
        .collect()
}

/// Names a few things, or says that there is none.
fn found<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> (bool, String) {
    let names: Vec<&str> = names.collect();
    if names.is_empty() {
        return (false, format!("no {what} is registered"));
    }
    let shown = names.iter().take(4).copied().collect::<Vec<_>>().join(", ");
    let more =
        if names.len() > 4 { format!(" and {} more", names.len() - 4) } else { String::new() };
    (true, format!("{what}: {shown}{more}"))
}

fn decide(p: &Profile, edition: Edition, id: &str) -> (bool, String) {
    match (edition, id) {
        (Edition::V2, "1") | (Edition::V3, "a") => found(
            "authentication by password",
            p.authentications
                .iter()
                .filter(|a| matches!(a.factor, Factor::ChosenPassword | Factor::FactoryPassword(_)))
                .map(|a| a.name.as_str()),
        ),
        (Edition::V2, "2") | (Edition::V3, "b") => found(
            "password installed by the factory",
            p.authentications
                .iter()
                .filter(|a| matches!(a.factor, Factor::FactoryPassword(_)))
                .map(|a| a.name.as_str()),
        ),
        (_, "3") => not_updatable(p),
        (Edition::V2, "4") => {
            limit(p.limits.constrained.as_deref(), "the device is declared constrained")
        }
        (Edition::V2, "5") => {
            no_limit(p.limits.constrained.as_deref(), "the device is declared constrained")
        }
        (Edition::V2, "6") | (Edition::V3, "w") => {
            found("telemetry", p.telemetry.iter().map(|t| t.name.as_str()))
        }
        (Edition::V2, "7") | (Edition::V3, "y") => found(
            "personal data processed on consent",
            p.personal_data
                .iter()
                .filter(|d| matches!(d.legal_basis, LegalBasis::Consent(..)))
                .map(|d| d.name.as_str()),
        ),
        (Edition::V2, "8") | (Edition::V3, "d") => found(
            "authentication of users",
            p.authentications.iter().filter(|a| !a.machine).map(|a| a.name.as_str()),
        ),
        (Edition::V2, "9") => found(
            "automatic update mechanism or update notice",
            p.update_mechanisms
                .iter()
                .filter(|u| u.automatic || u.notices)
                .map(|u| u.name.as_str()),
        ),
        (Edition::V2, "10") | (Edition::V3, "l") => found(
            "hard-coded identity",
            p.security_parameters
                .iter()
                .filter(|s| s.hard_coded_identity.is_some())
                .map(|s| s.name.as_str()),
        ),
        (Edition::V2, "11") | (Edition::V3, "j") => found(
            "update mechanism over a network",
            p.update_mechanisms.iter().filter(|u| u.network).map(|u| u.name.as_str()),
        ),
        (_, "12") => found("update mechanism", p.update_mechanisms.iter().map(|u| u.name.as_str())),
        (Edition::V2, "13") | (Edition::V3, "r") => found(
            "debug interface that is a physical port",
            debug(p).filter(|i| i.kind == "physical").map(|i| i.name.as_str()),
        ),
        (Edition::V3, "14") => no_limit(
            p.limits.no_guessing_protection.as_deref(),
            "a limit of the use case is declared against protection from guessing",
        ),
        (Edition::V3, "15") => no_limit(
            p.limits.no_updates.as_deref(),
            "a limit of the use case is declared against updates",
        ),
        (Edition::V3, "16") => found("critical security parameter", critical(p)),
        (Edition::V3, letter) => feature(p, letter),
        _ => (true, "this tool cannot decide it, so it is taken to hold".to_owned()),
    }
}

fn feature(p: &Profile, letter: &str) -> (bool, String) {
    match letter {
        "c" => found("authentication mechanism", p.authentications.iter().map(|a| a.name.as_str())),
        "e" => found(
            "authentication over a network",
            p.authentications
                .iter()
                .filter(|a| a.against_guessing.is_some())
                .map(|a| a.name.as_str()),
        ),
        "f" => found(
            "component that is not immutable for security",
            p.components
                .iter()
                .filter(|c| !matches!(c.updated, Updated::ImmutableForSecurity(_)))
                .map(|c| c.name.as_str()),
        ),
        "g" => found(
            "component that can be updated",
            p.components
                .iter()
                .filter(|c| matches!(c.updated, Updated::By(_)))
                .map(|c| c.name.as_str()),
        ),
        "h" => found(
            "automatic update mechanism",
            p.update_mechanisms.iter().filter(|u| u.automatic).map(|u| u.name.as_str()),
        ),
        "i" => found(
            "update notice",
            p.update_mechanisms.iter().filter(|u| u.notices).map(|u| u.name.as_str()),
        ),
        "k" => found("stored security parameter", p.parameters.iter().map(|s| s.name.as_str())),
        "m" => found(
            "critical parameter for update checks or talk with services",
            p.security_parameters
                .iter()
                .filter(|s| s.critical && (s.checks_updates || s.protects_services))
                .map(|s| s.name.as_str()),
        ),
        "n" => found(
            "service that changes security-relevant configuration over a network",
            p.services
                .iter()
                .filter(|s| {
                    !s.configures.is_empty() && p.interface(&s.interface).is_some_and(reached)
                })
                .map(|s| s.name.as_str()),
        ),
        "o" => found(
            "critical parameter that leaves the device or is sent to it",
            p.security_parameters
                .iter()
                .filter(|s| s.critical && !s.sent_over.is_empty())
                .map(|s| s.name.as_str()),
        ),
        "p" => found(
            "unused interface that a network is or reaches",
            p.interfaces
                .iter()
                .filter(|i| i.disabled.is_some() && (i.kind == "network" || reached(i)))
                .map(|i| i.name.as_str()),
        ),
        "q" => found("debug interface", debug(p).map(|i| i.name.as_str())),
        "s" => found("secure boot or integrity check", p.integrity.iter().map(|i| i.name.as_str())),
        "t" => found(
            "personal data sent to an associated service",
            p.personal_data
                .iter()
                .filter(|d| d.recipients.iter().any(|r| r.service))
                .map(|d| d.name.as_str()),
        ),
        "u" => found(
            "sensitive personal data sent to an associated service",
            p.personal_data
                .iter()
                .filter(|d| d.sensitive && d.recipients.iter().any(|r| r.service))
                .map(|d| d.name.as_str()),
        ),
        "v" => found("sensor", p.sensors.iter().map(|s| s.name.as_str())),
        "x" => found(
            "personal data kept by an associated service",
            p.personal_data
                .iter()
                .filter(|d| d.recipients.iter().any(|r| r.service && r.keeps))
                .map(|d| d.name.as_str()),
        ),
        "z" => found("personal data", p.personal_data.iter().map(|d| d.name.as_str())),
        "aa" => found(
            "data that only serves an aggregate",
            p.personal_data
                .iter()
                .filter(|d| matches!(d.aggregation, Some((true, _))))
                .map(|d| d.name.as_str()),
        ),
        _ => (true, "this tool cannot decide it, so it is taken to hold".to_owned()),
    }
}

fn limit(reason: Option<&str>, what: &str) -> (bool, String) {
    reason.map_or((false, "no such limit is declared".to_owned()), |why| {
        (true, format!("{what}: {why}"))
    })
}

fn no_limit(reason: Option<&str>, what: &str) -> (bool, String) {
    reason.map_or((true, "no such limit is declared".to_owned()), |why| {
        (false, format!("{what}: {why}"))
    })
}

fn not_updatable(p: &Profile) -> (bool, String) {
    let never: Vec<&str> = p
        .components
        .iter()
        .filter(|c| matches!(c.updated, Updated::Never(_)))
        .map(|c| c.name.as_str())
        .collect();
    if !never.is_empty() {
        return (true, format!("cannot be updated: {}", never.join(", ")));
    }
    if p.update_mechanisms.is_empty() {
        return (true, "no update mechanism is registered".to_owned());
    }
    (false, "every component has an update mechanism or is immutable for security".to_owned())
}

fn debug(p: &Profile) -> impl Iterator<Item = &Interface> {
    p.interfaces.iter().filter(|i| i.debug)
}

/// Whether a network reaches an interface.
pub(super) fn reached(interface: &Interface) -> bool {
    matches!(interface.exposure, "network" | "local")
}

/// The critical security parameters, stored or not.
pub(super) fn critical(p: &Profile) -> impl Iterator<Item = &str> {
    p.parameters.iter().filter(|s| s.critical).map(|s| s.name.as_str()).chain(
        p.security_parameters.iter().filter(|s| s.critical && !s.stored).map(|s| s.name.as_str()),
    )
}
