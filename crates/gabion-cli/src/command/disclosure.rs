//! `gabion disclosure`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use anyhow::{Context, ensure};
use clap::{Subcommand, ValueEnum};
use gabion_cli::disclosure::{
    Facts, TEMPLATE, advisory, audit, policy, record, sbom, security_txt,
};
use jiff::{Span, Timestamp};

use crate::command::{ACCEPTED, REFUSED, file};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write the file of facts to fill in.
    Init(Out),
    /// Write security.txt (RFC 9116) from the facts.
    SecurityTxt(SecurityTxt),
    /// Check a security.txt: exit code 0 sound, 1 not (lines and reasons on stderr), 2 misuse.
    Check(Check),
    /// Write the policy page in Markdown.
    Policy(FromFacts),
    /// Write an advisory as CSAF 2.0 or OpenVEX.
    Advisory(Advisory),
    /// Write the software bill of materials of a firmware, and its SHA-256 on stderr.
    Sbom(Sbom),
    /// Hold a lock file against a local copy of the RustSec database: exit code 0 nothing known, 1 vulnerable, 2 misuse.
    Audit(Audit),
    /// Check that the product is still supported: exit code 0 it is, 1 no longer, 2 misuse. For build scripts.
    Support(Support),
    /// Write the record that the device serves, in CBOR.
    Record(Record),
}

#[derive(clap::Args)]
struct Out {
    /// Write there instead of to standard output.
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(clap::Args)]
struct FromFacts {
    /// The file of facts.
    #[arg(long, value_name = "FACTS.toml")]
    from: PathBuf,
    #[command(flatten)]
    out: Out,
}

#[derive(clap::Args)]
struct SecurityTxt {
    #[command(flatten)]
    facts: FromFacts,
    /// How many days it stays good.
    #[arg(long, default_value_t = 180)]
    days: u16,
    /// The time to count from, in RFC 3339; else now.
    #[arg(long, value_name = "RFC3339")]
    time: Option<String>,
    /// A command that signs: it gets the text on standard input and writes it with its cleartext signature.
    #[arg(long, value_name = "COMMAND")]
    signer: Option<String>,
}

#[derive(clap::Args)]
struct Check {
    /// The file.
    #[arg(value_name = "security.txt")]
    file: PathBuf,
    /// The time to judge at, in RFC 3339; else now.
    #[arg(long, value_name = "RFC3339")]
    time: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum AdvisoryFormat {
    /// CSAF 2.0.
    Csaf,
    /// OpenVEX 0.2.0.
    Openvex,
}

#[derive(clap::Args)]
struct Advisory {
    /// The file of facts.
    #[arg(long, value_name = "FACTS.toml", required_unless_present = "init")]
    from: Option<PathBuf>,
    /// Write the file of an advisory to fill in, instead.
    #[arg(long)]
    init: bool,
    /// The format.
    #[arg(long, value_enum, default_value = "csaf")]
    format: AdvisoryFormat,
    /// The advisory.
    #[arg(value_name = "ADVISORY.toml", required_unless_present = "init")]
    advisory: Option<PathBuf>,
    #[command(flatten)]
    out: Out,
}

#[derive(Clone, Copy, ValueEnum)]
enum SbomFormat {
    /// CycloneDX 1.5.
    Cyclonedx,
    /// SPDX 2.3.
    Spdx,
}

#[derive(clap::Args)]
struct Sbom {
    /// The manifest of the firmware.
    #[arg(long, value_name = "Cargo.toml", default_value = "Cargo.toml")]
    manifest_path: PathBuf,
    /// The package.
    #[arg(long, short)]
    package: String,
    /// The target.
    #[arg(long)]
    target: String,
    /// Features, as cargo takes them.
    #[arg(long, value_delimiter = ',')]
    features: Vec<String>,
    /// Leave out the default features.
    #[arg(long)]
    no_default_features: bool,
    /// The format.
    #[arg(long, value_enum, default_value = "cyclonedx")]
    format: SbomFormat,
    /// The time of creation that SPDX wants, in RFC 3339; else SOURCE_DATE_EPOCH, else now.
    #[arg(long, value_name = "RFC3339")]
    time: Option<String>,
    #[command(flatten)]
    out: Out,
}

#[derive(clap::Args)]
struct Audit {
    /// The lock file.
    #[arg(long, value_name = "Cargo.lock", default_value = "Cargo.lock")]
    lockfile: PathBuf,
    /// The folder of the database, with `crates` in it.
    #[arg(long, value_name = "DIR")]
    db: PathBuf,
    /// An advisory that was looked at and does not apply; may be given several times.
    #[arg(long, value_name = "ID")]
    ignore: Vec<String>,
}

#[derive(clap::Args)]
struct Support {
    /// The file of facts.
    #[arg(long, value_name = "FACTS.toml")]
    from: PathBuf,
    /// The time to judge at, in RFC 3339; else SOURCE_DATE_EPOCH, else now.
    #[arg(long, value_name = "RFC3339")]
    time: Option<String>,
}

#[derive(clap::Args)]
struct Record {
    #[command(flatten)]
    facts: FromFacts,
    /// The bill of materials whose SHA-256 goes in.
    #[arg(long, value_name = "FILE")]
    sbom: Option<PathBuf>,
}

impl Args {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Init(out) => out.write(TEMPLATE.as_bytes())?,
            Command::SecurityTxt(args) => args.run()?,
            Command::Check(args) => return args.run(),
            Command::Policy(args) => {
                let page = policy::markdown(&facts(&args.from)?);
                args.out.write(page.as_bytes())?;
            }
            Command::Advisory(args) => args.run()?,
            Command::Sbom(args) => args.run()?,
            Command::Audit(args) => return args.run(),
            Command::Support(args) => return args.run(),
            Command::Record(args) => {
                let digest = match &args.sbom {
                    Some(file) => Some(sbom::digest(&file::read_text(file)?).0),
                    None => None,
                };
                let record = record::encode(&facts(&args.facts.from)?, digest)
                    .with_context(|| args.facts.from.display().to_string())?;
                args.facts.out.write(&record)?;
            }
        }
        Ok(ACCEPTED)
    }
}

impl Out {
    fn write(&self, content: &[u8]) -> anyhow::Result<()> {
        file::write(self.out.as_deref(), content)
    }
}

impl SecurityTxt {
    fn run(&self) -> anyhow::Result<()> {
        ensure!(
            (1..=366).contains(&self.days),
            "RFC 9116 asks for less than a year: --days 1 to 366"
        );
        let now = moment(self.time.as_deref(), false)?;
        let expires = now.checked_add(Span::new().hours(24 * i64::from(self.days)))?;
        let mut text = security_txt::render(&facts(&self.facts.from)?, expires);
        if let Some(signer) = &self.signer {
            text = sign(signer, &text)?;
        }
        let wrong: Vec<_> = security_txt::check(text.as_bytes(), now)
            .into_iter()
            .filter(|problem| problem.refused)
            .collect();
        ensure!(wrong.is_empty(), "the result is not sound: {}", wrong[0]);
        self.facts.out.write(text.as_bytes())
    }
}

/// Gives the text to the signer and takes what it says.
fn sign(signer: &str, text: &str) -> anyhow::Result<String> {
    let mut parts = signer.split_whitespace();
    let program = parts.next().context("--signer is empty")?;
    let mut child = std::process::Command::new(program)
        .args(parts)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {program}"))?;
    // The text is far below what a pipe holds, so that writing before reading cannot block.
    child.stdin.take().context("no pipe to the signer")?.write_all(text.as_bytes())?;
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "the signer failed: {}", output.status);
    let signed =
        String::from_utf8(output.stdout).context("the signer wrote something else than text")?;
    ensure!(
        signed.starts_with("-----BEGIN PGP SIGNED MESSAGE-----"),
        "the signer wrote no cleartext signature"
    );
    Ok(signed)
}

impl Check {
    fn run(&self) -> anyhow::Result<ExitCode> {
        let file = file::read(&self.file)?;
        let problems = security_txt::check(&file, moment(self.time.as_deref(), false)?);
        for problem in &problems {
            gabion_cli::complain!("{}: {problem}", self.file.display());
        }
        if problems.iter().any(|problem| problem.refused) {
            return Ok(ExitCode::from(REFUSED));
        }
        gabion_cli::say!("sound");
        Ok(ACCEPTED)
    }
}

impl Advisory {
    fn run(&self) -> anyhow::Result<()> {
        let (Some(from), Some(file), false) = (&self.from, &self.advisory, self.init) else {
            return self.out.write(advisory::TEMPLATE.as_bytes());
        };
        let facts = facts(from)?;
        let advisory = advisory::Advisory::parse(&file::read_text(file)?)
            .with_context(|| file.display().to_string())?;
        let text = match self.format {
            AdvisoryFormat::Csaf => advisory.csaf(&facts)?,
            AdvisoryFormat::Openvex => advisory.openvex(&facts)?,
        };
        self.out.write(text.as_bytes())
    }
}

impl Sbom {
    fn run(&self) -> anyhow::Result<()> {
        let tree = sbom::Request {
            manifest: &self.manifest_path,
            package: &self.package,
            target: &self.target,
            features: &self.features,
            no_default_features: self.no_default_features,
        }
        .resolve()?;
        let text = match self.format {
            SbomFormat::Cyclonedx => tree.cyclonedx(),
            SbomFormat::Spdx => tree.spdx(moment(self.time.as_deref(), true)?),
        };
        self.out.write(text.as_bytes())?;
        gabion_cli::complain!(
            "{} component(s); sha256 {}",
            tree.components.len(),
            sbom::digest(&text).1
        );
        Ok(())
    }
}

impl Audit {
    fn run(&self) -> anyhow::Result<ExitCode> {
        let locked = audit::locked(&file::read_text(&self.lockfile)?)
            .with_context(|| self.lockfile.display().to_string())?;
        let (hits, read) = audit::audit(&locked, &self.db)?;
        for unknown in self.ignore.iter().filter(|id| !hits.iter().any(|hit| hit.id == **id)) {
            gabion_cli::complain!("advice: --ignore {unknown} has nothing to ignore");
        }
        let hits: Vec<_> = hits.into_iter().filter(|hit| !self.ignore.contains(&hit.id)).collect();
        for hit in &hits {
            gabion_cli::say!("{hit}");
        }
        let vulnerable = hits.iter().filter(|hit| hit.informational.is_none()).count();
        if vulnerable > 0 {
            gabion_cli::complain!("refused: {vulnerable} known vulnerability or vulnerabilities");
            return Ok(ExitCode::from(REFUSED));
        }
        gabion_cli::say!(
            "{} crate(s) against {read} advisories: no known vulnerability",
            locked.len()
        );
        Ok(ACCEPTED)
    }
}

impl Support {
    fn run(&self) -> anyhow::Result<ExitCode> {
        let facts = facts(&self.from)?;
        let until = facts.support_until()?;
        let today = moment(self.time.as_deref(), true)?.to_zoned(jiff::tz::TimeZone::UTC).date();
        if today > until {
            gabion_cli::complain!("refused: support of {} ended on {until}", facts.product.model);
            return Ok(ExitCode::from(REFUSED));
        }
        gabion_cli::say!("{} is supported until {until}", facts.product.model);
        Ok(ACCEPTED)
    }
}

fn facts(file: &Path) -> anyhow::Result<Facts> {
    Facts::parse(&file::read_text(file)?).with_context(|| file.display().to_string())
}

/// The time that was given, else that of the build where that counts, else now.
fn moment(given: Option<&str>, of_build: bool) -> anyhow::Result<Timestamp> {
    if let Some(text) = given {
        let seconds = gabion_cli::x509::time(text)?.0;
        return Ok(Timestamp::from_second(seconds)?);
    }
    match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(epoch) if of_build => {
            let seconds = epoch.parse().with_context(|| format!("SOURCE_DATE_EPOCH: {epoch:?}"))?;
            Ok(Timestamp::from_second(seconds)?)
        }
        _ => Ok(Timestamp::now()),
    }
}
