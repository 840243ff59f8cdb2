//! Advisories: one file of facts, as CSAF 2.0 and as OpenVEX.

use anyhow::{Context, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

use super::facts::Facts;
use super::moment;
use super::sbom::pretty;

/// What `gabion disclosure advisory --init` writes.
pub const TEMPLATE: &str = r#"# One advisory. `gabion disclosure advisory` makes CSAF 2.0 and OpenVEX from it.

id = "LAMPS-2026-0001"
title = "Log-in can be guessed without a limit"
# A CVE number where one was given.
cve = "CVE-2026-12345"
cvss = "CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N"
summary = "The counter of failed log-ins was kept in RAM only. Switching the device off and on gave new attempts."
published = "2026-11-24T08:00:00Z"
# fixed, affected or not_affected
status = "fixed"
affected = ["1.0.0", "1.1.0"]
fixed = ["1.2.0"]
remedy = "Install version 1.2.0 or later."
# For not_affected: component_not_present, vulnerable_code_not_present, vulnerable_code_not_in_execute_path,
# vulnerable_code_cannot_be_controlled_by_adversary or inline_mitigations_already_exist
# justification = "component_not_present"

[[revision]]
number = "1"
date = "2026-11-24T08:00:00Z"
summary = "First version"
"#;

/// One advisory.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advisory {
    id: String,
    title: String,
    cve: Option<String>,
    cvss: Option<String>,
    summary: String,
    published: String,
    status: Status,
    #[serde(default)]
    affected: Vec<String>,
    #[serde(default)]
    fixed: Vec<String>,
    remedy: Option<String>,
    justification: Option<Justification>,
    revision: Vec<Revision>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Fixed,
    Affected,
    NotAffected,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Justification {
    ComponentNotPresent,
    VulnerableCodeNotPresent,
    VulnerableCodeNotInExecutePath,
    VulnerableCodeCannotBeControlledByAdversary,
    InlineMitigationsAlreadyExist,
}

impl Justification {
    const fn name(self) -> &'static str {
        match self {
            Self::ComponentNotPresent => "component_not_present",
            Self::VulnerableCodeNotPresent => "vulnerable_code_not_present",
            Self::VulnerableCodeNotInExecutePath => "vulnerable_code_not_in_execute_path",
            Self::VulnerableCodeCannotBeControlledByAdversary => {
                "vulnerable_code_cannot_be_controlled_by_adversary"
            }
            Self::InlineMitigationsAlreadyExist => "inline_mitigations_already_exist",
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Revision {
    number: String,
    date: String,
    summary: String,
}

impl Advisory {
    /// Reads and checks one.
    ///
    /// # Errors
    ///
    /// With the first thing that is missing or does not go together.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let advisory: Self = toml::from_str(text)?;
        advisory.check()?;
        Ok(advisory)
    }

    fn check(&self) -> anyhow::Result<()> {
        for (name, text) in [("id", &self.id), ("title", &self.title), ("summary", &self.summary)] {
            ensure!(!text.trim().is_empty(), "{name} is empty");
        }
        ensure!(
            self.id.trim() == self.id && !self.id.contains(char::is_whitespace),
            "id has a space"
        );
        let published = moment(&self.published).context("published")?;
        ensure!(!self.revision.is_empty(), "an advisory has a revision at least");
        let mut before = None;
        for (at, revision) in self.revision.iter().enumerate() {
            let expected = (at + 1).to_string();
            ensure!(
                revision.number == expected,
                "revision {:?} where {expected:?} should be",
                revision.number
            );
            let date = moment(&revision.date).context("revision.date")?;
            ensure!(
                before.is_none_or(|before| before <= date),
                "revision {expected} is older than the one before"
            );
            ensure!(date >= published || at == 0, "revision {expected} is older than the advisory");
            ensure!(!revision.summary.trim().is_empty(), "revision {expected} has no summary");
            before = Some(date);
        }
        if let Some(cve) = &self.cve {
            let number = cve.strip_prefix("CVE-").and_then(|rest| rest.split_once('-'));
            let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
            ensure!(
                number.is_some_and(|(year, n)| year.len() == 4
                    && n.len() >= 4
                    && digits(year)
                    && digits(n)),
                "cve: {cve:?} is no CVE number"
            );
        }
        if self.cvss.is_some() {
            self.score()?;
        }
        match self.status {
            Status::NotAffected => {
                ensure!(self.justification.is_some(), "status not_affected needs a justification");
                ensure!(
                    self.fixed.is_empty(),
                    "status not_affected and versions that are fixed do not go together"
                );
            }
            Status::Fixed => {
                ensure!(!self.fixed.is_empty(), "status fixed needs the versions that are fixed")
            }
            Status::Affected => ensure!(
                self.remedy.is_some(),
                "status affected needs a remedy: what to do until a fix comes"
            ),
        }
        if self.status != Status::NotAffected {
            ensure!(self.justification.is_none(), "a justification belongs to not_affected only");
            ensure!(!self.affected.is_empty(), "affected is empty");
        }
        ensure!(!(self.affected.is_empty() && self.fixed.is_empty()), "no version is named");
        let both = self.affected.iter().find(|version| self.fixed.contains(version));
        ensure!(
            both.is_none(),
            "version {} is affected and fixed",
            both.map_or("", String::as_str)
        );
        Ok(())
    }

    fn score(&self) -> anyhow::Result<Option<cvss::v3::Vector>> {
        let Some(vector) = &self.cvss else { return Ok(None) };
        vector.parse().map(Some).map_err(|error| anyhow::anyhow!("cvss: {vector:?}: {error}"))
    }

    /// Writes CSAF 2.0, profile "security advisory" or, for products that are not affected, "VEX".
    ///
    /// # Errors
    ///
    /// When the facts do not suffice.
    pub fn csaf(&self, facts: &Facts) -> anyhow::Result<String> {
        let model = &facts.product.model;
        let site = facts.manufacturer.website.trim_end_matches('/');
        let versions: Vec<&String> = self.affected.iter().chain(&self.fixed).collect();
        let id = |version: &str| format!("PRODUCT-{version}");
        let branches: Vec<Value> = versions
            .iter()
            .map(|version| {
                json!({
                    "category": "product_version", "name": version,
                    "product": {
                        "name": format!("{model} {version}"), "product_id": id(version),
                        "product_identification_helper": { "purl": purl(facts, version) },
                    },
                })
            })
            .collect();
        let ids =
            |versions: &[String]| versions.iter().map(|version| id(version)).collect::<Vec<_>>();
        let mut status = json!({});
        let affected = ids(&self.affected);
        if self.status == Status::NotAffected {
            status["known_not_affected"] = json!(affected);
        } else if !affected.is_empty() {
            status["known_affected"] = json!(affected);
        }
        if !self.fixed.is_empty() {
            status["fixed"] = json!(ids(&self.fixed));
        }
        let mut vulnerability = json!({
            "title": self.title,
            "notes": [{ "category": "description", "text": self.summary }],
            "product_status": status,
        });
        match &self.cve {
            Some(cve) => vulnerability["cve"] = json!(cve),
            None => {
                vulnerability["ids"] =
                    json!([{ "system_name": facts.manufacturer.name, "text": self.id }])
            }
        }
        if self.status == Status::NotAffected {
            let justification = self.justification.context("no justification")?;
            vulnerability["flags"] =
                json!([{ "label": justification.name(), "product_ids": affected }]);
            vulnerability["threats"] =
                json!([{ "category": "impact", "details": self.summary, "product_ids": affected }]);
        } else {
            let (category, details) = match (&self.remedy, self.fixed.is_empty()) {
                (Some(remedy), false) => ("vendor_fix", remedy.clone()),
                (Some(remedy), true) => ("mitigation", remedy.clone()),
                (None, _) => {
                    ("vendor_fix", format!("Install version {}.", self.fixed.join(" or ")))
                }
            };
            vulnerability["remediations"] =
                json!([{ "category": category, "details": details, "product_ids": affected }]);
        }
        if let (Some(base), Some(vector)) = (self.score()?, &self.cvss) {
            // A score speaks of products, those that have the flaw.
            vulnerability["scores"] = json!([{
                "products": affected,
                "cvss_v3": {
                    "version": if vector.starts_with("CVSS:3.0") { "3.0" } else { "3.1" },
                    "vectorString": vector,
                    "baseScore": base.base_score().value(),
                    "baseSeverity": base.base_score().severity().as_str().to_ascii_uppercase(),
                },
            }]);
        }
        let last = self.revision.last().context("no revision")?;
        let history: Vec<Value> = self
            .revision
            .iter()
            .map(|r| json!({ "number": r.number, "date": r.date, "summary": r.summary }))
            .collect();
        Ok(pretty(&json!({
            "document": {
                "category": if self.status == Status::NotAffected { "csaf_vex" } else { "csaf_security_advisory" },
                "csaf_version": "2.0",
                "lang": facts.manufacturer.languages.first().map_or("en", String::as_str),
                "title": self.title,
                "publisher": {
                    "category": "vendor", "name": facts.manufacturer.name, "namespace": facts.manufacturer.website,
                    "contact_details": facts.manufacturer.contacts.join(", "),
                },
                "notes": [{ "category": "summary", "text": self.summary }],
                "references": [{
                    "category": "self", "summary": "This advisory", "url": format!("{site}/csaf/{}.json", self.id.to_lowercase()),
                }, { "category": "external", "summary": "Policy and contact", "url": facts.manufacturer.policy }],
                "tracking": {
                    "id": self.id, "status": "final", "version": last.number,
                    "initial_release_date": self.published, "current_release_date": last.date,
                    "revision_history": history,
                    "generator": { "engine": { "name": "gabion", "version": env!("CARGO_PKG_VERSION") } },
                },
            },
            "product_tree": {
                "branches": [{
                    "category": "vendor", "name": facts.manufacturer.name,
                    "branches": [{ "category": "product_name", "name": model, "branches": branches }],
                }],
            },
            "vulnerabilities": [vulnerability],
        })))
    }

    /// Writes OpenVEX 0.2.0.
    ///
    /// # Errors
    ///
    /// When the facts do not suffice.
    pub fn openvex(&self, facts: &Facts) -> anyhow::Result<String> {
        let name = self.cve.as_ref().unwrap_or(&self.id);
        let product = |version: &String| json!({ "@id": purl(facts, version) });
        let last = self.revision.last().context("no revision")?;
        let statement = |status: &str, versions: &[String]| {
            json!({
                "vulnerability": { "name": name, "description": self.title },
                "timestamp": last.date,
                "products": versions.iter().map(product).collect::<Vec<_>>(),
                "status": status,
            })
        };
        let mut statements = Vec::new();
        if !self.affected.is_empty() {
            let not = self.status == Status::NotAffected;
            let mut value =
                statement(if not { "not_affected" } else { "affected" }, &self.affected);
            if let (true, Some(justification)) = (not, self.justification) {
                value["justification"] = json!(justification.name());
            } else {
                let remedy = self
                    .remedy
                    .clone()
                    .unwrap_or_else(|| format!("Install version {}.", self.fixed.join(" or ")));
                value["action_statement"] = json!(remedy);
            }
            statements.push(value);
        }
        if !self.fixed.is_empty() {
            statements.push(statement("fixed", &self.fixed));
        }
        let site = facts.manufacturer.website.trim_end_matches('/');
        Ok(pretty(&json!({
            "@context": "https://openvex.dev/ns/v0.2.0",
            "@id": format!("{site}/vex/{}", self.id),
            "author": facts.manufacturer.name,
            "role": "vendor",
            "timestamp": last.date,
            "version": self.revision.len(),
            "statements": statements,
        })))
    }
}

/// The product as a package URL: it has no package manager, so its kind is "generic".
fn purl(facts: &Facts, version: &str) -> String {
    let slug = |text: &str| -> String {
        let dashed = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        text.chars().map(dashed).collect()
    };
    let version = version.replace('+', "%2B");
    format!(
        "pkg:generic/{}/{}@{version}",
        slug(&facts.manufacturer.name),
        slug(&facts.product.model)
    )
}
