//! The command: exit codes, where output goes, and one precise error for each thing that is wrong with the answers.
#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::type_complexity,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic
)]

#[macro_use]
mod ics_support;

use std::path::Path;
use std::process::{Command, Output};

use gabion_cli::conformance::run::results;
use ics_device::{PROFILE, WITHOUT_TELEMETRY};
use ics_support::{all_pass, folder, image, image_file, lamp_answers_text};
use serde::Deserialize;

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    edition: Option<String>,
    from: Option<String>,
    to: Option<String>,
    append: Option<String>,
    whole: Option<String>,
    expect: Vec<String>,
}

fn gabion(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gabion")).arg("ics").args(args).output().unwrap()
}

fn stderr(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

/// Puts the lamp, its results and its answers into a folder.
fn lamp(folder: &Path) {
    let section = section!(PROFILE);
    std::fs::write(folder.join("lamp.elf"), image_file(section)).unwrap();
    let image = image(section);
    std::fs::write(folder.join("results.jsonl"), results(&image, all_pass(&image))).unwrap();
    std::fs::write(folder.join("answers.toml"), lamp_answers_text()).unwrap();
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_owned()
}

#[test]
fn every_invalid_answers_file_gets_its_precise_errors() {
    let folder = folder("invalid");
    lamp(&folder);
    let cases: Cases = toml::from_str(include_str!("data/ics/invalid.toml")).unwrap();
    assert!(cases.case.len() >= 40, "{}", cases.case.len());
    let valid = lamp_answers_text();
    let (elf, tests) = (path(&folder, "lamp.elf"), path(&folder, "results.jsonl"));
    let answers = path(&folder, "changed.toml");
    let written = path(&folder, "statement.html");
    let mut wrong = Vec::new();
    for case in cases.case {
        let mut text = case.whole.clone().unwrap_or_else(|| valid.clone());
        if let (Some(from), Some(to)) = (&case.from, &case.to) {
            assert!(text.contains(from.as_str()), "{}: the answers hold no {from}", case.name);
            text = text.replacen(from.as_str(), to, 1);
        }
        if let (Some(more), None) = (&case.append, &case.whole) {
            text = format!("{text}\n{more}\n");
        }
        std::fs::write(&answers, &text).unwrap();
        let edition = case.edition.as_deref().unwrap_or("v3");
        let out = gabion(&[
            &elf,
            "--answers",
            &answers,
            "--edition",
            edition,
            "--tests",
            &tests,
            "-o",
            &written,
        ]);
        let said = stderr(&out);
        let mut lines: Vec<&str> = said.lines().collect();
        let total = lines.pop().unwrap_or("");
        let fits = |line: &str, expect: &str| {
            // The path is told, and a line number wherever the file has the thing.
            let rest = line.strip_prefix(&answers).unwrap_or(line);
            let digits = |r: &str| r.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned();
            let numbered =
                rest.strip_prefix(':').filter(|r| r.starts_with(|c: char| c.is_ascii_digit()));
            let rest_without_line = numbered.map_or_else(|| rest.to_owned(), digits);
            let told = if expect.starts_with(": ") { rest_without_line.as_str() } else { rest };
            if expect.ends_with(": ") {
                told.starts_with(expect)
            } else {
                told.trim_end() == expect
            }
        };
        let exact = lines.len() == case.expect.len()
            && case.expect.iter().all(|expect| lines.iter().any(|line| fits(line, expect)));
        let code = out.status.code();
        if !exact
            || code != Some(1)
            || Path::new(&written).exists()
            || !total.ends_with("no statement")
        {
            wrong.push(format!(
                "{}: exit code {code:?}\n  said {lines:#?}\n  expected {:#?}",
                case.name, case.expect
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_statement_of_each_edition_format_and_sheet_is_made_and_checked() {
    let folder = folder("made");
    lamp(&folder);
    let at = |name: &str| path(&folder, name);
    let (elf, answers, tests) = (at("lamp.elf"), at("answers.toml"), at("results.jsonl"));
    for edition in ["v2", "v3"] {
        for format in ["html", "md", "json"] {
            let made = at(&format!("statement-{edition}.{format}"));
            let out = gabion(&[
                &elf,
                "--answers",
                &answers,
                "--edition",
                edition,
                "--format",
                format,
                "--tests",
                &tests,
                "-o",
                &made,
            ]);
            assert_eq!(out.status.code(), Some(0), "{}", stderr(&out));
            let out = gabion(&["check", &made, &elf, "--answers", &answers, "--tests", &tests]);
            assert_eq!(out.status.code(), Some(0), "{}", stderr(&out));
            // Made twice, it is the same: a statement can be reviewed as a difference.
            let again = gabion(&[
                &elf,
                "--answers",
                &answers,
                "--edition",
                edition,
                "--format",
                format,
                "--tests",
                &tests,
            ]);
            assert_eq!(again.stdout, std::fs::read(&made).unwrap());
        }
        for sheet in ["psti", "en18031", "cra"] {
            let out = gabion(&[
                &elf,
                "--answers",
                &answers,
                "--edition",
                edition,
                "--sheet",
                sheet,
                "--tests",
                &tests,
            ]);
            let expected = if (edition, sheet) == ("v3", "psti") { 2 } else { 0 };
            assert_eq!(out.status.code(), Some(expected), "{}", stderr(&out));
        }
    }
    std::fs::write(at("quiet.elf"), image_file(section!(WITHOUT_TELEMETRY))).unwrap();
    let out = gabion(&["check", &at("statement-v3.html"), &at("quiet.elf")]);
    assert_eq!(out.status.code(), Some(1));
    assert!(stderr(&out).contains("the claims have expired"), "{}", stderr(&out));
    let out = gabion(&["diff", &elf, &at("quiet.elf")]);
    assert_eq!(out.status.code(), Some(1));
    let said = String::from_utf8(out.stdout).unwrap();
    assert!(
        said.contains("telemetry: event-log removed") && said.contains("V3.1.3 5.10-1"),
        "{said}"
    );
    assert_eq!(gabion(&["diff", &elf, &elf]).status.code(), Some(0));
}

#[test]
fn a_first_answers_file_asks_everything_and_is_refused_until_answered() {
    let folder = folder("init");
    lamp(&folder);
    let (elf, tests, first) =
        (path(&folder, "lamp.elf"), path(&folder, "results.jsonl"), path(&folder, "first.toml"));
    assert_eq!(gabion(&["init", &elf, "-o", &first]).status.code(), Some(0));
    let out = gabion(&["init", &elf, "-o", &first]);
    assert_eq!(out.status.code(), Some(2), "a file that exists is not overwritten");
    let text = std::fs::read_to_string(&first).unwrap();
    for provision in &gabion_cli::conformance::standard::Standard::get().provision {
        assert!(
            provision.id == "4-1" || text.contains(&format!("[provision.\"{}\"]", provision.id)),
            "{}",
            provision.id
        );
    }
    let out = gabion(&[&elf, "--answers", &first, "--edition", "v3", "--tests", &tests]);
    assert_eq!(out.status.code(), Some(1));
    let said = stderr(&out);
    assert_eq!(said.matches("\"?\"").count(), 0);
    let open =
        text.lines().filter(|line| line.ends_with("= \"?\"") && !line.starts_with('#')).count();
    assert!(
        said.matches("not answered yet").count() + said.matches("says nothing").count() >= open,
        "{said}"
    );
}

#[test]
fn misuse_is_two_and_a_refused_file_is_one() {
    let folder = folder("misuse");
    lamp(&folder);
    let at = |name: &str| path(&folder, name);
    let (elf, answers, tests) = (at("lamp.elf"), at("answers.toml"), at("results.jsonl"));
    let code = |args: &[&str]| gabion(args).status.code();
    assert_eq!(code(&[]), Some(2));
    assert_eq!(code(&[&elf]), Some(2));
    assert_eq!(code(&[&elf, "--answers", &answers]), Some(2));
    assert_eq!(code(&[&elf, "--answers", &answers, "--edition", "v4"]), Some(2));
    assert_eq!(code(&[&at("absent"), "--answers", &answers, "--edition", "v3"]), Some(2));
    assert_eq!(code(&[&elf, "--answers", &at("absent"), "--edition", "v3"]), Some(2));
    assert_eq!(code(&[&answers, "--answers", &answers, "--edition", "v3"]), Some(1));
    let bad: [(&str, &str); 5] = [
        ("", "line 1: the file is empty"),
        ("nothing\n", "line 1: not the line that names the image"),
        (
            "{\"gabion_tests\":9,\"code\":\"\",\"profile\":\"\",\"tool\":\"\"}\n",
            "line 1: format version 9",
        ),
        ("@{\"package\":\"a\"}\n", "line 2: not a test"),
        ("@TT", "line 3: test a tests/b.rs c stands here twice"),
    ];
    let head = std::fs::read_to_string(&tests).unwrap().lines().next().unwrap().to_owned() + "\n";
    let test =
        "{\"package\":\"a\",\"target\":\"tests/b.rs\",\"name\":\"c\",\"result\":\"passed\"}\n";
    for (text, message) in bad {
        let text = text.replace('@', &head).replace('T', test);
        std::fs::write(at("bad.jsonl"), text).unwrap();
        let out =
            gabion(&[&elf, "--answers", &answers, "--edition", "v3", "--tests", &at("bad.jsonl")]);
        assert_eq!(out.status.code(), Some(1));
        assert!(stderr(&out).contains(message), "{}", stderr(&out));
    }
    // A draft is written on request, says so, and is no success.
    let out =
        gabion(&[&elf, "--answers", &answers, "--edition", "v3", "--draft", "--format", "md"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&out.stdout).contains("Draft. This is no statement"));
}

#[test]
fn results_are_taken_from_a_runner() {
    let folder = folder("runner");
    lamp(&folder);
    let at = |name: &str| path(&folder, name);
    let image = image(section!(PROFILE));
    let mut lines = String::from("{\"type\":\"suite\",\"event\":\"started\",\"test_count\":1}\n");
    for test in all_pass(&image) {
        let binary = match test.target.strip_prefix("tests/") {
            Some(file) => format!("{}::{}", test.package, file.trim_end_matches(".rs")),
            None => test.package.clone(),
        };
        for event in ["started", "ok"] {
            lines.push_str(&format!(
                "{{\"type\":\"test\",\"event\":\"{event}\",\"name\":\"{binary}${}\"}}\n",
                test.name
            ));
        }
    }
    std::fs::write(at("runner.jsonl"), &lines).unwrap();
    let out = gabion(&[
        "tests",
        &at("lamp.elf"),
        "--from",
        &at("runner.jsonl"),
        "-o",
        &at("taken.jsonl"),
    ]);
    assert_eq!(out.status.code(), Some(0), "{}", stderr(&out));
    let strip = |name: &str| std::fs::read_to_string(at(name)).unwrap();
    assert_eq!(strip("taken.jsonl"), strip("results.jsonl"));
    std::fs::write(at("runner.jsonl"), lines.replacen("\"ok\"", "\"failed\"", 1)).unwrap();
    let out = gabion(&[
        "tests",
        &at("lamp.elf"),
        "--from",
        &at("runner.jsonl"),
        "-o",
        &at("taken.jsonl"),
    ]);
    assert_eq!(out.status.code(), Some(1));
    std::fs::write(at("runner.jsonl"), "running 3 tests\n").unwrap();
    let out = gabion(&["tests", &at("lamp.elf"), "--from", &at("runner.jsonl")]);
    assert_eq!(out.status.code(), Some(1));
    assert!(stderr(&out).contains("line 1: not JSON"), "{}", stderr(&out));
}
