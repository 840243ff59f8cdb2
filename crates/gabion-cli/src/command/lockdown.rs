//! `gabion lockdown`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, ensure};
use clap::Subcommand;
use gabion_cli::lockdown::{fuse_words, variant, word};
use gabion_lockdown::Report;
use gabion_lockdown::esp::{Chip, evaluate, plan};
use gabion_lockdown::nrf::{Nrf52Words, Nrf53Words, evaluate52, evaluate53};
use serde_json::json;

use crate::command::file::read_at_most;
use crate::command::{ACCEPTED, REFUSED};

/// Longest dump that is read, in bytes.
const LONGEST: u64 = 1 << 20;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write the report as JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Judge an ESP32-C3, C6 or S3 by a dump of its fuses: exit code 0 closed, 1 open, 2 misuse. Burns nothing.
    Esp(Esp),
    /// Judge an nRF52 by its words: exit code 0 closed, 1 open, 2 misuse. Locks nothing.
    Nrf52(Nrf52),
    /// Judge an nRF5340 by its UICR words: exit code 0 closed, 1 open, 2 misuse. Locks nothing.
    Nrf53(Nrf53),
}

#[derive(clap::Args)]
struct Esp {
    /// esp32c3, esp32c6 or esp32s3.
    #[arg(long)]
    chip: String,
    /// Print what would have to be burnt, as comments.
    #[arg(long)]
    plan: bool,
    /// What `espefuse summary --format json` or `espefuse dump` wrote, or six words in hexadecimal; - for standard input.
    #[arg(value_name = "DUMP")]
    dump: PathBuf,
}

#[derive(clap::Args)]
struct Nrf52 {
    /// FICR.INFO.PART, at 0x10000100.
    #[arg(long, value_name = "WORD")]
    part: String,
    /// FICR.INFO.VARIANT, at 0x10000104: a word, or its four characters.
    #[arg(long)]
    variant: String,
    /// UICR.APPROTECT, at 0x10001208.
    #[arg(long, value_name = "WORD")]
    uicr_approtect: String,
    /// APPROTECT.FORCEPROTECT, at 0x40000550; only newer build codes have it.
    #[arg(long, value_name = "WORD", default_value = "0xffffffff")]
    force_protect: String,
    /// APPROTECT.DISABLE, at 0x40000558; only newer build codes have it. Unless given, it counts as open.
    #[arg(long, value_name = "WORD", default_value = "0x5a")]
    disable: String,
}

#[derive(clap::Args)]
struct Nrf53 {
    /// UICR.APPROTECT of the application core, at 0x00ff8000.
    #[arg(long, value_name = "WORD")]
    app_approtect: String,
    /// UICR.SECUREAPPROTECT of the application core, at 0x00ff801c.
    #[arg(long, value_name = "WORD")]
    app_secure_approtect: String,
    /// UICR.APPROTECT of the network core, at 0x01ff8000.
    #[arg(long, value_name = "WORD")]
    net_approtect: String,
}

impl Args {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let report = match &self.command {
            Command::Esp(args) => {
                let chip = Chip::from_name(&args.chip).with_context(|| {
                    format!(
                        "{:?} is no chip that is known here: esp32c3, esp32c6, esp32s3",
                        args.chip
                    )
                })?;
                ensure!(
                    !(args.plan && self.json),
                    "a plan is a script, not JSON: ask for one of them"
                );
                let words = fuse_words(chip, &read_at_most(&args.dump, LONGEST)?)
                    .with_context(|| args.dump.display().to_string())?;
                if args.plan {
                    let plan = plan(chip, &words);
                    gabion_cli::tell!("{plan}");
                }
                evaluate(chip, &words)
            }
            Command::Nrf52(args) => evaluate52(&Nrf52Words {
                part: word(&args.part)?,
                variant: variant(&args.variant)?,
                uicr_approtect: word(&args.uicr_approtect)?,
                force_protect: word(&args.force_protect)?,
                disable: word(&args.disable)?,
            }),
            Command::Nrf53(args) => evaluate53(&Nrf53Words {
                app_approtect: word(&args.app_approtect)?,
                app_secure_approtect: word(&args.app_secure_approtect)?,
                net_approtect: word(&args.net_approtect)?,
            }),
        };
        self.show(&report);
        Ok(if report.is_closed() { ACCEPTED } else { ExitCode::from(REFUSED) })
    }

    fn show(&self, report: &Report) {
        let planned = matches!(&self.command, Command::Esp(Esp { plan: true, .. }));
        if self.json {
            let findings: Vec<_> = report
                .findings()
                .map(|f| {
                    json!({
                        "code": f.code, "level": f.level.to_string().to_lowercase(), "topic": f.topic.to_string(),
                        "provision": f.provision, "what": f.what, "cure": f.cure,
                    })
                })
                .collect();
            gabion_cli::say!(
                "{}",
                json!({ "chip": report.chip(), "closed": report.is_closed(), "findings": findings })
            );
        } else if planned {
            // A plan is a script; the report follows in comments.
            for line in report.to_string().lines() {
                gabion_cli::say!("# {line}");
            }
        } else {
            gabion_cli::tell!("{report}");
        }
    }
}
