//! `security.txt` (RFC 9116): made from the facts, and checked strictly.

use std::fmt;

use jiff::{Span, Timestamp};

use super::facts::{Facts, is_language, uri};
use super::moment;

/// Largest file that is looked at, in bytes.
const LONGEST: usize = 32 << 10;

/// Writes the file. `expires` is the moment from which on it is stale; RFC 9116 asks for less than a year ahead.
#[must_use]
pub fn render(facts: &Facts, expires: Timestamp) -> String {
    let m = &facts.manufacturer;
    let mut text = String::new();
    let mut field = |name: &str, value: &str| {
        text.push_str(name);
        text.push_str(": ");
        text.push_str(value);
        text.push('\n');
    };
    m.contacts.iter().for_each(|contact| field("Contact", contact));
    field("Expires", &expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    m.encryption.iter().for_each(|page| field("Encryption", page));
    m.acknowledgments.iter().for_each(|page| field("Acknowledgments", page));
    if !m.languages.is_empty() {
        field("Preferred-Languages", &m.languages.join(", "));
    }
    m.canonical.iter().for_each(|page| field("Canonical", page));
    field("Policy", &m.policy);
    text
}

/// Something that is wrong, or not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1; 0 for the whole file.
    pub line: usize,
    /// Whether the file is refused for it.
    pub refused: bool,
    /// What it is.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = if self.refused { "error" } else { "advice" };
        match self.line {
            0 => write!(f, "{level}: {}", self.what),
            line => write!(f, "{level}: line {line}: {}", self.what),
        }
    }
}

struct Checker {
    problems: Vec<Problem>,
    line: usize,
}

impl Checker {
    fn refuse(&mut self, what: impl Into<String>) {
        self.problems.push(Problem { line: self.line, refused: true, what: what.into() });
    }

    fn advise(&mut self, what: impl Into<String>) {
        self.problems.push(Problem { line: self.line, refused: false, what: what.into() });
    }
}

/// Checks a file at a moment. No problem that is `refused` means: RFC 9116 holds.
///
/// A signature is looked at for its frame only; verify it with an OpenPGP tool.
#[must_use]
pub fn check(file: &[u8], now: Timestamp) -> Vec<Problem> {
    let mut checker = Checker { problems: Vec::new(), line: 0 };
    if file.len() > LONGEST {
        checker.refuse(format!("is longer than {LONGEST} bytes"));
        return checker.problems;
    }
    let Ok(text) = core::str::from_utf8(file) else {
        checker.refuse("is not UTF-8");
        return checker.problems;
    };
    if text.starts_with('\u{feff}') {
        checker.refuse("begins with a byte order mark");
    }
    let mut lines: Vec<(usize, &str)> = text
        .split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .enumerate()
        .map(|(at, line)| (at + 1, line))
        .collect();
    let signed = lines.iter().any(|(_, line)| line.starts_with("-----BEGIN PGP"));
    if signed {
        lines = unwrap_signature(&lines, &mut checker);
    }
    let mut seen = Seen::default();
    for (number, line) in lines {
        checker.line = number;
        field(line, now, &mut seen, &mut checker);
    }
    checker.line = 0;
    if seen.contacts == 0 {
        checker.refuse("has no Contact");
    }
    if seen.expires == 0 {
        checker.refuse("has no Expires");
    }
    if signed && seen.canonical == 0 {
        checker
            .advise("is signed without a Canonical: the signature does not say where it belongs");
    }
    if seen.policy == 0 {
        checker.advise("has no Policy: EN 303 645 5.2-1 asks for one");
    }
    checker.problems
}

#[derive(Default)]
struct Seen {
    contacts: usize,
    expires: usize,
    languages: usize,
    canonical: usize,
    policy: usize,
}

fn field(line: &str, now: Timestamp, seen: &mut Seen, checker: &mut Checker) {
    if line.is_empty() || line.starts_with('#') {
        return;
    }
    if line.contains(|c: char| c.is_control() && c != '\t') {
        return checker.refuse("has a control character");
    }
    let Some((name, rest)) = line.split_once(':') else {
        return checker.refuse("is neither a field nor a comment");
    };
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_graphic()) {
        return checker.refuse(format!("{name:?} is no name of a field"));
    }
    if !rest.starts_with(' ') {
        return checker.refuse("needs a space behind the colon");
    }
    let value = rest.trim();
    if value.is_empty() {
        return checker.refuse(format!("{name} is empty"));
    }
    match name.to_ascii_lowercase().as_str() {
        "contact" => {
            seen.contacts += 1;
            page(name, value, &["https", "mailto", "tel"], checker);
        }
        "expires" => {
            seen.expires += 1;
            if seen.expires > 1 {
                checker.refuse("Expires stands there twice");
            }
            expires(value, now, checker);
        }
        "preferred-languages" => {
            seen.languages += 1;
            if seen.languages > 1 {
                checker.refuse("Preferred-Languages stands there twice");
            }
            if let Some(tag) = value.split(',').map(str::trim).find(|tag| !is_language(tag)) {
                checker.refuse(format!("{tag:?} is no language tag"));
            }
        }
        "canonical" => {
            seen.canonical += 1;
            page(name, value, &["https"], checker);
        }
        "policy" => {
            seen.policy += 1;
            page(name, value, &["https"], checker);
        }
        "acknowledgments" | "hiring" | "csaf" => page(name, value, &["https"], checker),
        "encryption" => page(name, value, &["https", "dns", "openpgp4fpr"], checker),
        _ => checker.advise(format!("{name} is no field of RFC 9116: readers pass it over")),
    }
}

fn page(name: &str, value: &str, schemes: &[&str], checker: &mut Checker) {
    if let Err(error) = uri(value, schemes) {
        checker.refuse(format!("{name}: {value:?} {error}"));
    }
}

fn expires(value: &str, now: Timestamp, checker: &mut Checker) {
    let Ok(moment) = moment(value) else {
        return checker.refuse(format!("{value:?} is no RFC 3339 date and time"));
    };
    if moment <= now {
        return checker.refuse(format!("is stale since {value}"));
    }
    let hours = |days: i64| Span::new().hours(24 * days);
    if now.checked_add(hours(30)).is_ok_and(|soon| moment < soon) {
        checker.advise("expires within 30 days");
    }
    if now.checked_add(hours(366)).is_ok_and(|late| moment > late) {
        checker.advise("expires later than in a year: RFC 9116 recommends less");
    }
}

/// Returns the lines inside the frame of a cleartext signature (RFC 9580 §7), dashes unescaped.
fn unwrap_signature<'t>(
    lines: &[(usize, &'t str)],
    checker: &mut Checker,
) -> Vec<(usize, &'t str)> {
    let at = |text: &str| lines.iter().position(|(_, line)| *line == text);
    let frame = (
        at("-----BEGIN PGP SIGNED MESSAGE-----"),
        at("-----BEGIN PGP SIGNATURE-----"),
        at("-----END PGP SIGNATURE-----"),
    );
    let (Some(0), Some(signature), Some(end)) = frame else {
        checker.refuse("the frame of the signature is not whole, or does not begin the file");
        return Vec::new();
    };
    if end < signature || lines[end + 1..].iter().any(|(_, line)| !line.is_empty()) {
        checker.refuse("something follows the signature, which nothing protects");
        return Vec::new();
    }
    // Headers such as `Hash: SHA256`, then an empty line.
    let Some(blank) = lines[1..signature].iter().position(|(_, line)| line.is_empty()) else {
        checker.refuse("the signed message has no empty line behind its headers");
        return Vec::new();
    };
    let body = lines[1 + blank + 1..signature].iter();
    body.map(|(number, line)| (*number, line.strip_prefix("- ").unwrap_or(line))).collect()
}
