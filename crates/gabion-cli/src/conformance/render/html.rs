//! One self-contained page.

use super::style::STYLE;
use crate::conformance::answers::Support;
use crate::conformance::claim::{Row, Use};
use crate::conformance::ixit::{Source, Table};
use crate::conformance::sheet::{Grid, Sheet};
use crate::conformance::standard::Edition;
use crate::conformance::statement::{Binding, Statement};

/// Escapes text for HTML.
fn e(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

fn page(title: &str, binding: &Binding, body: &str) -> String {
    // A record holds no `<`: it is hexadecimal digits, versions and names of machines. Escaped all the same.
    let record = binding.record().replace('<', "\\u003c");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n<style>{STYLE}</style>\n<script type=\"application/json\" id=\"gabion-record\">{record}</script>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n",
        e(title)
    )
}

fn pill(support: Support) -> String {
    let class = if support == Support::NotApplicable { "NA" } else { support.as_str() };
    format!("<span class=\"pill {class}\">{}</span>", support.as_str())
}

fn pairs(pairs: &[(&str, String)]) -> String {
    let all: String = pairs.iter().map(|(k, v)| format!("<dt>{}</dt><dd>{v}</dd>", e(k))).collect();
    format!("<dl class=\"facts\">{all}</dl>")
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", e(text))
}

/// What the statement is bound to.
fn identity(binding: &Binding) -> String {
    let image = &binding.image;
    pairs(&[
        (
            "Code (SHA-256)",
            format!(
                "{}<br><small>{} bytes are loaded; {}</small>",
                code(&image.code),
                image.loaded,
                e(&image.machine)
            ),
        ),
        ("Profile (SHA-256)", code(&image.profile)),
        ("File (SHA-256)", code(&image.file)),
        ("Answers (SHA-256)", code(&binding.answers)),
        (
            "Test results (SHA-256)",
            binding.tests.as_deref().map_or_else(|| "none were given".to_owned(), code),
        ),
        ("Made by", e(&binding.tool)),
        ("This document", "its own SHA-256 stands in its record; <code>gabion ics check</code> notices a change of a single character".to_owned()),
    ])
}

/// Renders a statement.
pub(super) fn statement(s: &Statement) -> String {
    let edition = s.binding.edition;
    let mut body = head(s);
    if !s.problems.is_empty() {
        body.push_str("<h2 id=\"problems\">Open problems</h2><ol class=\"problems\">");
        for problem in &s.problems {
            body.push_str(&format!("<li>{}</li>", e(&problem.to_string())));
        }
        body.push_str("</ol>");
    }
    body.push_str("<h2 id=\"bound\">What this statement is bound to</h2><p>The claims hold for this image alone. When its code, its profile, the answers or the test results change, they have expired: <code>gabion ics check</code> says so.</p>");
    body.push_str(&identity(&s.binding));
    body.push_str(&chip(s));
    body.push_str(&facts(s));
    body.push_str(&format!("<h2 id=\"b1\" class=\"page\">Table B.1: implementation of provisions, {}</h2><p class=\"soft\">The provisions are in our own words; the standard’s text is authoritative. A mark such as <span class=\"mark\">A</span> tells how sure this tool is of the status: A two sources agree, B one source, C memory, D own judgement.</p>", edition.as_str()));
    for (id, title, rows) in s.areas() {
        body.push_str(&format!("<h3><span class=\"n\">{}</span>{}</h3>", e(id), e(title)));
        body.push_str("<table class=\"b1\"><thead><tr><th class=\"c1\" scope=\"col\">Provision</th><th class=\"c2\" scope=\"col\">Status</th><th class=\"c3\" scope=\"col\">Support</th><th scope=\"col\">Detail</th></tr></thead><tbody>");
        rows.iter().for_each(|row| body.push_str(&b1(row)));
        body.push_str("</tbody></table>");
    }
    body.push_str(&format!("<h2 id=\"ixit\" class=\"page\">IXIT: the 29 tables of {}</h2><p class=\"soft\">Tables marked <span class=\"from\">image</span> are filled from the registries that are compiled in, tables marked <span class=\"from\">answers</span> from the maker’s answers. Field names of the newer edition come from one source only (mark B).</p>", edition.assessment()));
    s.tables.iter().for_each(|table| body.push_str(&ixit(table)));
    body.push_str(&checks(s));
    body.push_str(&format!("<footer>{} · {} {} · EN 303 645 {} · {}. Statuses, conditions and table structures were collected from public sources, not from the standard’s own file; marks and notes show where they are less sure.</footer>", e(&s.binding.tool), e(&s.device.manufacturer), e(&s.device.model), edition.as_str(), edition.assessment()));
    page(
        &format!(
            "{} {}: conformance statement, EN 303 645 {}",
            s.device.manufacturer,
            s.device.model,
            edition.as_str()
        ),
        &s.binding,
        &body,
    )
}

fn head(s: &Statement) -> String {
    let edition = s.binding.edition;
    let c = &s.counts;
    let verdict = if s.conforms() {
        format!(
            "<div class=\"verdict\"><b>Every mandatory provision that applies is supported.</b><br>Each claim rests on a mechanism in the image whose tests passed for it, or on the maker’s answer; every recommendation that is not met has a reason. {} mandatory rows are supported and {} do not apply.</div>",
            c.mandatory_y, c.mandatory_na
        )
    } else {
        let n = s.problems.len();
        format!(
            "<div class=\"verdict draft\"><b>Draft. This is no statement: {n} problem{} open.</b><br>Nothing below may be relied on until the list is empty.</div>",
            if n == 1 { " is" } else { "s are" }
        )
    };
    let tile =
        |n: usize, what: &str| format!("<div class=\"tile\"><b>{n}</b><span>{what}</span></div>");
    let tests = s
        .tests
        .as_ref()
        .map_or_else(|| tile(0, "tests given"), |t| tile(t.passed, "tests passed for this image"));
    let sections = [
        ("bound", "What this statement is bound to"),
        ("conditions", "Conditions and features"),
        ("b1", "Table B.1"),
        ("ixit", "IXIT tables"),
        ("checks", "Cross-table checks"),
    ];
    let nav: String = sections
        .iter()
        .map(|(id, title)| format!("<li><a href=\"#{id}\">{title}</a></li>"))
        .collect();
    let d = &s.declaration;
    format!(
        "<p class=\"over\">Implementation conformance statement</p><h1>{} {}</h1><p class=\"lead\">ETSI EN 303 645 {} ({}), with the implementation extra information of {}</p>{verdict}<div class=\"tiles\">{}{}{}{}{}</div>{}<nav aria-label=\"Sections\"><ol>{nav}</ol></nav>",
        e(&s.device.manufacturer),
        e(&s.device.model),
        edition.as_str(),
        edition.date(),
        edition.assessment(),
        tile(c.rows, "rows of Table B.1"),
        tile(c.mandatory_y + c.recommended_y, "supported (Y)"),
        tile(c.mandatory_n + c.recommended_n, "not supported (N), with reasons"),
        tile(c.mandatory_na + c.recommended_na, "not applicable (N/A)"),
        tests,
        pairs(&[
            (
                "Manufacturer",
                format!("{}<br><small>{}</small>", e(&s.device.manufacturer), e(&d.address))
            ),
            ("Model", e(&s.device.model)),
            ("Type and batch", e(&d.batch)),
            ("Supported until", e(&s.device.support_until)),
            (
                "Vulnerability reports",
                format!(
                    "{}<br><small>{}</small>",
                    e(&s.device.security_contact),
                    e(&s.device.policy_url)
                )
            ),
            (
                "Declared by",
                format!("{}, {}; {}, {}", e(&d.signatory), e(&d.function), e(&d.place), e(&d.date))
            ),
        ]),
    )
}

fn chip(s: &Statement) -> String {
    let mut out = String::from(
        "<h3>What the chip gives, and which features are on</h3><table><thead><tr><th scope=\"col\">Resource</th><th scope=\"col\">Bound to</th><th scope=\"col\">Backing</th><th scope=\"col\">How</th></tr></thead><tbody>",
    );
    for b in &s.backends {
        let backing = if b.hardware { "hardware" } else { "software" };
        out.push_str(&format!(
            "<tr><td>{}</td><td>{}</td><td>{backing}</td><td>{}</td></tr>",
            e(b.resource),
            e(&b.name),
            e(&b.detail)
        ));
    }
    out.push_str("</tbody></table>");
    if !s.features.is_empty() {
        let all: Vec<String> = s
            .features
            .iter()
            .map(|f| format!("{} {}", code(&f.name), if f.on { "on" } else { "off" }))
            .collect();
        out.push_str(&format!("<p>Features: {}.</p>", all.join(", ")));
    }
    out
}

fn facts(s: &Statement) -> String {
    let what =
        if s.binding.edition == Edition::V2 { "Conditions" } else { "Conditions and features" };
    let mut out = format!(
        "<h2 id=\"conditions\">{what}</h2><p>Decided from the registries in the image. A row of Table B.1 is N/A only where one of its conditions does not hold.</p><table><thead><tr><th scope=\"col\">No.</th><th scope=\"col\">Holds when</th><th scope=\"col\">Holds</th><th scope=\"col\">Because</th></tr></thead><tbody>"
    );
    for fact in &s.facts {
        let (class, word) = if fact.holds { ("Y", "yes") } else { ("NA", "no") };
        out.push_str(&format!("<tr><td>{}</td><td>{}</td><td><span class=\"pill {class}\">{word}</span></td><td>{}</td></tr>", e(&fact.id), e(fact.text), e(&fact.why)));
    }
    out.push_str("</tbody></table>");
    out
}

fn b1(row: &Row) -> String {
    let mut detail =
        format!("<p class=\"ask\">{}</p><p class=\"say\">{}</p>", e(&row.summary), e(&row.detail));
    if !row.evidence.is_empty() {
        detail.push_str(&format!("<p class=\"say soft\">Evidence: {}</p>", e(&row.evidence)));
    }
    if row.applies && !row.mechanisms.is_empty() {
        let all: String = row.mechanisms.iter().map(proof).collect();
        detail.push_str(&format!("<ul class=\"proof\">{all}</ul>"));
    }
    let mut refs = Vec::new();
    if !row.ixit.is_empty() {
        refs.push(format!(
            "IXIT {}{}",
            e(&row.ixit.join(", ")),
            if row.ixit_basis == "inferred" { " (inferred)" } else { "" }
        ));
    }
    if !row.test_cases.is_empty() {
        refs.push(format!("test cases {}", e(&row.test_cases.join(", "))));
    }
    if !refs.is_empty() {
        detail.push_str(&format!("<p class=\"ask\">{}</p>", refs.join(" · ")));
    }
    if !row.doubt.is_empty() {
        detail.push_str(&format!("<p class=\"doubt\">Sources differ: {}</p>", e(&row.doubt)));
    }
    format!(
        "<tr id=\"p-{0}\"><td>{0}</td><td>{1} <span class=\"mark\" title=\"confidence of the status\">{2}</span></td><td>{3}</td><td>{detail}</td></tr>",
        e(&row.provision),
        e(&row.status),
        e(&row.confidence),
        pill(row.support),
    )
}

fn proof(m: &Use) -> String {
    let mut what = Vec::new();
    if m.counts {
        what.push(format!("{} test{} passed", m.passed, if m.passed == 1 { "" } else { "s" }));
        what.extend(m.bound.iter().map(|b| e(b)));
        format!(
            "<li><span class=\"ok\">✓</span> <b>{}</b>: {} ({})</li>",
            e(&m.name),
            what.join("; "),
            e(&m.evidence)
        )
    } else {
        format!(
            "<li><span class=\"bad\">✗</span> <b>{}</b> does not count: {}</li>",
            e(&m.name),
            e(&m.missing.join("; "))
        )
    }
}

fn ixit(t: &Table) -> String {
    let source = if t.source == Source::Image { "image" } else { "answers" };
    let mut out = format!(
        "<h3 id=\"ixit-{0}\"><span class=\"n\">{0}-{1}</span>{2}<span class=\"from\">{source}</span> <span class=\"mark\" title=\"confidence of the fields\">{3}</span></h3>",
        t.number,
        e(&t.name),
        e(&t.title),
        e(&t.confidence)
    );
    if t.rows.is_empty() {
        out.push_str(&format!("<p class=\"soft\">No entry. {}</p>", e(&t.empty)));
    } else if t.record {
        for row in &t.rows {
            let all: Vec<(&str, String)> =
                t.fields.iter().zip(row).map(|(field, cell)| (field.as_str(), e(cell))).collect();
            out.push_str(&pairs(&all));
        }
    } else if t.fields.len() <= 4 {
        let heads: String =
            t.fields.iter().map(|f| format!("<th scope=\"col\">{}</th>", e(f))).collect();
        out.push_str(&format!("<table><thead><tr>{heads}</tr></thead><tbody>"));
        for row in &t.rows {
            let cells: String = row.iter().map(|c| format!("<td>{}</td>", e(c))).collect();
            out.push_str(&format!("<tr>{cells}</tr>"));
        }
        out.push_str("</tbody></table>");
    } else {
        for row in &t.rows {
            let title = row.first().map_or("", String::as_str);
            let rest: String = t
                .fields
                .iter()
                .zip(row)
                .skip(1)
                .map(|(field, cell)| format!("<dt>{}</dt><dd>{}</dd>", e(field), e(cell)))
                .collect();
            out.push_str(&format!(
                "<div class=\"card\"><h4>{}</h4><dl>{rest}</dl></div>",
                e(title)
            ));
        }
    }
    out
}

fn checks(s: &Statement) -> String {
    let mut out = String::from(
        "<h2 id=\"checks\" class=\"page\">Cross-table checks</h2><p>What a laboratory compares first, compared here. A finding against a claimed row is a problem; against another it is noted.</p><table><thead><tr><th scope=\"col\">Anticipates</th><th scope=\"col\">What must hold</th><th scope=\"col\">Provisions</th><th scope=\"col\">Outcome</th></tr></thead><tbody>",
    );
    for check in &s.checks {
        let outcome = if check.findings.is_empty() {
            "<span class=\"pill Y\">holds</span>".to_owned()
        } else {
            format!("<span class=\"pill N\">noted</span> {}", e(&check.findings.join("; ")))
        };
        out.push_str(&format!(
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{outcome}</td></tr>",
            e(check.case),
            e(check.title),
            e(&check.provisions.join(", "))
        ));
    }
    out.push_str("</tbody></table>");
    out
}

/// Renders a sheet.
pub(super) fn sheet(s: &Sheet) -> String {
    let mut body = format!(
        "<p class=\"over\">{}</p><h1>{}</h1><p class=\"lead\">{}</p>",
        e(&s.over),
        e(&s.title),
        e(&s.subtitle)
    );
    if s.binding.draft {
        body.push_str("<div class=\"verdict draft\"><b>Draft. The statement that this sheet rests on has open problems.</b><br>Nothing below may be relied on.</div>");
    }
    for text in &s.lead {
        body.push_str(&format!("<p>{}</p>", e(text)));
    }
    s.grids.iter().for_each(|grid| body.push_str(&self::grid(grid)));
    if let Some(declaration) = &s.sign {
        body.push_str(&format!(
            "<div class=\"sign\"><span class=\"space\"></span><span class=\"space\"></span><div>{}, {}</div><div>Signature<br>{}<br><small>{}</small></div></div>",
            e(&declaration.place), e(&declaration.date), e(&declaration.signatory), e(&declaration.function)
        ));
    }
    body.push_str("<h2>What this sheet is bound to</h2>");
    body.push_str(&identity(&s.binding));
    body.push_str(&format!("<footer>{} · {}</footer>", e(&s.binding.tool), e(&s.footer)));
    page(&s.title, &s.binding, &body)
}

fn grid(g: &Grid) -> String {
    let heads: String = g.head.iter().map(|h| format!("<th scope=\"col\">{}</th>", e(h))).collect();
    let mut out = format!("<h2>{}</h2>", e(&g.title));
    if !g.note.is_empty() {
        out.push_str(&format!("<p class=\"soft\">{}</p>", e(&g.note)));
    }
    out.push_str(&format!("<table class=\"stack\"><thead><tr>{heads}</tr></thead><tbody>"));
    for row in &g.rows {
        let cells: String = row
            .iter()
            .zip(&g.head)
            .map(|(cell, head)| match cell.as_str() {
                "Y" | "N" => format!(
                    "<td data-h=\"{}\"><span class=\"pill {cell}\">{cell}</span></td>",
                    e(head)
                ),
                "N/A" => {
                    format!("<td data-h=\"{}\"><span class=\"pill NA\">N/A</span></td>", e(head))
                }
                text => format!("<td data-h=\"{}\">{}</td>", e(head), e(text)),
            })
            .collect();
        out.push_str(&format!("<tr>{cells}</tr>"));
    }
    out.push_str("</tbody></table>");
    out
}
