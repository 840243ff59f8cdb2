//! From TOML to answers. Nothing is skipped: an unknown key is an error with its line.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{
    ANSWERED, Answer, Answers, Cells, Declaration, EDITIONS, FROM_IMAGE, Problem, Support, Text,
    is_date, is_placeholder, key_of,
};
use crate::conformance::image::digest;
use crate::conformance::standard::{Edition, Standard};

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    problems: Vec<Problem>,
}

impl Answers {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let mut reader = Reader { file, text, problems: Vec::new() };
        let answers = match DeTable::parse(text) {
            Ok(root) => reader.root(&root),
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                let line = reader.line(at);
                reader.problem(line, "", None, format!("is not TOML: {}", error.message()));
                Self::default()
            }
        };
        if reader.problems.is_empty() { Ok(answers) } else { Err(reader.problems) }
    }
}

impl<'a> Reader<'a> {
    fn line(&self, at: usize) -> usize {
        self.text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
    }

    fn problem(&mut self, line: usize, key: &str, provision: Option<&str>, message: String) {
        self.problems.push(Problem {
            file: self.file.to_owned(),
            line: Some(line),
            key: key.to_owned(),
            provision: provision.map(str::to_owned),
            message,
        });
    }

    fn root(&mut self, root: &Spanned<DeTable<'a>>) -> Answers {
        let mut answers = Answers {
            file: self.file.to_owned(),
            digest: digest(&[self.text.as_bytes()]),
            ..Answers::default()
        };
        let mut schema = None;
        for (key, value) in root.get_ref() {
            let line = self.line(key.span().start);
            match key.get_ref().as_ref() {
                "schema" => schema = Some(value.get_ref().as_integer().map(ToString::to_string)),
                "declaration" => self.declaration(value, line, &mut answers),
                "condition" => self.conditions(value, line, &mut answers),
                "provision" => self.provisions(value, line, &mut answers),
                "ixit" => self.tables(value, line, &mut answers),
                other => {
                    let message =
                        "unknown key; known are schema, declaration, condition, provision, ixit";
                    self.problem(line, other, None, message.to_owned());
                }
            }
        }
        match schema {
            Some(Some(version)) if version == "1" => {}
            Some(_) => self.problem(1, "schema", None, "this tool reads schema = 1".to_owned()),
            None => self.problem(1, "schema", None, "missing; write schema = 1".to_owned()),
        }
        if answers.declaration == Declaration::default()
            && !root.get_ref().iter().any(|(k, _)| k.get_ref() == "declaration")
        {
            self.problem(
                1,
                "declaration",
                None,
                "missing; it says who declares, for which product".to_owned(),
            );
        }
        answers
    }

    /// A text that says something.
    fn text(
        &mut self,
        key: &str,
        provision: Option<&str>,
        value: &Spanned<DeValue<'a>>,
    ) -> Option<Text> {
        let line = self.line(value.span().start);
        let DeValue::String(text) = value.get_ref() else {
            self.problem(line, key, provision, "text must stand here".to_owned());
            return None;
        };
        if text.chars().any(|c| c.is_control() && c != '\n') {
            self.problem(line, key, provision, "text holds a control character".to_owned());
            return None;
        }
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(Text { text, line })
    }

    fn table<'v>(&mut self, key: &str, value: &'v Spanned<DeValue<'a>>) -> Option<&'v DeTable<'a>> {
        let line = self.line(value.span().start);
        if let DeValue::Table(table) = value.get_ref() {
            return Some(table);
        }
        self.problem(line, key, None, "a table must stand here".to_owned());
        None
    }

    fn declaration(&mut self, value: &Spanned<DeValue<'a>>, line: usize, answers: &mut Answers) {
        let Some(table) = self.table("declaration", value) else { return };
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let path = format!("declaration.{name}");
            let line = self.line(key.span().start);
            let Some(text) = self.text(&path, None, value) else { continue };
            if is_placeholder(&text.text) {
                self.problem(line, &path, None, "not answered yet".to_owned());
                continue;
            }
            if name == "date" && !is_date(&text.text) {
                self.problem(
                    line,
                    &path,
                    None,
                    format!("`{}` is not a date, YYYY-MM-DD", text.text),
                );
            }
            let d = &mut answers.declaration;
            match name {
                "model" => {
                    d.model = text.text;
                    answers.model_line = line;
                }
                "batch" => d.batch = text.text,
                "address" => d.address = text.text,
                "signatory" => d.signatory = text.text,
                "function" => d.function = text.text,
                "place" => d.place = text.text,
                "date" => d.date = text.text,
                _ => self.problem(
                    line,
                    &path,
                    None,
                    "unknown key; known are model, batch, address, signatory, function, place, date".to_owned(),
                ),
            }
        }
        for name in ["model", "batch", "address", "signatory", "function", "place", "date"] {
            if table.get(name).is_none() {
                self.problem(line, &format!("declaration.{name}"), None, "missing".to_owned());
            }
        }
    }

    fn conditions(&mut self, value: &Spanned<DeValue<'a>>, _line: usize, answers: &mut Answers) {
        let Some(table) = self.table("condition", value) else { return };
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let line = self.line(key.span().start);
            let edition = match name {
                "v2" => Edition::V2,
                "v3" => Edition::V3,
                _ => {
                    let message = "unknown edition; known are v2 and v3".to_owned();
                    self.problem(line, &format!("condition.{name}"), None, message);
                    continue;
                }
            };
            let Some(entries) = self.table(&format!("condition.{name}"), value) else { continue };
            for (key, value) in entries {
                let id = key.get_ref().as_ref();
                let path = format!("condition.{name}.{id}");
                let line = self.line(key.span().start);
                if !Standard::get().conditions(edition).any(|c| c.id == id) {
                    let message = format!("{} has no such condition or feature", edition.as_str());
                    self.problem(line, &path, None, message);
                } else if let DeValue::Boolean(holds) = value.get_ref() {
                    answers.conditions.insert((edition.as_str(), id.to_owned()), (*holds, line));
                } else {
                    self.problem(line, &path, None, "true or false must stand here".to_owned());
                }
            }
        }
    }

    fn provisions(&mut self, value: &Spanned<DeValue<'a>>, _line: usize, answers: &mut Answers) {
        let Some(table) = self.table("provision", value) else { return };
        for (key, value) in table {
            let id = key.get_ref().as_ref();
            let path = format!("provision.\"{id}\"");
            let line = self.line(key.span().start);
            let Some(provision) = Standard::get().provision(id) else {
                self.problem(line, &path, Some(id), "no edition has this provision".to_owned());
                continue;
            };
            if provision.id == "4-1" {
                let message =
                    "is not a row of Table B.1; it is checked for every recommendation".to_owned();
                self.problem(line, &path, Some(id), message);
                continue;
            }
            let Some(entries) = self.table(&path, value) else { continue };
            for (name, edition) in EDITIONS {
                let Some((key, value)) = entries.get_key_value(name) else { continue };
                let (path, line) = (format!("{path}.{name}"), self.line(key.span().start));
                if !provision.is_row(edition) {
                    let message = format!("{} has no such row", edition.as_str());
                    self.problem(line, &path, Some(id), message);
                    continue;
                }
                let Some(entries) = self.table(&path, value) else { continue };
                if let Some(answer) = self.answer(&path, id, line, entries) {
                    answers.of_edition.insert((id.to_owned(), edition.as_str()), answer);
                }
            }
            // Answers for single editions may stand alone.
            if entries.keys().all(|key| EDITIONS.iter().any(|(name, _)| key.get_ref() == name))
                && !entries.is_empty()
            {
                continue;
            }
            if let Some(answer) = self.answer(&path, id, line, entries) {
                answers.provisions.insert(id.to_owned(), answer);
            }
        }
    }

    fn answer(
        &mut self,
        path: &str,
        id: &str,
        line: usize,
        entries: &DeTable<'a>,
    ) -> Option<Answer> {
        let (mut support, mut detail, mut evidence) = (None, String::new(), String::new());
        let before = self.problems.len();
        for (key, value) in entries {
            let name = key.get_ref().as_ref();
            if EDITIONS.iter().any(|(edition, _)| name == *edition) {
                continue;
            }
            let path = format!("{path}.{name}");
            let line = self.line(key.span().start);
            let Some(text) = self.text(&path, Some(id), value) else { continue };
            match name {
                "support" => match text.text.as_str() {
                    "Y" => support = Some(Support::Y),
                    "N" => support = Some(Support::N),
                    "N/A" => support = Some(Support::NotApplicable),
                    "?" => self.problem(line, &path, Some(id), "not answered yet".to_owned()),
                    other => {
                        let message = format!("`{other}` is no answer; Y, N or N/A is");
                        self.problem(line, &path, Some(id), message);
                    }
                },
                "detail" => detail = text.text,
                "evidence" => evidence = text.text,
                _ => {
                    let message =
                        "unknown key; known are support, detail, evidence, v2, v3".to_owned();
                    self.problem(line, &path, Some(id), message);
                }
            }
        }
        if support.is_none() && self.problems.len() == before {
            self.problem(line, path, Some(id), "support is missing; write Y, N or N/A".to_owned());
        }
        for (name, text) in [("detail", &mut detail), ("evidence", &mut evidence)] {
            if text.is_empty() {
                continue;
            }
            if is_placeholder(text) {
                let message = format!("`{text}` says nothing");
                self.problem(line, &format!("{path}.{name}"), Some(id), message);
            }
        }
        Some(Answer { support: support?, detail, evidence, line })
    }

    fn tables(&mut self, value: &Spanned<DeValue<'a>>, _line: usize, answers: &mut Answers) {
        let Some(table) = self.table("ixit", value) else { return };
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let path = format!("ixit.{name}");
            let line = self.line(key.span().start);
            let Some(known) =
                Standard::get().ixit.iter().find(|t| t.name_v1 == name || t.name_v2 == name)
            else {
                self.problem(line, &path, None, "no IXIT table has this name".to_owned());
                continue;
            };
            let Some((_, single)) = ANSWERED.iter().find(|(number, _)| *number == known.number)
            else {
                let message = format!(
                    "table {}-{name} is filled from the image; register the item in the profile",
                    known.number
                );
                self.problem(line, &path, None, message);
                continue;
            };
            let fields: Vec<&str> =
                known.fields(Edition::V2).chain(known.fields(Edition::V3)).collect();
            answers.lines.insert(&known.name_v1, line);
            match (single, value.get_ref()) {
                (true, DeValue::Table(cells)) => {
                    let cells = self.cells(&path, cells, &fields);
                    answers.records.insert(&known.name_v1, cells);
                }
                (false, DeValue::Array(rows)) => {
                    let mut all = Vec::new();
                    for (at, row) in rows.iter().enumerate() {
                        let path = format!("{path}[{}]", at + 1);
                        let line = self.line(row.span().start);
                        let Some(entries) = self.table(&path, row) else { continue };
                        let cells = self.cells(&path, entries, &fields);
                        self.row(&path, line, &cells, known.fields(Edition::V3));
                        if all.iter().any(|other: &Cells| {
                            other.get("id").map(|t| &t.text) == cells.get("id").map(|t| &t.text)
                        }) {
                            self.problem(
                                line,
                                &format!("{path}.id"),
                                None,
                                "two rows have this ID".to_owned(),
                            );
                        }
                        all.push(cells);
                    }
                    answers.rows.insert(&known.name_v1, all);
                }
                (true, _) => {
                    let message = format!("one record must stand here: [ixit.{name}]");
                    self.problem(line, &path, None, message);
                }
                (false, _) => {
                    let message = format!("rows must stand here: [[ixit.{name}]]");
                    self.problem(line, &path, None, message);
                }
            }
        }
    }

    fn row<'f>(
        &mut self,
        path: &str,
        line: usize,
        cells: &Cells,
        fields: impl Iterator<Item = &'f str>,
    ) {
        for field in fields {
            if !cells.contains_key(&key_of(field)) {
                let message = format!("missing: {field}");
                self.problem(line, &format!("{path}.{}", key_of(field)), None, message);
            }
        }
    }

    fn cells(&mut self, path: &str, entries: &DeTable<'a>, fields: &[&str]) -> Cells {
        let mut cells = Cells::new();
        for (key, value) in entries {
            let name = key.get_ref().as_ref();
            let path = format!("{path}.{name}");
            let line = self.line(key.span().start);
            let Some(field) = fields.iter().find(|field| key_of(field) == name) else {
                let all: Vec<String> = fields.iter().map(|field| key_of(field)).collect();
                let mut known: Vec<&str> = all.iter().map(String::as_str).collect();
                known.sort_unstable();
                known.dedup();
                let message = format!("the table has no such field; it has {}", known.join(", "));
                self.problem(line, &path, None, message);
                continue;
            };
            if FROM_IMAGE.contains(field) {
                let message = format!("{field} is filled from the image; leave it out");
                self.problem(line, &path, None, message);
                continue;
            }
            let Some(text) = self.text(&path, None, value) else { continue };
            if is_placeholder(&text.text) {
                self.problem(line, &path, None, "not answered yet".to_owned());
                continue;
            }
            cells.insert(name.to_owned(), text);
        }
        cells
    }
}
