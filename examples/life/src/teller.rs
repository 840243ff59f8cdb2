//! Tells the story: as prose for a person, or as one JSON object a line for a program.

use std::io::{BufRead, IsTerminal, Write};

use serde_json::{Value, json};

/// How the story is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Prose.
    Story,
    /// One JSON object a line.
    Json,
}

/// One line of the summary: an area of the standard, what was shown, and where to look.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    area: &'static str,
    what: String,
    place: &'static str,
}

/// Tells the story and remembers what was shown.
pub(crate) struct Teller {
    form: Form,
    step: bool,
    colour: bool,
    shown: Vec<Shown>,
}

impl Teller {
    /// Starts telling. With `step`, each chapter waits for Enter.
    pub(crate) fn new(form: Form, step: bool) -> Self {
        let colour = form == Form::Story
            && std::io::stdout().is_terminal()
            && std::env::var_os("NO_COLOR").is_none();
        Self { form, step, colour, shown: Vec::new() }
    }

    /// Opens a chapter.
    pub(crate) fn chapter(&mut self, number: u8, title: &str, provisions: &str) {
        match self.form {
            Form::Json => {
                self.line(json!({"chapter": number, "title": title, "provisions": provisions}));
            }
            Form::Story => {
                let heading = format!("{number:>2}  {title}");
                self.raw("");
                self.raw(&format!("{}  ({provisions})", self.paint("1", &heading)));
            }
        }
        if self.step {
            eprint!("    [Enter] ");
            let _ = std::io::stderr().flush();
            let _ = std::io::stdin().lock().read_line(&mut String::new());
        }
    }

    /// Says something for people.
    pub(crate) fn say(&mut self, text: &str) {
        match self.form {
            Form::Json => self.line(json!({"say": text})),
            Form::Story => {
                for line in text.lines() {
                    self.raw(&format!("    {line}"));
                }
            }
        }
    }

    /// Shows a picture that only people need, such as a QR code.
    pub(crate) fn picture(&mut self, picture: &str) {
        if self.form == Form::Story {
            for line in picture.lines() {
                self.raw(&format!("      {line}"));
            }
        }
    }

    /// Says that something was refused, as it should be.
    pub(crate) fn refused(&mut self, what: &str, reason: &str) {
        match self.form {
            Form::Json => self.line(json!({"refused": what, "reason": reason})),
            Form::Story => {
                let mark = self.paint("33", "refused");
                self.raw(&format!("    {mark}  {what}: {reason}"));
            }
        }
    }

    /// Acknowledges something: from here on no loss of power may undo it.
    pub(crate) fn acknowledge(&mut self, fact: &str, value: &Value) {
        match self.form {
            Form::Json => self.line(json!({"acknowledged": fact, "value": value})),
            Form::Story => {
                let mark = self.paint("32", "kept");
                self.raw(&format!("    {mark}     {fact} = {}", plain(value)));
            }
        }
    }

    /// Remembers a line of the summary.
    pub(crate) fn shows(
        &mut self,
        area: &'static str,
        what: impl Into<String>,
        place: &'static str,
    ) {
        self.shown.push(Shown { area, what: what.into(), place });
    }

    /// Prints the summary table.
    pub(crate) fn table(&mut self) {
        if self.form == Form::Json {
            for s in self.shown.clone() {
                self.line(json!({"area": s.area, "shown": s.what, "where": s.place}));
            }
            return;
        }
        let wide = self.shown.iter().map(|s| s.what.chars().count()).max().unwrap_or(0);
        self.raw("");
        self.raw(&format!("    {:<5} {:<wide$}  where", "area", "what was shown"));
        for s in self.shown.clone() {
            self.raw(&format!("    {:<5} {:<wide$}  {}", s.area, s.what, s.place));
        }
    }

    /// Prints a JSON value in JSON form only.
    pub(crate) fn data(&mut self, value: Value) {
        if self.form == Form::Json {
            self.line(value);
        }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn line(&mut self, value: Value) {
        self.raw(&value.to_string());
    }

    /// Writes and flushes at once, so that what a killed process said is what it had done. A closed pipe ends the story
    /// quietly: the device's state is in its flash.
    fn raw(&mut self, text: &str) {
        let mut out = std::io::stdout().lock();
        if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
            std::process::exit(0);
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(s) => s.clone(),
        other => other.to_string(),
    }
}
