//! `gabion provision`.
// A host tool: it may stop with a message where a device may not.
#![allow(clippy::arithmetic_side_effects)]

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Subcommand;
use gabion_cli::provision::{
    Batch, PER_SHEET, Report, SystemEntropy, count_up, draw_sheet, write_ndjson,
};
use gabion_provision::{Label, Model, Serial};

use crate::command::{ACCEPTED, REFUSED};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make the label secrets of a batch of devices and audit the batch as a whole.
    Batch(BatchArgs),
}

impl Args {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Batch(args) => args.run(),
        }
    }
}

/// Per device: a random secret (14 symbols, 63 bits, and a check symbol), the payload of its QR code. Memory does not grow
/// with the batch. Nothing secret goes to the terminal unless --ndjson asks for it.
#[derive(clap::Args)]
struct BatchArgs {
    /// How many devices.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,
    /// The model that stands on the label: A-Z, 0-9 and '-'.
    #[arg(long, default_value = "MODEL-1")]
    model: String,
    /// What serial numbers begin with.
    #[arg(long, value_name = "TEXT", default_value = "A", conflicts_with = "serials")]
    serial_prefix: String,
    /// The first number behind the prefix.
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "serials")]
    first: u64,
    /// A file with one serial number a line, instead of counting.
    #[arg(long, value_name = "FILE")]
    serials: Option<PathBuf>,
    /// Something else that is printed or sent in clear by every device: no secret shares a piece with it. May be repeated.
    #[arg(long, value_name = "TEXT")]
    public: Vec<String>,
    /// A folder, which must not exist, for labels.ndjson (secret, readable by its owner only) and report.json (evidence).
    #[arg(long, value_name = "DIR", required_unless_present = "ndjson", conflicts_with = "ndjson")]
    out: Option<PathBuf>,
    /// Sheets of labels to print, as SVG, in the folder. Secret, too.
    #[arg(long, requires = "out", conflicts_with = "ndjson")]
    labels: bool,
    /// The labels to standard output, one JSON object a line; the report goes to standard error.
    #[arg(long)]
    ndjson: bool,
}

impl BatchArgs {
    fn run(self) -> anyhow::Result<ExitCode> {
        let model = Model::new(self.model.as_bytes())
            .with_context(|| format!("{:?} is no model", self.model))?;
        let batch = Batch { model, count: self.count, public: self.public.clone() };
        let report = match &self.out {
            Some(folder) => self.fill_folder(&batch, folder)?,
            None => self.to_stdout(&batch)?,
        };
        let devices = report.devices;
        let pace = devices as f64 / report.seconds.max(1e-9);
        gabion_cli::complain!(
            "{devices} devices, {} duplicate secrets, {} duplicate serial numbers, {:.1} bits each; {:.1} s, {pace:.0} a second",
            report.duplicate_secrets,
            report.duplicate_serials,
            report.entropy_bits,
            report.seconds,
        );
        if report.accepted {
            return Ok(ACCEPTED);
        }
        gabion_cli::complain!("gabion: REFUSED: do not use this batch");
        Ok(ExitCode::from(REFUSED))
    }

    fn serials(&self) -> anyhow::Result<Box<dyn Iterator<Item = anyhow::Result<Serial>> + '_>> {
        let Some(path) = &self.serials else {
            return Ok(Box::new(count_up(&self.serial_prefix, self.first, 7)));
        };
        let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Box::new(BufReader::new(file).lines().map(|line| {
            let line = line?;
            Serial::new(line.trim().as_bytes())
                .with_context(|| format!("{line:?} is no serial number"))
        })))
    }

    fn fill_folder(&self, batch: &Batch, folder: &Path) -> anyhow::Result<Report> {
        fs::create_dir(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        // Until the audit is through the file has another name, so that nobody uses half a batch.
        let (part, whole) = (folder.join("labels.ndjson.part"), folder.join("labels.ndjson"));
        let mut out = BufWriter::new(create_private(&part)?);
        let mut sheet = Vec::new();
        let mut sheets = 0;
        let mut finish_sheet = |sheet: &mut Vec<Label>| -> anyhow::Result<()> {
            sheets += 1;
            let path = folder.join(format!("labels-{sheets:05}.svg"));
            create_private(&path)?.write_all(draw_sheet(sheet)?.as_bytes())?;
            sheet.clear();
            Ok(())
        };
        let deliver = |label: &Label| {
            write_ndjson(label, &mut out)?;
            if self.labels {
                sheet.push(copy(label)?);
                if sheet.len() == PER_SHEET {
                    finish_sheet(&mut sheet)?;
                }
            }
            Ok(())
        };
        let scratch = folder.join(".audit");
        let mut source = SystemEntropy::default();
        let made =
            batch.make(&mut source, self.serials()?, &scratch, deliver, progress(batch.count));
        let _ = fs::remove_dir_all(&scratch);
        let report = made?;
        if !sheet.is_empty() {
            finish_sheet(&mut sheet)?;
        }
        out.flush()?;
        out.get_ref().sync_all()?;
        let mut evidence = File::create_new(folder.join("report.json"))?;
        serde_json::to_writer_pretty(&mut evidence, &report)?;
        evidence.write_all(b"\n")?;
        if report.accepted {
            fs::rename(&part, &whole)?;
        }
        Ok(report)
    }

    fn to_stdout(&self, batch: &Batch) -> anyhow::Result<Report> {
        let scratch = std::env::temp_dir().join(format!("gabion-batch-{}", std::process::id()));
        fs::create_dir(&scratch).with_context(|| format!("cannot make {}", scratch.display()))?;
        let mut out = BufWriter::new(std::io::stdout().lock());
        let deliver = |label: &Label| Ok(write_ndjson(label, &mut out)?);
        let mut source = SystemEntropy::default();
        let made =
            batch.make(&mut source, self.serials()?, &scratch, deliver, progress(batch.count));
        let _ = fs::remove_dir_all(&scratch);
        let report = made?;
        out.flush()?;
        Ok(report)
    }
}

/// A second label with the same content: a sheet is drawn later, and secrets have no `Clone`.
fn copy(label: &Label) -> anyhow::Result<Label> {
    let payload = label.payload();
    let mut text = payload.expose().as_bytes().to_vec();
    match Label::parse(&mut text) {
        Ok(label) => Ok(label),
        Err(why) => bail!("a label does not read back: {why}"),
    }
}

fn create_private(path: &Path) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).with_context(|| format!("cannot make {}", path.display()))
}

/// A bar on a terminal; silence elsewhere.
fn progress(count: u64) -> impl FnMut(u64) {
    let shown = std::io::stderr().is_terminal();
    let every = (count / 200).max(1);
    move |made| {
        if !shown || (made % every != 0 && made != count) {
            return;
        }
        let filled = usize::try_from(made * 40 / count).unwrap_or_default();
        let (bar, rest) = ("#".repeat(filled), ".".repeat(40 - filled));
        eprint!("\r[{bar}{rest}] {made} of {count}");
        if made == count {
            gabion_cli::complain!();
        }
    }
}
