//! `gabion ics`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use gabion_cli::conformance::answers::Answers;
use gabion_cli::conformance::diff::{Change, diff};
use gabion_cli::conformance::draft::draft;
use gabion_cli::conformance::evidence::Results;
use gabion_cli::conformance::image::Image;
use gabion_cli::conformance::render::{self, Format};
use gabion_cli::conformance::run;
use gabion_cli::conformance::sheet::{self, Kind};
use gabion_cli::conformance::statement::{Statement, expired};
use gabion_cli::conformance::{self, standard::Standard};

use crate::command::file::{read, read_text, write};
use crate::command::{ACCEPTED, REFUSED};

/// Conformance statement of EN 303 645 from an image: `gabion ics ELF --answers answers.toml --edition v3 --tests results.jsonl`
/// makes Table B.1, the 29 IXIT tables and the cross-checks.
///
/// Exit codes: 0 a conformant statement was made, the statement still holds, nothing differs; 1 not (each reason is on stderr);
/// 2 misuse.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    statement: Option<StatementArgs>,
}

#[derive(Subcommand)]
enum Command {
    /// Write an answers file with every open question.
    Init(InitArgs),
    /// Run the tests that the image names, or take a runner's output, and bind the results to the image.
    Tests(TestsArgs),
    /// Say whether a statement still holds for an image.
    Check(CheckArgs),
    /// Compare two images: registries, conditions, rows.
    Diff(DiffArgs),
    /// Show what an image says of itself, as JSON.
    Show(ShowArgs),
}

#[derive(Clone, Copy, ValueEnum)]
enum Edition {
    /// V2.1.1 (2020-06), with TS 103 701 V1.1.1; what UK PSTI pins.
    V2,
    /// V3.1.3 (2024-09), with TS 103 701 V2.1.1.
    V3,
}

#[derive(Clone, Copy, ValueEnum)]
enum Form {
    Html,
    Md,
    Json,
}

#[derive(Clone, Copy, ValueEnum)]
enum SheetKind {
    /// UK PSTI statement of compliance (needs --edition v2).
    Psti,
    /// EN 18031 cross-reference.
    En18031,
    /// CRA Annexes I and VII cross-reference.
    Cra,
}

#[derive(clap::Args)]
struct StatementArgs {
    /// The linked ELF file of the firmware.
    #[arg(value_name = "ELF")]
    image: PathBuf,
    /// The maker's answers; `gabion ics init` writes a first file.
    #[arg(long, value_name = "TOML")]
    answers: PathBuf,
    /// Edition of EN 303 645.
    #[arg(long)]
    edition: Edition,
    /// Form of the document.
    #[arg(long, default_value = "html")]
    format: Form,
    /// Test results for this image, from `gabion ics tests`.
    #[arg(long, value_name = "JSONL")]
    tests: Option<PathBuf>,
    /// A sheet for other rules instead of the statement.
    #[arg(long)]
    sheet: Option<SheetKind>,
    /// Write the document even while problems are open, marked as a draft. The exit code stays 1.
    #[arg(long)]
    draft: bool,
    /// Where to write; standard output without.
    #[arg(short, long, value_name = "OUT")]
    out: Option<PathBuf>,
}

#[derive(clap::Args)]
struct InitArgs {
    /// The linked ELF file of the firmware.
    #[arg(value_name = "ELF")]
    image: PathBuf,
    /// Where to write; a file that exists is not overwritten. Standard output without.
    #[arg(short, long, value_name = "OUT")]
    out: Option<PathBuf>,
}

#[derive(clap::Args)]
struct TestsArgs {
    /// The linked ELF file of the firmware.
    #[arg(value_name = "ELF")]
    image: PathBuf,
    /// Output of `cargo nextest run --message-format libtest-json`, instead of running the tests.
    #[arg(long, value_name = "FILE")]
    from: Vec<PathBuf>,
    /// The folder of the workspace whose tests are run.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    workspace: PathBuf,
    /// Where to write; standard output without.
    #[arg(short, long, value_name = "OUT")]
    out: Option<PathBuf>,
}

#[derive(clap::Args)]
struct CheckArgs {
    /// The statement or sheet, in any format.
    #[arg(value_name = "STATEMENT")]
    statement: PathBuf,
    /// The linked ELF file of the firmware.
    #[arg(value_name = "ELF")]
    image: PathBuf,
    /// Also hold it against these answers.
    #[arg(long, value_name = "TOML")]
    answers: Option<PathBuf>,
    /// Also hold it against these test results.
    #[arg(long, value_name = "JSONL")]
    tests: Option<PathBuf>,
}

#[derive(clap::Args)]
struct DiffArgs {
    /// The image before.
    #[arg(value_name = "A.elf")]
    before: PathBuf,
    /// The image after.
    #[arg(value_name = "B.elf")]
    after: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
struct ShowArgs {
    /// The linked ELF file of the firmware.
    #[arg(value_name = "ELF")]
    image: PathBuf,
}

impl Args {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match (self.command, self.statement) {
            (Some(Command::Init(args)), _) => args.run(),
            (Some(Command::Tests(args)), _) => args.run(),
            (Some(Command::Check(args)), _) => args.run(),
            (Some(Command::Diff(args)), _) => args.run(),
            (Some(Command::Show(args)), _) => args.run(),
            (None, Some(args)) => args.run(),
            (None, None) => anyhow::bail!("name an image, or a command: see `gabion ics --help`"),
        }
    }
}

fn refused(what: &Path, why: &impl std::fmt::Display) -> ExitCode {
    gabion_cli::complain!("{}: {why}", what.display());
    ExitCode::from(REFUSED)
}

/// Reads an image, or says why it is refused.
fn image(path: &Path) -> anyhow::Result<Result<Image, ExitCode>> {
    Ok(Image::parse(&read(path)?).map_err(|error| refused(path, &error)))
}

/// Takes the value, or returns the exit code of the refusal.
macro_rules! accepted {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(code) => return Ok(code),
        }
    };
}

impl StatementArgs {
    fn run(self) -> anyhow::Result<ExitCode> {
        let edition = match self.edition {
            Edition::V2 => conformance::Edition::V2,
            Edition::V3 => conformance::Edition::V3,
        };
        let format = match self.format {
            Form::Html => Format::Html,
            Form::Md => Format::Markdown,
            Form::Json => Format::Json,
        };
        let kind = self.sheet.map(|kind| match kind {
            SheetKind::Psti => Kind::Psti,
            SheetKind::En18031 => Kind::En18031,
            SheetKind::Cra => Kind::Cra,
        });
        if kind == Some(Kind::Psti) && edition == conformance::Edition::V3 {
            anyhow::bail!(sheet::SheetError::Edition);
        }
        let answers = read_text(&self.answers)?;
        let tests = self.tests.as_deref().map(read_text).transpose()?;
        let image = accepted!(image(&self.image)?);
        let results = match (tests, &self.tests) {
            (Some(text), Some(path)) => {
                Some(accepted!(Results::parse(&text).map_err(|error| refused(path, &error))))
            }
            _ => None,
        };
        let answers = match Answers::parse(&self.answers.display().to_string(), &answers) {
            Ok(answers) => answers,
            Err(problems) => {
                for problem in &problems {
                    gabion_cli::complain!("{problem}");
                }
                gabion_cli::complain!("{}", total(problems.len()));
                return Ok(ExitCode::from(REFUSED));
            }
        };
        let statement = Statement::make(&image, &answers, results.as_ref(), edition);
        for problem in &statement.problems {
            gabion_cli::complain!("{problem}");
        }
        if statement.conforms() || self.draft {
            let text = match kind {
                None => render::statement(&statement, format),
                Some(kind) => render::sheet(&sheet::sheet(&statement, kind)?, format),
            };
            write(self.out.as_deref(), text.as_bytes())?;
        }
        if statement.conforms() {
            return Ok(ACCEPTED);
        }
        gabion_cli::complain!("{}", total(statement.problems.len()));
        Ok(ExitCode::from(REFUSED))
    }
}

fn total(problems: usize) -> String {
    format!("{problems} problem{}: no statement", if problems == 1 { "" } else { "s" })
}

impl InitArgs {
    fn run(self) -> anyhow::Result<ExitCode> {
        let image = accepted!(image(&self.image)?);
        if let Some(out) = self.out.as_deref().filter(|out| out.exists()) {
            anyhow::bail!("{} exists; it is not overwritten", out.display());
        }
        write(self.out.as_deref(), draft(&image).as_bytes())?;
        Ok(ACCEPTED)
    }
}

impl TestsArgs {
    fn run(self) -> anyhow::Result<ExitCode> {
        let mut texts = Vec::new();
        for path in &self.from {
            texts.push((path, read_text(path)?));
        }
        let image = accepted!(image(&self.image)?);
        let mut tests = Vec::new();
        for (path, text) in &texts {
            tests.extend(accepted!(run::nextest(text).map_err(|error| refused(path, &error))));
        }
        if texts.is_empty() {
            let targets =
                accepted!(run::targets(&image).map_err(|error| refused(&self.image, &error)));
            for (package, target) in targets {
                gabion_cli::complain!("testing {package} {target}");
                match run::run(&self.workspace, &package, &target) {
                    Ok(found) => tests.extend(found),
                    // What does not run has no result, and the statement will say so.
                    Err(error @ run::RunError::Target { .. }) => gabion_cli::complain!("{error}"),
                    Err(error) => return Err(error.into()),
                }
            }
        }
        let failed =
            tests.iter().filter(|t| t.result == conformance::evidence::Outcome::Failed).count();
        write(self.out.as_deref(), run::results(&image, tests).as_bytes())?;
        if failed > 0 {
            gabion_cli::complain!("{failed} failed");
            return Ok(ExitCode::from(REFUSED));
        }
        Ok(ACCEPTED)
    }
}

impl CheckArgs {
    fn run(self) -> anyhow::Result<ExitCode> {
        let document = read_text(&self.statement)?;
        let answers = self.answers.as_deref().map(read).transpose()?;
        let tests = self.tests.as_deref().map(read).transpose()?;
        let image = accepted!(image(&self.image)?);
        let reasons = expired(&document, &image.identity, answers.as_deref(), tests.as_deref());
        for reason in &reasons {
            gabion_cli::complain!("{}: {reason}", self.statement.display());
        }
        if reasons.is_empty() {
            gabion_cli::say!("{} holds for {}", self.statement.display(), self.image.display());
            return Ok(ACCEPTED);
        }
        Ok(ExitCode::from(REFUSED))
    }
}

impl DiffArgs {
    fn run(self) -> anyhow::Result<ExitCode> {
        let before = accepted!(image(&self.before)?);
        let after = accepted!(image(&self.after)?);
        let diff = diff(&before, &after);
        if self.json {
            gabion_cli::say!("{}", serde_json::to_string_pretty(&diff)?);
        } else {
            gabion_cli::say!("code: {}", if diff.code { "another one" } else { "the same" });
            for change in &diff.changes {
                let Change { registry, item, what, before, after } = change;
                match what.as_str() {
                    "added" | "removed" => gabion_cli::say!("{registry}: {item} {what}"),
                    _ => gabion_cli::say!("{registry}: {item} {what}: {before} -> {after}"),
                }
            }
            for change in diff.facts.iter().chain(&diff.rows) {
                let Change { registry, item, what, before, after } = change;
                gabion_cli::say!("{registry} {item} [{what}]: {before} -> {after}");
            }
        }
        Ok(if diff.is_empty() { ACCEPTED } else { ExitCode::from(REFUSED) })
    }
}

impl ShowArgs {
    fn run(self) -> anyhow::Result<ExitCode> {
        let image = accepted!(image(&self.image)?);
        let known = Standard::get().provision.len();
        let value = serde_json::json!({
            "identity": image.identity,
            "profile": image.profile,
            "provisions_known": known,
        });
        gabion_cli::say!("{}", serde_json::to_string_pretty(&value)?);
        Ok(ACCEPTED)
    }
}
