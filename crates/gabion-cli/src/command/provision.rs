//! `gabion provision`.
// A host tool: it may stop with a message where a device may not.
#![allow(clippy::arithmetic_side_effects)]

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Subcommand;
use gabion_cli::keys::{Private, Public, load_private, load_public};
use gabion_cli::provision::{
    Batch, Closed, PER_SHEET, Report, Sealer, SystemEntropy, count_up, draw_identity,
    draw_png_sheet, draw_sheet, open, write_device, write_hand_over, write_ndjson,
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
    /// Decrypt a hand-over file, a line of JSON for each device.
    Open(OpenArgs),
}

impl Args {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Batch(args) => args.run(),
            Command::Open(args) => args.run(),
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
    /// The same sheets as PNG, 300 dots per inch. Secret, too.
    #[arg(long, requires = "out", conflicts_with = "ndjson")]
    png: bool,
    /// A file handover.gho in the folder for the back end with this public key (P-256, PEM), which alone can open it.
    #[arg(long, value_name = "PEM", requires = "out", conflicts_with = "ndjson")]
    hand_over: Option<PathBuf>,
    /// Where the devices' identity keys come from. `injected`: for lines that must, because whoever has a copy is the device.
    #[arg(long, value_enum, default_value_t = IdentitySource::Device)]
    identity: IdentitySource,
    /// The public key (P-256, PEM) of the line's computer: injected keys go to devices.gho, which it alone can open.
    #[arg(long, value_name = "PEM", requires = "out", conflicts_with = "ndjson")]
    line_key: Option<PathBuf>,
    /// The labels to standard output, one JSON object a line; the report goes to standard error.
    #[arg(long)]
    ndjson: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum IdentitySource {
    /// Each device makes its own, and nobody has a copy.
    Device,
    /// The tool makes them, and they have to be put into the devices.
    Injected,
}

impl BatchArgs {
    fn run(self) -> anyhow::Result<ExitCode> {
        match (self.identity, &self.line_key) {
            (IdentitySource::Injected, None) => {
                bail!(
                    "--identity injected needs --line-key and --out: the keys are written encrypted or not at all"
                )
            }
            (IdentitySource::Injected, Some(_)) => gabion_cli::complain!(
                "gabion: warning: injected identity keys exist outside of their devices. Destroy devices.gho and the line's \
                 copies when the devices have them; let devices make their own keys wherever they can"
            ),
            (IdentitySource::Device, Some(_)) => bail!("--line-key goes with --identity injected"),
            (IdentitySource::Device, None) => {}
        }
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
            let path = |kind| folder.join(format!("labels-{sheets:05}.{kind}"));
            if self.labels {
                create_private(&path("svg"))?.write_all(draw_sheet(sheet)?.as_bytes())?;
            }
            if self.png {
                draw_png_sheet(sheet, BufWriter::new(create_private(&path("png"))?))?;
            }
            sheet.clear();
            Ok(())
        };
        let mut back_end = SealedFile::new(self.hand_over.as_deref(), folder, "handover.gho")?;
        let mut line = SealedFile::new(self.line_key.as_deref(), folder, "devices.gho")?;
        let mut keys = SystemEntropy::default();
        let deliver = |label: &Label| {
            write_ndjson(label, &mut out)?;
            let mut public = None;
            if let Some(line) = &mut line {
                let (private, key) = draw_identity(&mut keys)?;
                write_device(label, &private, &mut line.sealer)?;
                public = Some(key);
            }
            if let Some(back_end) = &mut back_end {
                write_hand_over(label, public.as_ref(), &mut back_end.sealer)?;
            }
            if self.labels || self.png {
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
        let sealed: Vec<SealedFile> = back_end.into_iter().chain(line).collect();
        let sealed =
            sealed.into_iter().map(SealedFile::finish).collect::<anyhow::Result<Vec<_>>>()?;
        let mut evidence = File::create_new(folder.join("report.json"))?;
        serde_json::to_writer_pretty(&mut evidence, &report)?;
        evidence.write_all(b"\n")?;
        if report.accepted {
            fs::rename(&part, &whole)?;
            for (part, whole) in &sealed {
                fs::rename(part, whole)?;
            }
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

/// A file that only its reader opens, under another name until the audit is through.
struct SealedFile {
    sealer: Sealer<BufWriter<File>>,
    part: PathBuf,
    whole: PathBuf,
}

impl SealedFile {
    fn new(reader: Option<&Path>, folder: &Path, name: &str) -> anyhow::Result<Option<Self>> {
        let Some(reader) = reader else { return Ok(None) };
        let Public::P256(key) = load_public(reader)? else {
            bail!("{} holds no P-256 key", reader.display())
        };
        let (part, whole) = (folder.join(format!("{name}.part")), folder.join(name));
        let sealer = Sealer::new(BufWriter::new(create_private(&part)?), &key)?;
        Ok(Some(Self { sealer, part, whole }))
    }

    fn finish(self) -> anyhow::Result<(PathBuf, PathBuf)> {
        self.sealer.finish()?.get_ref().sync_all()?;
        Ok((self.part, self.whole))
    }
}

/// Every piece is checked before any of it is shown, but only the last one shows that nothing is missing: a file that was cut
/// off gives its first pieces and exit code 1.
#[derive(clap::Args)]
struct OpenArgs {
    /// The reader's private key, P-256, PEM.
    #[arg(long, value_name = "PEM")]
    key: PathBuf,
    /// The file.
    file: PathBuf,
    /// A file to write, readable by its owner only, which appears whole or not at all. Otherwise standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl OpenArgs {
    fn run(self) -> anyhow::Result<ExitCode> {
        let Private::P256(key) = load_private(&self.key)? else {
            bail!("{} holds no P-256 key", self.key.display())
        };
        let file = File::open(&self.file)
            .with_context(|| format!("cannot read {}", self.file.display()))?;
        let opened = match &self.out {
            None => open(file, &key, &mut std::io::stdout().lock()),
            Some(out) => {
                if out.exists() {
                    bail!("{} is there already", out.display());
                }
                let mut name = out.clone().into_os_string();
                name.push(".part");
                let part = PathBuf::from(name);
                let mut plain = BufWriter::new(create_private(&part)?);
                let opened = open(file, &key, &mut plain).and_then(|()| {
                    plain.get_ref().sync_all()?;
                    Ok(fs::rename(&part, out)?)
                });
                if opened.is_err() {
                    fs::remove_file(&part)?;
                }
                opened
            }
        };
        match opened {
            Ok(()) => Ok(ACCEPTED),
            Err(why) if why.is::<Closed>() => {
                gabion_cli::complain!("gabion: REFUSED: {why}");
                Ok(ExitCode::from(REFUSED))
            }
            Err(why) => Err(why),
        }
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
