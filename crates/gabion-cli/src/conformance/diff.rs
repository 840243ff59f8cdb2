//! What differs between two images: in their registries, and in the rows of Table B.1 that hang on them.

use serde::Serialize;
use serde_json::Value;

use super::facts::facts;
use super::image::Image;
use super::standard::{Edition, Standard};

/// A difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The registry.
    pub registry: String,
    /// The item.
    pub item: String,
    /// What happened to it: `added`, `removed`, or the field.
    pub what: String,
    /// The value before.
    pub before: String,
    /// The value after.
    pub after: String,
}

/// What differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// Whether the code is another one.
    pub code: bool,
    /// Items of the registries.
    pub changes: Vec<Change>,
    /// Conditions and features, with their edition.
    pub facts: Vec<Change>,
    /// Rows of Table B.1 of either edition that begin or cease to apply, or whose mechanisms changed.
    pub rows: Vec<Change>,
}

impl Diff {
    /// Whether nothing differs.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        !self.code && self.changes.is_empty() && self.facts.is_empty() && self.rows.is_empty()
    }
}

/// Compares two images.
#[must_use]
pub fn diff(a: &Image, b: &Image) -> Diff {
    let of = |image: &Image| serde_json::to_value(&image.profile).unwrap_or_default();
    let (before, after) = (of(a), of(b));
    let mut changes = Vec::new();
    if let (Value::Object(before), Value::Object(after)) = (&before, &after) {
        for (registry, old) in before {
            let new = after.get(registry).unwrap_or(&Value::Null);
            match (old, new) {
                (Value::Array(old), Value::Array(new)) => items(registry, old, new, &mut changes),
                _ => fields(registry, "", old, new, &mut changes),
            }
        }
    }
    let mut decided = Vec::new();
    let mut rows = Vec::new();
    for edition in [Edition::V2, Edition::V3] {
        let (old, new) = (facts(&a.profile, edition), facts(&b.profile, edition));
        for (x, y) in old.iter().zip(&new).filter(|(x, y)| x.holds != y.holds) {
            decided.push(Change {
                registry: edition.as_str().to_owned(),
                item: format!("({})", x.id),
                what: x.text.to_owned(),
                before: x.holds.to_string(),
                after: format!("{}: {}", y.holds, y.why),
            });
        }
        for provision in Standard::get().rows(edition) {
            let state = |image: &Image, facts: &[super::facts::Fact]| {
                let needs = provision.conditions(edition);
                if facts.iter().any(|f| needs.contains(&f.id) && !f.holds) {
                    return "does not apply".to_owned();
                }
                let names: Vec<&str> = image
                    .profile
                    .mechanisms
                    .iter()
                    .filter(|m| m.provisions.contains(&provision.id))
                    .map(|m| m.name.as_str())
                    .collect();
                let by =
                    if names.is_empty() { "no mechanism".to_owned() } else { names.join(", ") };
                format!("applies, {by}")
            };
            let (x, y) = (state(a, &old), state(b, &new));
            if x != y {
                rows.push(Change {
                    registry: edition.as_str().to_owned(),
                    item: provision.id.clone(),
                    what: provision.status(edition).to_owned(),
                    before: x,
                    after: y,
                });
            }
        }
    }
    Diff { code: a.identity.code != b.identity.code, changes, facts: decided, rows }
}

fn name(value: &Value) -> &str {
    value.get("name").and_then(Value::as_str).unwrap_or("")
}

fn items(registry: &str, old: &[Value], new: &[Value], changes: &mut Vec<Change>) {
    let change = |item: &str, what: &str| Change {
        registry: registry.to_owned(),
        item: item.to_owned(),
        what: what.to_owned(),
        before: String::new(),
        after: String::new(),
    };
    for one in old {
        match new.iter().find(|other| name(other) == name(one)) {
            Some(other) => fields(registry, name(one), one, other, changes),
            None => changes.push(change(name(one), "removed")),
        }
    }
    for one in new.iter().filter(|one| !old.iter().any(|other| name(other) == name(one))) {
        changes.push(change(name(one), "added"));
    }
}

fn fields(registry: &str, item: &str, old: &Value, new: &Value, changes: &mut Vec<Change>) {
    let (Value::Object(old), Value::Object(new)) = (old, new) else { return };
    for (field, before) in old {
        let after = new.get(field).unwrap_or(&Value::Null);
        if before != after {
            changes.push(Change {
                registry: registry.to_owned(),
                item: item.to_owned(),
                what: field.clone(),
                before: plain(before),
                after: plain(after),
            });
        }
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
