//! Sheets for other rules, from the same statement: UK PSTI, EN 18031, CRA.

use serde::Serialize;

use super::answers::{Declaration, Support};
use super::standard::{Edition, Standard};
use super::statement::{Binding, Statement};

/// Which sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Statement of compliance of the UK's PSTI regulations (SI 2023/1007), which pin V2.1.1.
    Psti,
    /// EN 18031-1, -2 and -3, the standards under the Radio Equipment Directive.
    En18031,
    /// Annexes I and VII of the Cyber Resilience Act, Regulation (EU) 2024/2847.
    Cra,
}

/// A sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sheet {
    /// What it holds for.
    pub binding: Binding,
    /// What kind of document it is.
    pub over: String,
    /// Its title.
    pub title: String,
    /// Under the title.
    pub subtitle: String,
    /// What is said before the tables.
    pub lead: Vec<String>,
    /// The tables.
    pub grids: Vec<Grid>,
    /// Who signs, where a signature belongs.
    pub sign: Option<Declaration>,
    /// What is said at the end.
    pub footer: String,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Grid {
    /// Its title.
    pub title: String,
    /// What to know about it.
    pub note: String,
    /// Its columns.
    pub head: Vec<String>,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
}

/// Why there is no such sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SheetError {
    /// The law pins the other edition.
    Edition,
}

impl std::fmt::Display for SheetError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the PSTI regulations pin EN 303 645 V2.1.1: use --edition v2")
    }
}

impl std::error::Error for SheetError {}

/// Makes a sheet.
///
/// # Errors
///
/// [`SheetError::Edition`] for PSTI from a statement of V3.1.3.
pub fn sheet(statement: &Statement, kind: Kind) -> Result<Sheet, SheetError> {
    match kind {
        Kind::Psti if statement.binding.edition != Edition::V2 => Err(SheetError::Edition),
        Kind::Psti => Ok(psti(statement)),
        Kind::En18031 => Ok(en18031(statement)),
        Kind::Cra => Ok(cra(statement)),
    }
}

fn grid(title: &str, note: &str, head: &[&str], rows: Vec<Vec<String>>) -> Grid {
    Grid {
        title: title.to_owned(),
        note: note.to_owned(),
        head: head.iter().map(|h| (*h).to_owned()).collect(),
        rows,
    }
}

const DISCLAIMER: &str = "The mapping to EN 303 645 is this tool's own judgement (confidence D). It shows where to look; it is no legal advice.";

/// How the provisions of a row stand: all that apply supported, or some not, or none applies.
fn standing(s: &Statement, provisions: &[&str]) -> (String, String) {
    let rows: Vec<_> = provisions.iter().filter_map(|id| s.row(id)).collect();
    let listed: Vec<String> =
        rows.iter().map(|row| format!("{} {}", row.provision, row.support.as_str())).collect();
    let word = if rows.is_empty() {
        "own answer needed"
    } else if rows.iter().all(|row| row.support == Support::NotApplicable) {
        "N/A"
    } else if rows.iter().all(|row| row.support != Support::N) {
        "Y"
    } else if rows.iter().all(|row| row.support != Support::Y) {
        "N"
    } else {
        "in part"
    };
    (word.to_owned(), listed.join(", "))
}

fn psti(s: &Statement) -> Sheet {
    let d = &s.declaration;
    let requirement = |paragraph: &str, what: &str, ids: &[&str]| {
        let (word, listed) = standing(s, ids);
        let details: Vec<String> = ids
            .iter()
            .filter_map(|id| s.row(id))
            .filter(|row| row.support == Support::Y)
            .map(|row| format!("{}: {}", row.provision, row.detail))
            .collect();
        vec![paragraph.to_owned(), what.to_owned(), word, listed, details.join(" ")]
    };
    let rows = vec![
        requirement(
            "Schedule 1, paragraph 1",
            "passwords are unique to the device or chosen by the user",
            &["5.1-1", "5.1-2"],
        ),
        requirement(
            "Schedule 1, paragraph 2",
            "information on how to report security issues",
            &["5.2-1"],
        ),
        requirement(
            "Schedule 1, paragraph 3",
            "information on the minimum security update period",
            &["5.3-13"],
        ),
    ];
    let product = vec![
        vec![
            "Product (type and batch)".to_owned(),
            format!("{} {}; {}", s.device.manufacturer, s.device.model, d.batch),
        ],
        vec!["Manufacturer".to_owned(), format!("{}, {}", s.device.manufacturer, d.address)],
        vec!["Defined support period".to_owned(), format!("until {}", s.device.support_until)],
        vec![
            "Reports of security issues".to_owned(),
            format!("{}; {}", s.device.security_contact, s.device.policy_url),
        ],
    ];
    let conforms = s.conforms() && rows.iter().all(|row| matches!(row[2].as_str(), "Y" | "N/A"));
    let lead = if conforms {
        vec![
            format!("This statement of compliance is prepared by {}.", s.device.manufacturer),
            format!(
                "In the opinion of {}, the deemed compliance conditions of Schedule 2 of the regulations are met for the security requirements of Schedule 1 that apply, by compliance with the provisions of ETSI EN 303 645 V2.1.1 listed below.",
                s.device.manufacturer
            ),
        ]
    } else {
        vec!["The conditions are not all met, or problems are open: this sheet is no statement of compliance.".to_owned()]
    };
    Sheet {
        binding: Binding { draft: !conforms, ..s.binding.clone() },
        over: "Statement of compliance".to_owned(),
        title: format!("{} {}", s.device.manufacturer, s.device.model),
        subtitle: "The Product Security and Telecommunications Infrastructure (Security Requirements for Relevant Connectable Products) Regulations 2023 (SI 2023/1007), United Kingdom".to_owned(),
        lead,
        grids: vec![
            grid("Product and manufacturer", "", &["Item", "Content"], product),
            grid(
                "Security requirements",
                "Paragraph 3 has further terms beside provision 5.3-13, which this tool does not check; the 2025 amendment was not read.",
                &["Requirement", "Asks", "Met", "Provisions", "How"],
                rows,
            ),
        ],
        sign: Some(d.clone()),
        footer: format!("Form after Schedule 4, from memory (confidence C). {DISCLAIMER}"),
    }
}

fn en18031(s: &Statement) -> Sheet {
    let standard = Standard::get();
    let mut rows = Vec::new();
    for requirement in &standard.en18031 {
        let ids: Vec<&str> = standard
            .rows(s.binding.edition)
            .filter(|p| p.en18031.contains(&requirement.id))
            .map(|p| p.id.as_str())
            .collect();
        let (word, listed) = standing(s, &ids);
        let parts: Vec<String> = requirement.parts.iter().map(|part| format!("-{part}")).collect();
        rows.push(vec![
            requirement.id.clone(),
            requirement.title.clone(),
            parts.join(" "),
            word,
            listed,
            requirement.implementation_categories.join(", "),
            requirement.confidence.clone(),
        ]);
    }
    let areas = standard
        .area
        .iter()
        .map(|area| vec![area.id.clone(), area.title.clone(), area.en18031.clone()])
        .collect();
    Sheet {
        binding: s.binding.clone(),
        over: "Cross-reference".to_owned(),
        title: format!("{} {}: EN 18031", s.device.manufacturer, s.device.model),
        subtitle: format!("Requirements of EN 18031-1, -2 and -3 from the statement of EN 303 645 {}", s.binding.edition.as_str()),
        lead: vec![
            "EN 18031 decides each requirement by a decision tree over assets and mechanisms; this sheet says which answers of the statement feed it, not what the tree decides.".to_owned(),
            "A user who may choose to have no password ends the presumption of conformity (Implementing Decision (EU) 2025/138). The gabion crates accept no empty password.".to_owned(),
        ],
        grids: vec![
            grid("Requirements", "", &["Requirement", "Subject", "Parts", "Standing", "Provisions", "Categories", "Conf."], rows),
            grid("By area", "", &["Area", "Title", "EN 18031"], areas),
        ],
        sign: None,
        footer: DISCLAIMER.to_owned(),
    }
}

/// What the Cyber Resilience Act asks, in our words, by the marks of the data.
const CRA: [(&str, &str); 27] = [
    ("I.1", "security appropriate to the risks"),
    ("I.2.a", "no known exploitable vulnerabilities"),
    ("I.2.b", "secure by default, with a reset to that state"),
    ("I.2.c", "security updates, automatic by default with opt-out, notice and postponement"),
    ("I.2.d", "protection from unauthorised access, and reporting of it"),
    ("I.2.e", "confidentiality of data"),
    ("I.2.f", "integrity of data, commands, programs, configuration; reporting of corruption"),
    ("I.2.g", "no more data than needed"),
    ("I.2.h", "availability of essential functions, also under denial of service"),
    ("I.2.i", "no harm to other devices and networks"),
    ("I.2.j", "small attack surface"),
    ("I.2.k", "small impact of incidents"),
    ("I.2.l", "security logging, with opt-out"),
    ("I.2.m", "secure removal and transfer of data and settings"),
    ("II.1", "list of components and their vulnerabilities (SBOM)"),
    ("II.2", "vulnerabilities are remedied without delay, apart from new functions"),
    ("II.3", "regular tests and reviews"),
    ("II.4", "fixed vulnerabilities are published"),
    ("II.5", "policy for coordinated disclosure"),
    ("II.6", "a contact for reports"),
    ("II.7", "updates are distributed securely"),
    ("II.8", "security updates are free, without delay, with advisories"),
    ("Annex II", "information and instructions for the user"),
    ("Art.13(4)", "reasons why a requirement does not apply"),
    ("Art.13(8)", "support period"),
    ("Art.13(15)", "type, batch or serial number"),
    ("Art.14", "reporting of exploited vulnerabilities and incidents"),
];

/// What the technical documentation holds (Annex VII), and where it comes from.
const ANNEX_VII: [(&str, &str, &str); 8] = [
    (
        "1",
        "general description, versions, user information",
        "front page, Table 2-UserInfo; Annex II information from the maker",
    ),
    (
        "2(a)",
        "design, development, components and how they work together",
        "Tables 6-SoftComp, 13-SoftServ, 15 and 28; drawings from the maker",
    ),
    (
        "2(b)",
        "vulnerability handling: SBOM, disclosure policy, contact, update distribution",
        "Tables 2, 3, 5, 7, 8; SBOM from the build",
    ),
    ("2(c)", "production and its monitoring", "from the maker"),
    (
        "3",
        "assessment of cybersecurity risks",
        "from the maker; rows answered N or N/A carry their reasons",
    ),
    (
        "4",
        "how the support period was determined",
        "front page for its end; reasons from the maker",
    ),
    (
        "5, 6",
        "standards applied, test reports",
        "this statement; test results are bound by their digest",
    ),
    ("7, 8", "declaration of conformity, SBOM on request", "from the maker"),
];

fn cra(s: &Statement) -> Sheet {
    let standard = Standard::get();
    let row = |mark: &str, what: &str| {
        let ids: Vec<&str> = standard
            .rows(s.binding.edition)
            .filter(|p| p.cra.iter().any(|c| c == mark))
            .map(|p| p.id.as_str())
            .collect();
        let (word, listed) = standing(s, &ids);
        vec![mark.to_owned(), what.to_owned(), word, listed]
    };
    let annex_vii = ANNEX_VII
        .iter()
        .map(|(point, what, place)| {
            vec![(*point).to_owned(), (*what).to_owned(), (*place).to_owned()]
        })
        .collect();
    let areas = standard
        .area
        .iter()
        .map(|area| {
            vec![area.id.clone(), area.title.clone(), area.cra.clone(), area.nist_ir_8425.clone()]
        })
        .collect();
    Sheet {
        binding: s.binding.clone(),
        over: "Cross-reference".to_owned(),
        title: format!("{} {}: Cyber Resilience Act", s.device.manufacturer, s.device.model),
        subtitle: format!("Annexes I and VII of Regulation (EU) 2024/2847 from the statement of EN 303 645 {}", s.binding.edition.as_str()),
        lead: vec![
            "Reporting duties apply from 11 September 2026, the rest from 11 December 2027. EN 303 645 does not cover the whole of Annex I: where no provision is named, an answer of its own is needed.".to_owned(),
            "Annex I asks for automatic security updates by default with opt-out; EN 303 645 V3.1.3 asks for consent at set-up. A recorded choice at set-up serves both.".to_owned(),
        ],
        grids: vec![
            grid("Annex I and articles", "", &["Mark", "Asks", "Standing", "Provisions"], CRA.iter().map(|(mark, what)| row(mark, what)).collect()),
            grid("Annex VII: technical documentation", "Points from memory (confidence C).", &["Point", "Asks", "Where"], annex_vii),
            grid("By area", "", &["Area", "Title", "CRA", "NIST IR 8425"], areas),
        ],
        sign: None,
        footer: DISCLAIMER.to_owned(),
    }
}
