//! The facts that a manufacturer states once.

use anyhow::{Context, ensure};
use jiff::civil::Date;
use serde::Deserialize;

/// What `gabion disclosure init` writes.
pub const TEMPLATE: &str = r#"# What the manufacturer states once. `gabion disclosure` makes everything else from it.

[manufacturer]
name = "Example Lamps"
website = "https://lamps.example"
# Where reports go, most wanted first: mailto:, https: or tel:. (EN 303 645 5.2-1)
contacts = ["mailto:security@lamps.example"]
# Where the policy page stands. `gabion disclosure policy` writes it.
policy = "https://lamps.example/security"
# Where security.txt stands.
canonical = ["https://lamps.example/.well-known/security.txt"]
languages = ["en"]
# encryption = "https://lamps.example/pgp-key.txt"
# acknowledgments = "https://lamps.example/thanks"

[response]
# How long a reporter waits for the first answer, and for each piece of news until the end. (EN 303 645 5.2-1)
acknowledge_within_days = 3
update_every_days = 14
# How long a fix should take at most.
fix_within_days = 90

[product]
model = "Lamp 1"
# The day until which security updates come. (EN 303 645 5.3-13)
support_until = "2031-12-31"
"#;

/// All facts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Who makes the product.
    pub manufacturer: Manufacturer,
    /// What a reporter can count on.
    pub response: Response,
    /// What is made.
    pub product: Product,
}

/// Who makes the product.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manufacturer {
    /// The name.
    pub name: String,
    /// The web site.
    pub website: String,
    /// Where reports go, as URIs.
    pub contacts: Vec<String>,
    /// Where the policy stands.
    pub policy: String,
    /// Where `security.txt` stands.
    #[serde(default)]
    pub canonical: Vec<String>,
    /// Language tags.
    #[serde(default)]
    pub languages: Vec<String>,
    /// Where the key for encrypted reports is.
    pub encryption: Option<String>,
    /// Where reporters are thanked.
    pub acknowledgments: Option<String>,
}

/// What a reporter can count on, in days.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// Until the first answer.
    pub acknowledge_within_days: u16,
    /// Between pieces of news.
    pub update_every_days: u16,
    /// Until a fix, as a target.
    pub fix_within_days: u16,
}

/// What is made.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// The model designation (5.3-16).
    pub model: String,
    /// The last day of support, `YYYY-MM-DD`.
    pub support_until: String,
}

impl Facts {
    /// Reads and checks them.
    ///
    /// # Errors
    ///
    /// With the name of the first fact that is missing, unknown or wrong.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let facts: Self = toml::from_str(text)?;
        facts.check()?;
        Ok(facts)
    }

    fn check(&self) -> anyhow::Result<()> {
        let m = &self.manufacturer;
        for (name, value) in
            [("manufacturer.name", &m.name), ("product.model", &self.product.model)]
        {
            ensure!(!value.trim().is_empty(), "{name} is empty");
            ensure!(!value.contains(char::is_control), "{name} has a control character");
        }
        ensure!(
            !m.contacts.is_empty(),
            "manufacturer.contacts is empty: nobody could report anything"
        );
        for contact in &m.contacts {
            uri(contact, &["https", "mailto", "tel"])
                .with_context(|| format!("manufacturer.contacts: {contact:?}"))?;
        }
        let mut pages = vec![("website", &m.website), ("policy", &m.policy)];
        pages.extend(m.canonical.iter().map(|page| ("canonical", page)));
        pages.extend(m.encryption.iter().map(|page| ("encryption", page)));
        pages.extend(m.acknowledgments.iter().map(|page| ("acknowledgments", page)));
        for (name, page) in pages {
            let schemes: &[&str] =
                if name == "encryption" { &["https", "dns", "openpgp4fpr"] } else { &["https"] };
            uri(page, schemes).with_context(|| format!("manufacturer.{name}: {page:?}"))?;
        }
        for language in &m.languages {
            ensure!(
                is_language(language),
                "manufacturer.languages: {language:?} is no language tag"
            );
        }
        let r = &self.response;
        ensure!(r.acknowledge_within_days > 0, "response.acknowledge_within_days is 0");
        ensure!(r.update_every_days > 0, "response.update_every_days is 0");
        ensure!(r.fix_within_days > 0, "response.fix_within_days is 0");
        self.support_until().map(drop)
    }

    /// Returns the last day of support.
    ///
    /// # Errors
    ///
    /// When it is no date.
    pub fn support_until(&self) -> anyhow::Result<Date> {
        let text = &self.product.support_until;
        ensure!(text.len() == 10, "product.support_until: {text:?} is no date, YYYY-MM-DD");
        text.parse()
            .with_context(|| format!("product.support_until: {text:?} is no date, YYYY-MM-DD"))
    }
}

/// Checks scheme and shape of a URI.
pub(super) fn uri(text: &str, schemes: &[&str]) -> anyhow::Result<()> {
    let (scheme, rest) = text.split_once(':').context("is no URI: it has no scheme")?;
    ensure!(
        schemes.iter().any(|wanted| wanted.eq_ignore_ascii_case(scheme)),
        "the scheme must be one of {}",
        schemes.join(", ")
    );
    ensure!(text.is_ascii(), "a URI is ASCII");
    ensure!(
        !text.contains(|c: char| c.is_ascii_whitespace()
            || c.is_ascii_control()
            || "<>\"{}|\\^`".contains(c)),
        "has a character that a URI cannot have"
    );
    if scheme.eq_ignore_ascii_case("https") {
        let authority = rest.strip_prefix("//").context("has no host")?;
        let host = authority.split(['/', '?', '#']).next().unwrap_or_default();
        ensure!(!host.is_empty() && !host.contains('@'), "has no host, or user information");
    } else {
        ensure!(!rest.is_empty(), "has nothing behind the scheme");
        ensure!(
            !scheme.eq_ignore_ascii_case("mailto") || rest.contains('@'),
            "is no address of mail"
        );
    }
    Ok(())
}

/// Tells whether this has the shape of a BCP 47 tag.
pub(super) fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let primary = parts.next().unwrap_or_default();
    (2..=8).contains(&primary.len())
        && primary.bytes().all(|b| b.is_ascii_alphabetic())
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        })
}
