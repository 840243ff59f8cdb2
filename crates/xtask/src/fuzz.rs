//! `cargo xtask fuzz`: every target for a while, and a table of what was done.

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use toml::Table;

use crate::check::fuzz::REGISTRY;
use crate::process::{cargo, find, stream, succeed};

/// What to run.
#[derive(Debug)]
pub struct Options {
    /// How long each target runs, in seconds.
    pub seconds: u64,
    /// The targets; empty for all.
    pub targets: Vec<String>,
}

impl Options {
    /// Reads `--time SECONDS` and `--target NAME`, the latter any number of times.
    ///
    /// # Errors
    ///
    /// For anything else.
    pub fn parse(args: &[String]) -> Result<Self> {
        let mut options = Self { seconds: 60, targets: Vec::new() };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match (arg.as_str(), args.next()) {
                ("--time", Some(seconds)) => {
                    options.seconds =
                        seconds.parse().ok().filter(|s| *s > 0).context("--time SECONDS")?;
                }
                ("--target", Some(target)) => options.targets.push(target.clone()),
                _ => bail!("fuzz has `--time SECONDS` and `--target NAME`, not `{arg}`"),
            }
        }
        Ok(options)
    }
}

/// What one target did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Inputs tried.
    pub executions: u64,
    /// Edges of the code that were reached.
    pub edges: u64,
    /// Features: edges with how often, and values compared.
    pub features: u64,
    /// Whether it ended without finding anything.
    pub clean: bool,
}

impl Row {
    /// Takes in a line of the fuzzer.
    pub fn read(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        while let Some(word) = words.next() {
            let mut number = || words.next().and_then(|word| word.parse().ok());
            match word {
                "cov:" => self.edges = number().unwrap_or(self.edges),
                "ft:" => self.features = number().unwrap_or(self.features),
                "stat::number_of_executed_units:" => {
                    self.executions = number().unwrap_or(self.executions);
                }
                _ => {}
            }
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.clean { "clean" } else { "FOUND" };
        write!(f, "{:>14} {:>8} {:>10}  {verdict}", self.executions, self.edges, self.features)
    }
}

/// Builds the targets and runs one after the other. What they learn stays in a folder below `target`, so that the committed
/// seeds stay few.
///
/// # Errors
///
/// When there is no nightly compiler or no `cargo-fuzz`, a name is no target, or the targets do not build.
pub fn run(root: &Path, options: &Options) -> Result<bool> {
    let all = targets(root)?;
    if let Some(unknown) = options.targets.iter().find(|name| !all.contains(name)) {
        bail!("no target `{unknown}`; there are {}", all.join(", "));
    }
    if find("cargo-fuzz").is_none() {
        bail!("no cargo-fuzz: `cargo install cargo-fuzz`, and `rustup toolchain install nightly`");
    }
    let chosen = if options.targets.is_empty() { &all } else { &options.targets };
    let mut rows = Vec::new();
    for target in chosen {
        println!("\n== {target}, {} s", options.seconds);
        let mut row = Row::default();
        row.clean = stream(&mut command(root, target, options.seconds)?, |line| row.read(line))?;
        rows.push((target, row));
    }
    println!("\n{:<20} {:>14} {:>8} {:>10}", "target", "executions", "edges", "features");
    for (target, row) in &rows {
        println!("{target:<20} {row}");
    }
    let sum: u64 = rows.iter().map(|(_, row)| row.executions).sum();
    println!("{:<20} {sum:>14}", "all");
    Ok(rows.iter().all(|(_, row)| row.clean))
}

/// The targets of the registry, in its order.
fn targets(root: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(root.join(REGISTRY)).with_context(|| format!("no {REGISTRY}"))?;
    let registry: Table = text.parse()?;
    let table = registry.get("targets").and_then(toml::Value::as_table);
    Ok(table.with_context(|| format!("{REGISTRY} has no targets"))?.keys().cloned().collect())
}

/// No address sanitizer: the bodies and what they call hold no unsafe code, and it halves the speed. Debug assertions and with
/// them the checks for overflow are on.
fn command(root: &Path, target: &str, seconds: u64) -> Result<Command> {
    let learnt = root.join("target/fuzz-corpus").join(target);
    fs::create_dir_all(&learnt)?;
    let mut rustup = Command::new("rustup");
    rustup.args(["which", "--toolchain", "nightly", "cargo"]);
    succeed(&mut rustup).context("no nightly compiler: `rustup toolchain install nightly`")?;
    let mut command = cargo(root);
    if find("rustup").is_some() {
        // The cargo that runs this program is of one toolchain; the proxy takes a name.
        command = Command::new("cargo");
        command
            .current_dir(root)
            .env_remove("RUSTUP_TOOLCHAIN")
            .env_remove("CARGO")
            .env_remove("RUSTC");
    }
    command.args(["+nightly", "fuzz", "run", "--sanitizer", "none", "--debug-assertions", target]);
    command.arg(&learnt).arg(root.join("fuzz/corpus").join(target));
    command.args(["--", "-print_final_stats=1", "-max_len=4096"]);
    command.arg(format!("-max_total_time={seconds}"));
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_fuzzer_prints() {
        let mut row = Row::default();
        row.read(
            "#4194304\tpulse  cov: 225 ft: 1314 corp: 309/16Kb lim: 4096 exec/s: 262144 rss: 90Mb",
        );
        row.read("stat::number_of_executed_units: 60309095");
        assert_eq!((row.executions, row.edges, row.features), (60_309_095, 225, 1314));
        row.read("#5000000\tDONE   cov: 226 ft: 1320 corp: 310/16Kb");
        row.read("stat::average_exec_per_sec:     250245");
        assert_eq!((row.executions, row.edges, row.features), (60_309_095, 226, 1320));
    }

    #[test]
    fn options() {
        let parse = |text: &str| {
            let args: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
            Options::parse(&args).map(|options| (options.seconds, options.targets.len())).ok()
        };
        assert_eq!(parse(""), Some((60, 0)));
        assert_eq!(parse("--time 5 --target a --target b"), Some((5, 2)));
        for wrong in ["--time", "--time 0", "--time x", "--target", "--tmie 5", "a"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
