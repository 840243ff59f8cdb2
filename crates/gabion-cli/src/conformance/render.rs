//! Documents for people and machines: HTML to read and print, Markdown to review, JSON to process.

mod html;
mod markdown;
mod style;

use super::sheet::Sheet;
use super::statement::{Statement, sealed};

/// A form of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One self-contained page, for reading and printing.
    Html,
    /// For review beside the code.
    Markdown,
    /// For other tools.
    Json,
}

/// Renders a statement.
#[must_use]
pub fn statement(statement: &Statement, format: Format) -> String {
    sealed(&match format {
        Format::Html => html::statement(statement),
        Format::Markdown => markdown::statement(statement),
        Format::Json => json(&statement.binding.record(), statement),
    })
}

/// Renders a sheet.
#[must_use]
pub fn sheet(sheet: &Sheet, format: Format) -> String {
    sealed(&match format {
        Format::Html => html::sheet(sheet),
        Format::Markdown => markdown::sheet(sheet),
        Format::Json => json(&sheet.binding.record(), sheet),
    })
}

/// The record comes first and on one line, so that it is found without reading the rest.
fn json(record: &str, value: &impl serde::Serialize) -> String {
    let body = serde_json::to_value(value).map(|mut value| {
        if let Some(object) = value.as_object_mut() {
            object.remove("binding");
        }
        serde_json::to_string_pretty(&value).unwrap_or_default()
    });
    let body = body.unwrap_or_default();
    format!("{{\n  \"binding\": {record},\n{}\n", body.strip_prefix("{\n").unwrap_or(&body))
}
