//! Counts per operation: builds `benches`, runs each binary, compares with the goals and with the baseline.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::board::{BOARDS, Board, End};
use super::elf::Elf;
use super::{gate, goals};
use crate::embedded::Toolchain;
use crate::process::succeed;

/// One instruction takes one nanosecond of virtual time, on however busy a machine.
const COUNTED: &[&str] = &["-icount", "shift=0"];
const LIMIT: Duration = Duration::from_secs(120);
const BASELINE: &str = "benches/baseline.json";

/// The two ways in which each binary is compiled: for speed, as the field's figures are, and for size, as firmware is.
const PROFILES: [(&str, &str); 2] = [("speed", "O3"), ("release", "Os")];

/// What the person asked `bench` for.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) boards: Vec<&'static Board>,
    pub(super) json: Option<PathBuf>,
    pub(super) gate: bool,
    pub(super) save: bool,
}

/// Everything that one run counted.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Report {
    /// The compiler, because its choices are in every figure.
    pub(super) compiler: String,
    /// One row for each operation, board and profile.
    pub(super) rows: Vec<Row>,
}

/// What one operation took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Row {
    /// `m4`, `rv` or `m0`.
    pub(super) board: String,
    /// `O3` or `Os`.
    pub(super) profile: String,
    /// The binary that holds it.
    pub(super) binary: String,
    /// What was done.
    pub(super) operation: String,
    /// Guest instructions.
    pub(super) instructions: u32,
    /// Bytes of stack.
    pub(super) stack: u32,
    /// Bytes of flash that the whole binary needs above the empty one.
    pub(super) text: u32,
}

impl Row {
    /// What makes two rows comparable.
    pub(super) fn key(&self) -> (&str, &str, &str, &str) {
        (&self.board, &self.profile, &self.binary, &self.operation)
    }
}

/// Counts, prints, and does what the options ask.
///
/// # Errors
///
/// When a bench could not be built or run, or when the gate does not hold.
pub(super) fn run(root: &Path, options: &Options) -> Result<()> {
    let mut report = Report { compiler: compiler(root)?, rows: Vec::new() };
    let default: Vec<_> = BOARDS.iter().filter(|board| board.name == "m4").collect();
    let boards = if options.boards.is_empty() { &default } else { &options.boards };
    for board in boards {
        let mut rows = Vec::new();
        for (profile, label) in PROFILES {
            rows.extend(count(root, board, profile, label)?);
        }
        print_table(board, &rows);
        report.rows.extend(rows);
    }
    goals::print(&report);
    if let Some(file) = &options.json {
        write(file, &report)?;
        println!("figures in {}", file.display());
    }
    let baseline = root.join(BASELINE);
    if options.save {
        let mut kept = if baseline.exists() { read(&baseline)? } else { Report::default() };
        if kept.compiler != report.compiler {
            kept.rows.clear();
        }
        let counted = |row: &Row| boards.iter().any(|board| board.name == row.board);
        kept.rows.retain(|row| !counted(row));
        kept.rows.extend(report.rows.clone());
        kept.compiler.clone_from(&report.compiler);
        write(&baseline, &kept)?;
        println!("baseline in {BASELINE}");
    }
    if options.gate {
        let names: Vec<_> = boards.iter().map(|board| board.name).collect();
        gate::hold(&read(&baseline)?, &report, &names)?;
    }
    Ok(())
}

/// The release and back end of the compiler for chips.
fn compiler(root: &Path) -> Result<String> {
    let rustc = Toolchain::find(root)?.rustc().unwrap_or_else(|| "rustc".into());
    let text = succeed(Command::new(rustc).current_dir(root).arg("-vV"))?.stdout;
    let field = |name: &str| {
        text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("unknown").trim().to_owned()
    };
    Ok(format!("rustc {}, LLVM {}", field("release:"), field("LLVM version:")))
}

fn count(root: &Path, board: &Board, profile: &str, label: &str) -> Result<Vec<Row>> {
    let binaries = binaries(root)?;
    let names: Vec<_> = binaries.iter().map(String::as_str).collect();
    let folder = board.build(root, "gabion-benches", profile, &names)?;
    let empty = Elf::read(&folder.join("empty"))?.text();
    let mut rows = Vec::new();
    for binary in binaries.iter().filter(|binary| *binary != "empty") {
        let file = folder.join(binary);
        let text = Elf::read(&file)?.text().saturating_sub(empty);
        let mut lines = Vec::new();
        let end = board.run(&file, COUNTED, LIMIT, |line| lines.push(line.to_owned()))?;
        if end != End::Success {
            bail!("bench {binary} on {} ({label}) ended as {end:?}: {lines:?}", board.title);
        }
        for line in &lines {
            let Some((operation, instructions, stack)) = parse(line) else {
                bail!("bench {binary} said {line:?}");
            };
            rows.push(Row {
                board: board.name.to_owned(),
                profile: label.to_owned(),
                binary: binary.clone(),
                operation: operation.to_owned(),
                instructions,
                stack,
                text,
            });
        }
    }
    Ok(rows)
}

/// The binaries of `benches`: one file each.
fn binaries(root: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root.join("benches/src/bin")).context("no benches")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            found.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    found.sort();
    Ok(found)
}

/// Reads `bench NAME: INSTRUCTIONS instructions, STACK stack`.
fn parse(line: &str) -> Option<(&str, u32, u32)> {
    let (name, figures) = line.strip_prefix("bench ")?.rsplit_once(": ")?;
    let (instructions, stack) = figures.split_once(" instructions, ")?;
    Some((name, instructions.parse().ok()?, stack.strip_suffix(" stack")?.parse().ok()?))
}

fn print_table(board: &Board, rows: &[Row]) {
    println!(
        "\n{} ({}), counted by -icount; text above an empty binary\n",
        board.title, board.target
    );
    let head = |a, b, c| format!("{a:>12} {b:>8} {c:>8}");
    println!(
        "{:<34}{} |{}",
        "operation",
        head("insns O3", "stack", "text"),
        head("insns Os", "stack", "text")
    );
    let mut table: BTreeMap<(&str, &str), [Option<&Row>; 2]> = BTreeMap::new();
    let mut order = Vec::new();
    for row in rows {
        let name = (row.binary.as_str(), row.operation.as_str());
        if !table.contains_key(&name) {
            order.push(name);
        }
        table.entry(name).or_default()[usize::from(row.profile != PROFILES[0].1)] = Some(row);
    }
    for name in order {
        let cells = table[&name].map(|row| match row {
            Some(row) => format!("{:>12} {:>8} {:>8}", row.instructions, row.stack, row.text),
            None => head("-", "-", "-"),
        });
        println!("{:<34}{} |{}", name.1, cells[0], cells[1]);
    }
}

fn read(path: &Path) -> Result<Report> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no report", path.display()))
}

/// Writes one row to a line, so that a change of one figure is a change of one line.
fn write(path: &Path, report: &Report) -> Result<()> {
    let mut text = format!("{{\n  \"compiler\": {},\n", serde_json::to_string(&report.compiler)?);
    text.push_str("  \"rows\": [\n");
    for (index, row) in report.rows.iter().enumerate() {
        let comma = if index + 1 == report.rows.len() { "" } else { "," };
        text.push_str(&format!("    {}{comma}\n", serde_json::to_string(row)?));
    }
    text.push_str("  ]\n}\n");
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_a_bench_prints() {
        let line = "bench P-256 verify: 5980000 instructions, 7400 stack";
        assert_eq!(parse(line), Some(("P-256 verify", 5_980_000, 7_400)));
        assert_eq!(parse("bench x: many instructions, 1 stack"), None);
        assert_eq!(parse("panicked"), None);
    }

    #[test]
    fn a_written_report_reads_the_same() {
        let row = Row {
            board: "m4".into(),
            profile: "O3".into(),
            binary: "b".into(),
            operation: "o \"quoted\"".into(),
            instructions: 1,
            stack: 2,
            text: 3,
        };
        let report = Report { compiler: "c".into(), rows: vec![row.clone(), row] };
        let file = std::env::temp_dir().join(format!("gabion-report-{}.json", std::process::id()));
        write(&file, &report).unwrap();
        let back = read(&file).unwrap();
        fs::remove_file(&file).unwrap();
        assert_eq!((back.compiler, back.rows), (report.compiler, report.rows));
    }
}
