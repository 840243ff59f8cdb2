//! The cross-table checks that a laboratory makes first, made before it does.

use serde::Serialize;

use super::answers::{Problem, Support, is_date};
use super::claim::Row;
use super::facts::{critical, reached};
use super::profile::{Access, Guarantees, LegalBasis, Profile, Updated};
use super::standard::{Edition, Level};

/// A check and what came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The laboratory's test case that it anticipates.
    pub case: &'static str,
    /// What must hold.
    pub title: &'static str,
    /// The provisions that fall with it.
    pub provisions: Vec<&'static str>,
    /// Where it does not hold; empty: it holds everywhere.
    pub findings: Vec<String>,
}

const READABLE: u8 = Guarantees::INTEGRITY;
const SECRET: u8 = Guarantees::INTEGRITY | Guarantees::CONFIDENTIALITY;

/// Makes all checks. A finding against a row that is claimed is a problem; against another it is noted.
#[must_use]
pub fn checks(p: &Profile, rows: &[Row], edition: Edition) -> (Vec<Check>, Vec<Problem>) {
    let mut all = parameters(p);
    all.extend(updates(p));
    all.extend(interfaces(p, edition));
    all.extend(data(p, edition));
    let mut problems = Vec::new();
    for check in &all {
        let claimed = rows.iter().find(|row| {
            row.support == Support::Y && check.provisions.contains(&row.provision.as_str())
        });
        let Some(row) = claimed else { continue };
        for finding in &check.findings {
            problems.push(Problem {
                file: "image".to_owned(),
                line: None,
                key: format!("check {}", check.case),
                provision: Some(row.provision.clone()),
                message: format!("{}: {finding}", check.title),
            });
        }
    }
    // A missing reason is told where the row is made; here it is only shown.
    all.push(reasons(rows));
    (all, problems)
}

fn check(
    case: &'static str,
    title: &'static str,
    provisions: &[&'static str],
    findings: Vec<String>,
) -> Check {
    Check { case, title, provisions: provisions.to_vec(), findings }
}

fn parameters(p: &Profile) -> Vec<Check> {
    let critical: Vec<&str> = critical(p).collect();
    let mut plain = Vec::new();
    for one in p.security_parameters.iter().filter(|s| s.critical) {
        for name in &one.sent_over {
            if p.channel(name).is_some_and(|c| !c.guarantees.has(SECRET)) {
                plain.push(format!(
                    "{} is sent over {name}, which does not keep it confidential and unchanged",
                    one.name
                ));
            }
        }
    }
    let keyless = p
        .authentications
        .iter()
        .filter(|a| a.parameters.is_empty())
        .map(|a| format!("authentication mechanism {} names no security parameter", a.name))
        .chain(
            p.update_mechanisms
                .iter()
                .filter(|u| u.parameters.is_empty())
                .map(|u| format!("update mechanism {} names no security parameter", u.name)),
        )
        .chain(p.channels.iter().filter(|c| c.guarantees.0 != 0 && c.parameters.is_empty()).map(
            |c| format!("channel {} guarantees something and names no security parameter", c.name),
        ))
        .collect();
    let contradicting = p
        .security_parameters
        .iter()
        .filter(|s| s.stored)
        .filter(|s| p.parameters.iter().any(|q| q.name == s.name && q.critical != s.critical))
        .map(|s| {
            format!(
                "{} is {} in one registry and not in the other",
                s.name,
                if s.critical { "critical" } else { "public" }
            )
        })
        .collect();
    let soft_identity = p
        .security_parameters
        .iter()
        .filter(|s| s.hard_coded_identity.is_some())
        .filter(|_| {
            !p.backends
                .iter()
                .any(|b| b.hardware && matches!(b.resource, "root key" | "secure boot"))
        })
        .map(|s| {
            format!(
                "{} is a hard-coded identity, and no backend in hardware is bound for a root key",
                s.name
            )
        })
        .collect();
    let shared = p
        .security_parameters
        .iter()
        .filter(|s| {
            s.critical && (s.checks_updates || s.protects_services) && s.in_source.is_some()
        })
        .map(|s| format!("{} stands in the source, so every device has the same", s.name))
        .collect();
    let hard_coded = p
        .security_parameters
        .iter()
        .filter(|s| s.critical && s.in_source.is_some())
        .map(|s| {
            format!(
                "{} is critical and stands in the source: {}",
                s.name,
                s.in_source.as_deref().unwrap_or("")
            )
        })
        .collect();
    let weak_channels = p
        .channels
        .iter()
        .filter(|c| !c.guarantees.has(READABLE | Guarantees::AUTHENTICITY))
        .map(|c| format!("channel {} guarantees {}", c.name, c.guarantees))
        .collect();
    vec![
        check(
            "5.4-1-1 a/b",
            "the type of a parameter and its guarantees agree",
            &["5.4-1"],
            contradicting,
        ),
        check(
            "5.4-1-1 d",
            "every mechanism's keys are in the table of security parameters",
            &["5.4-1"],
            keyless,
        ),
        check(
            "5.4-2-1",
            "a hard-coded identity is marked, and resists tampering",
            &["5.4-2"],
            soft_identity,
        ),
        check(
            "5.4-3-1",
            "no critical parameter in the source is used in operation",
            &["5.4-3"],
            hard_coded,
        ),
        check(
            "5.4-4-1",
            "keys for updates and services are unique for each device",
            &["5.4-4"],
            shared,
        ),
        check(
            "5.5-1-1",
            "secure communication is authentic and unchanged",
            &["5.5-1"],
            weak_channels,
        ),
        check(
            "5.5-6-1, 5.5-7-1",
            "critical parameters travel over channels that keep them confidential",
            &["5.5-6", "5.5-7"],
            plain,
        ),
        check(
            "5.5-8-1",
            "there are parameters for the management process to manage",
            &["5.5-8"],
            if critical.is_empty() {
                vec!["no critical security parameter is registered".to_owned()]
            } else {
                Vec::new()
            },
        ),
    ]
}

fn updates(p: &Profile) -> Vec<Check> {
    let mut stuck = Vec::new();
    for one in &p.components {
        match &one.updated {
            Updated::Never(why) => {
                stuck.push(format!("component {} is never updated: {why}", one.name))
            }
            Updated::By(_) | Updated::ImmutableForSecurity(_) => {}
        }
    }
    if p.components.is_empty() {
        stuck.push("no software component is registered".to_owned());
    }
    let frozen = p
        .components
        .iter()
        .filter(|c| c.cryptography.is_some() && matches!(c.updated, Updated::Never(_)))
        .map(|c| format!("component {} holds cryptography and cannot be updated", c.name))
        .chain(
            p.components
                .iter()
                .all(|c| c.cryptography.is_none())
                .then(|| "no component says that it holds cryptography".to_owned()),
        )
        .collect();
    let unsigned = p
        .update_mechanisms
        .iter()
        .filter(|u| !u.guarantees.has(Guarantees::INTEGRITY | Guarantees::AUTHENTICITY))
        .map(|u| format!("update mechanism {} guarantees {}", u.name, u.guarantees))
        .collect();
    let unseen = p
        .update_mechanisms
        .iter()
        .filter(|u| u.automatic && u.checking.is_empty())
        .map(|u| format!("update mechanism {} does not say how it looks for updates", u.name))
        .collect();
    let silent = p
        .integrity
        .iter()
        .filter(|i| i.notification.is_empty() || i.functionality.is_empty())
        .map(|i| format!("{} does not say how it alerts and what still runs then", i.name))
        .collect();
    let no_date = (!is_date(&p.device.support_until))
        .then(|| format!("`{}` is not a day of the calendar", p.device.support_until));
    vec![
        check(
            "5.3-1-1",
            "every component has an update mechanism, or a reason of security",
            &["5.3-1"],
            stuck,
        ),
        check(
            "5.5-3-1",
            "cryptography is in components that can be updated, with its side effects",
            &["5.5-3"],
            frozen,
        ),
        check(
            "5.3-7-1, 5.3-10-1",
            "updates are authentic and unchanged",
            &["5.3-2", "5.3-7", "5.3-9", "5.3-10"],
            unsigned,
        ),
        check(
            "5.3-5-1",
            "an automatic mechanism says how it looks for updates",
            &["5.3-5"],
            unseen,
        ),
        check(
            "5.3-13-1",
            "the support period ends on a day",
            &["5.3-13"],
            no_date.into_iter().collect(),
        ),
        check(
            "5.7-2-1",
            "a detected change alerts, and leaves only what the alert needs",
            &["5.7-2"],
            silent,
        ),
    ]
}

fn interfaces(p: &Profile, edition: Edition) -> Vec<Check> {
    let mut open = Vec::new();
    let mut public_settings = Vec::new();
    for one in &p.services {
        let network = p.interface(&one.interface).is_some_and(reached);
        if network && matches!(one.access, Access::Public(_)) {
            if !one.configures.is_empty() {
                public_settings.push(format!(
                    "service {} changes {} without authentication",
                    one.name, one.configures
                ));
            }
            // Only what is disclosed by purpose may be public; the reason is in IXIT 13.
            let Access::Public(why) = &one.access else { continue };
            if why.len() < 10 {
                open.push(format!("service {} is public, and `{why}` is no reason", one.name));
            }
        }
    }
    let unguarded = p
        .authentications
        .iter()
        .filter(|a| a.against_guessing.as_ref().is_some_and(|how| how.len() < 10))
        .map(|a| {
            format!("authentication mechanism {} does not say why guessing is impractical", a.name)
        })
        .collect();
    let fixed = p
        .authentications
        .iter()
        .filter(|a| !a.machine && a.changed_by.is_empty())
        .map(|a| {
            format!("authentication mechanism {} does not say how the user changes it", a.name)
        })
        .collect();
    let unused = p
        .interfaces
        .iter()
        .filter(|i| i.need == "never" && i.disabled.is_none())
        .map(|i| format!("interface {} is never needed and not disabled", i.name))
        .collect();
    let debug = p
        .interfaces
        .iter()
        .filter(|i| i.debug && i.disabled.is_none())
        .filter(|i| edition == Edition::V2 || i.protection.is_empty())
        .map(|i| {
            format!(
                "debug interface {} is neither disabled{}",
                i.name,
                if edition == Edition::V3 { " nor protected" } else { "" }
            )
        })
        .collect();
    let covered = |name: &str| p.validations.iter().any(|v| v.covers.iter().any(|c| c == name));
    let raw: Vec<(bool, String)> = p
        .interfaces
        .iter()
        .filter(|i| {
            i.disabled.is_none() && matches!(i.kind, "logical" | "user") && !covered(&i.name)
        })
        .map(|i| {
            (i.kind == "user", format!("input at {} interface {} is not validated", i.kind, i.name))
        })
        .chain(
            p.channels
                .iter()
                .filter(|c| c.remote && !covered(&c.name))
                .map(|c| (false, format!("input over remote channel {} is not validated", c.name))),
        )
        .collect();
    let part =
        |user: bool| raw.iter().filter(|(u, _)| *u == user).map(|(_, text)| text.clone()).collect();
    let mut all = vec![
        check("5.1-4-1", "users can change what they authenticate with", &["5.1-4"], fixed),
        check(
            "5.1-5-1",
            "what a network reaches says why guessing is impractical",
            &["5.1-5"],
            unguarded,
        ),
        check(
            "5.5-4-1",
            "every network function names an authentication mechanism, or why not",
            &["5.5-4", "5.6-5"],
            open,
        ),
        check(
            "5.5-5-1",
            "configuration is never changed without authentication",
            &["5.5-5"],
            public_settings,
        ),
        check("5.6-1-1", "what is never needed is disabled", &["5.6-1"], unused),
        check(
            "5.6-4-1",
            "debug interfaces are disabled (V3.1.3: or guarded)",
            &["5.6-4", "5.6-4A"],
            debug,
        ),
    ];
    match edition {
        Edition::V2 => all.push(check(
            "5.13-1-1 a",
            "input validation covers user interfaces, APIs and remote channels",
            &["5.13-1"],
            raw.into_iter().map(|(_, text)| text).collect(),
        )),
        Edition::V3 => {
            all.push(check(
                "5.13-1A-1",
                "input validation covers user interfaces",
                &["5.13-1A"],
                part(true),
            ));
            all.push(check(
                "5.13-1B-1",
                "input validation covers network interfaces",
                &["5.13-1B"],
                part(false),
            ));
        }
    }
    all
}

fn data(p: &Profile, edition: Edition) -> Vec<Check> {
    let on_device = |want: fn(&super::profile::Deletion) -> bool| {
        p.deletions.iter().any(|d| !d.service && want(d))
    };
    let mut kept = Vec::new();
    if !p.personal_data.is_empty() && !on_device(|d| d.personal_data) {
        kept.push("no deletion covers personal data".to_owned());
    }
    if p.parameters.iter().any(|s| s.class == "configuration") && !on_device(|d| d.configuration) {
        kept.push("no deletion covers the user's configuration".to_owned());
    }
    if p.parameters.iter().any(|s| s.class == "user secret") && !on_device(|d| d.keys) {
        kept.push("no deletion covers the user's keys and secrets".to_owned());
    }
    let unconfirmed = p
        .deletions
        .iter()
        .filter(|d| d.confirmation.is_empty())
        .map(|d| format!("deletion {} is not confirmed", d.name))
        .collect();
    let remote = p
        .personal_data
        .iter()
        .filter(|d| d.recipients.iter().any(|r| r.service && r.keeps))
        .filter(|_| !p.deletions.iter().any(|d| d.service))
        .map(|d| format!("{} is kept by a service, and no deletion there is registered", d.name))
        .collect();
    let mut plain = [Vec::new(), Vec::new()];
    for one in &p.personal_data {
        for who in &one.recipients {
            if p.channel(&who.channel)
                .is_some_and(|c| !c.guarantees.has(Guarantees::CONFIDENTIALITY))
            {
                plain[usize::from(one.sensitive)].push(format!(
                    "{} goes to {} over {}, which is not confidential",
                    one.name, who.name, who.channel
                ));
            }
        }
    }
    let [ordinary, sensitive] = plain;
    let stays = p
        .personal_data
        .iter()
        .filter(|d| matches!(&d.legal_basis, LegalBasis::Consent(_, withdrawn, recorded) if withdrawn.len() < 5 || recorded.len() < 5))
        .map(|d| format!("{} does not say how consent is withdrawn and recorded", d.name))
        .collect();
    let unexamined = p
        .telemetry
        .iter()
        .filter(|t| t.examination.is_empty())
        .map(|t| format!("telemetry {} is not examined", t.name))
        .collect();
    let consent: &[&str] =
        if edition == Edition::V2 { &["6-2", "6-3"] } else { &["6-2", "6-3A", "6-3B"] };
    vec![
        check("5.8-1-1", "personal data travels confidentially", &["5.8-1"], ordinary),
        check("5.8-2-1", "sensitive personal data travels confidentially", &["5.8-2"], sensitive),
        check("5.10-1-1", "telemetry is examined", &["5.10-1"], unexamined),
        check(
            "5.11-1-1 c",
            "deletion covers personal data, configuration and keys",
            &["5.11-1"],
            kept,
        ),
        check("5.11-2-1", "what services keep can be deleted from the device", &["5.11-2"], remote),
        check("5.11-4-1", "deletion is confirmed", &["5.11-4"], unconfirmed),
        check(
            "6-2-1, 6-3-1",
            "consent says how it is obtained, withdrawn and recorded",
            consent,
            stays,
        ),
    ]
}

fn reasons(rows: &[Row]) -> Check {
    let silent = rows
        .iter()
        .filter(|row| row.level == Level::R && row.support != Support::Y && row.detail.is_empty())
        .map(|row| format!("{} gives no reason", row.provision))
        .collect();
    check("4-1-1 a", "every recommendation that is not met has a reason", &["5.0-1"], silent)
}
