//! The same content for review beside the code.

use crate::conformance::claim::Row;
use crate::conformance::ixit::Source;
use crate::conformance::sheet::Sheet;
use crate::conformance::statement::{Binding, Statement};

/// Escapes text for a cell of a table, and everywhere else.
fn e(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '#' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            _ => out.push(c),
        }
    }
    out
}

fn table(out: &mut String, head: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    out.push_str(&format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len())));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| e(cell)).collect();
        out.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    out.push('\n');
}

fn bound(out: &mut String, binding: &Binding) {
    out.push_str(&format!(
        "- code: `{}`\n- profile: `{}`\n- file: `{}`\n- answers: `{}`\n- test results: {}\n- made by: {}\n\n",
        binding.image.code,
        binding.image.profile,
        binding.image.file,
        binding.answers,
        binding.tests.as_ref().map_or_else(|| "none".to_owned(), |t| format!("`{t}`")),
        binding.tool,
    ));
}

fn record(binding: &Binding) -> String {
    format!("<!-- {} -->\n", binding.record())
}

fn detail(row: &Row) -> String {
    let mut parts = vec![row.detail.clone()];
    if !row.evidence.is_empty() {
        parts.push(format!("Evidence: {}", row.evidence));
    }
    if row.applies {
        for m in &row.mechanisms {
            parts.push(if m.counts {
                let bound: String = m.bound.iter().map(|b| format!(", {b}")).collect();
                format!("[{}: {} tests passed{bound}]", m.name, m.passed)
            } else {
                format!("[{} does not count: {}]", m.name, m.missing.join("; "))
            });
        }
    }
    parts.retain(|part| !part.is_empty());
    parts.join(" ")
}

/// Renders a statement.
pub(super) fn statement(s: &Statement) -> String {
    let edition = s.binding.edition;
    let mut out = record(&s.binding);
    out.push_str(&format!(
        "# {} {}: implementation conformance statement\n\nETSI EN 303 645 {} ({}), with the implementation extra information of {}\n\n",
        e(&s.device.manufacturer), e(&s.device.model), edition.as_str(), edition.date(), edition.assessment()
    ));
    if s.conforms() {
        out.push_str("**Every mandatory provision that applies is supported.**\n\n");
    } else {
        out.push_str(&format!(
            "**Draft. This is no statement: {} problem(s) open.**\n\n",
            s.problems.len()
        ));
        for problem in &s.problems {
            out.push_str(&format!("1. {}\n", e(&problem.to_string())));
        }
        out.push('\n');
    }
    let d = &s.declaration;
    let c = &s.counts;
    out.push_str(&format!(
        "- type and batch: {}\n- supported until: {}\n- vulnerability reports: {} ({})\n- declared by: {}, {}; {}, {}\n- rows: {}; supported {}; not supported {}; not applicable {}\n\n",
        e(&d.batch), e(&s.device.support_until), e(&s.device.security_contact), e(&s.device.policy_url),
        e(&d.signatory), e(&d.function), e(&d.place), e(&d.date),
        c.rows, c.mandatory_y + c.recommended_y, c.mandatory_n + c.recommended_n, c.mandatory_na + c.recommended_na,
    ));
    out.push_str("## What this statement is bound to\n\n");
    bound(&mut out, &s.binding);
    let row = |b: &crate::conformance::profile::Backend| {
        vec![
            b.resource.to_owned(),
            b.name.clone(),
            if b.hardware { "hardware" } else { "software" }.to_owned(),
            b.detail.clone(),
        ]
    };
    table(&mut out, &["Resource", "Bound to", "Backing", "How"], s.backends.iter().map(row));
    out.push_str("## Conditions and features\n\n");
    let facts = s.facts.iter().map(|f| {
        vec![
            f.id.clone(),
            f.text.to_owned(),
            if f.holds { "yes" } else { "no" }.to_owned(),
            f.why.clone(),
        ]
    });
    table(&mut out, &["No.", "Holds when", "Holds", "Because"], facts);
    out.push_str("## Table B.1\n\n");
    for (id, title, rows) in s.areas() {
        out.push_str(&format!("### {} {}\n\n", e(id), e(title)));
        let rows = rows.into_iter().map(|r| {
            let doubt = if r.doubt.is_empty() {
                String::new()
            } else {
                format!(" Sources differ: {}", r.doubt)
            };
            vec![
                r.provision.clone(),
                format!("{} ({})", r.status, r.confidence),
                r.support.as_str().to_owned(),
                r.summary.clone(),
                format!("{}{doubt}", detail(r)),
            ]
        });
        table(&mut out, &["Provision", "Status", "Support", "Asks", "Detail"], rows);
    }
    out.push_str(&format!("## IXIT: the 29 tables of {}\n\n", edition.assessment()));
    for t in &s.tables {
        let source = if t.source == Source::Image { "from the image" } else { "from the answers" };
        out.push_str(&format!(
            "### {}-{} {} ({source}; {})\n\n",
            t.number,
            e(&t.name),
            e(&t.title),
            e(&t.confidence)
        ));
        let fields: Vec<&str> = t.fields.iter().map(String::as_str).collect();
        if t.rows.is_empty() {
            out.push_str(&format!("No entry. {}\n\n", e(&t.empty)));
        } else if t.record {
            let cells = t
                .rows
                .iter()
                .flat_map(|row| t.fields.iter().zip(row))
                .map(|(f, c)| vec![f.clone(), c.clone()]);
            table(&mut out, &["Field", "Content"], cells);
        } else {
            table(&mut out, &fields, t.rows.iter().cloned());
        }
    }
    out.push_str("## Cross-table checks\n\n");
    let checks = s.checks.iter().map(|c| {
        let outcome = if c.findings.is_empty() {
            "holds".to_owned()
        } else {
            format!("noted: {}", c.findings.join("; "))
        };
        vec![c.case.to_owned(), c.title.to_owned(), c.provisions.join(", "), outcome]
    });
    table(&mut out, &["Anticipates", "What must hold", "Provisions", "Outcome"], checks);
    out
}

/// Renders a sheet.
pub(super) fn sheet(s: &Sheet) -> String {
    let mut out = record(&s.binding);
    out.push_str(&format!("# {}\n\n{}\n\n", e(&s.title), e(&s.subtitle)));
    if s.binding.draft {
        out.push_str("**Draft. The statement that this sheet rests on has open problems.**\n\n");
    }
    for text in &s.lead {
        out.push_str(&format!("{}\n\n", e(text)));
    }
    for g in &s.grids {
        out.push_str(&format!("## {}\n\n", e(&g.title)));
        if !g.note.is_empty() {
            out.push_str(&format!("{}\n\n", e(&g.note)));
        }
        let head: Vec<&str> = g.head.iter().map(String::as_str).collect();
        table(&mut out, &head, g.rows.iter().cloned());
    }
    if let Some(d) = &s.sign {
        out.push_str(&format!(
            "{}, {}\n\nSignature: ____________________ {}, {}\n\n",
            e(&d.place),
            e(&d.date),
            e(&d.signatory),
            e(&d.function)
        ));
    }
    out.push_str("## What this sheet is bound to\n\n");
    bound(&mut out, &s.binding);
    out.push_str(&format!("{}\n", e(&s.footer)));
    out
}
