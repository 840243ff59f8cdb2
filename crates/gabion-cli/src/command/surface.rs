//! `gabion surface`.

use std::collections::BTreeSet;
use std::net::ToSocketAddrs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Subcommand;
use gabion_cli::surface::image::{Level, scan};
use gabion_cli::surface::network::{Port, Scan, Transport, compare, ranges};
use serde_json::json;

use crate::command::{ACCEPTED, REFUSED};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write the result as JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compare the ports on which a host listens with those that are registered: exit code 0 nothing unregistered listens,
    /// 1 something does, 2 misuse. Ask the owner of the host first.
    Scan(Network),
    /// Look through a firmware image (ELF or raw) for keys, credentials and debug text: exit code 0 nothing that must not
    /// ship, 1 something, 2 misuse. Secrets are never shown, only where they are.
    Image(Image),
}

#[derive(clap::Args)]
struct Network {
    /// Name or address of the host.
    #[arg(value_name = "HOST")]
    host: String,
    /// A registered port, such as tcp/443 or udp/5683; may be given several times.
    #[arg(long, value_name = "PORT")]
    allow: Vec<Port>,
    /// TCP ports to try.
    #[arg(long, value_name = "RANGES", default_value = "1-65535")]
    tcp: String,
    /// UDP ports to try. Silence says nothing there.
    #[arg(long, value_name = "RANGES")]
    udp: Option<String>,
    /// How long to wait for each answer, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 300)]
    patience: u64,
    /// How many ports to try at the same time.
    #[arg(long, default_value_t = 64)]
    workers: usize,
}

#[derive(clap::Args)]
struct Image {
    /// The image: an ELF file, or raw bytes.
    #[arg(value_name = "FIRMWARE")]
    file: PathBuf,
    /// A symbol whose contents are no secret; may be given several times.
    #[arg(long, value_name = "SYMBOL")]
    allow: Vec<String>,
    /// Show the sizes of sections and of the largest symbols as well.
    #[arg(long)]
    sizes: bool,
}

impl Args {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Scan(args) => args.run(self.json),
            Command::Image(args) => args.run(self.json),
        }
    }
}

impl Network {
    fn run(&self, as_json: bool) -> anyhow::Result<ExitCode> {
        ensure!(self.patience > 0, "a patience of 0 ms never hears an answer");
        let host = (self.host.as_str(), 0)
            .to_socket_addrs()
            .ok()
            .and_then(|mut found| found.next())
            .with_context(|| format!("{:?} is no host that can be found", self.host))?
            .ip();
        let mut ports: BTreeSet<Port> = ranges(&self.tcp)?
            .into_iter()
            .map(|number| Port { transport: Transport::Tcp, number })
            .collect();
        if let Some(udp) = &self.udp {
            ports.extend(
                ranges(udp)?.into_iter().map(|number| Port { transport: Transport::Udp, number }),
            );
        }
        let allowed: BTreeSet<Port> = self.allow.iter().copied().collect();
        ports.extend(&allowed);
        let scan = Scan {
            host,
            ports,
            patience: Duration::from_millis(self.patience),
            workers: self.workers,
        };
        let result = compare(&scan.run()?, &allowed);
        let banner = |bytes: &[u8]| String::from_utf8_lossy(bytes).escape_debug().to_string();
        if as_json {
            let list = |ports: &[(Port, Vec<u8>)]| -> Vec<_> {
                ports
                    .iter()
                    .map(|(port, says)| json!({"port": port.to_string(), "says": banner(says)}))
                    .collect()
            };
            gabion_cli::say!(
                "{}",
                json!({
                    "host": host.to_string(),
                    "unregistered": list(&result.unregistered),
                    "registered": list(&result.registered),
                    "missing": result.missing.iter().map(Port::to_string).collect::<Vec<_>>(),
                    "silent": result.silent,
                })
            );
        } else {
            for (verdict, ports) in
                [("UNREGISTERED", &result.unregistered), ("registered", &result.registered)]
            {
                for (port, says) in ports {
                    let says = if says.is_empty() {
                        String::new()
                    } else {
                        format!(", says \"{}\"", banner(says))
                    };
                    gabion_cli::say!("{verdict:<12} {port} listens{says}");
                }
            }
            for port in &result.missing {
                gabion_cli::say!("{:<12} {port} does not listen", "missing");
            }
            if result.silent > 0 {
                gabion_cli::say!(
                    "{:<12} {} port(s): nothing is known of them",
                    "silent",
                    result.silent
                );
            }
        }
        if result.unregistered.is_empty() {
            return Ok(ACCEPTED);
        }
        gabion_cli::complain!(
            "refused: {} unregistered port(s) listen (EN 303 645 5.6-1)",
            result.unregistered.len()
        );
        Ok(ExitCode::from(REFUSED))
    }
}

impl Image {
    fn run(&self, as_json: bool) -> anyhow::Result<ExitCode> {
        let file = std::fs::read(&self.file)
            .with_context(|| format!("cannot read {}", self.file.display()))?;
        let report = scan(&file, &self.allow).with_context(|| self.file.display().to_string())?;
        if as_json {
            let findings: Vec<_> = report
                .findings
                .iter()
                .map(|f| {
                    json!({
                        "rule": f.rule, "refuse": f.level == Level::Refuse, "provision": f.provision, "at": f.at,
                        "symbol": f.symbol, "what": f.what,
                    })
                })
                .collect();
            gabion_cli::say!("{}", json!({ "clean": report.is_clean(), "findings": findings }));
        } else {
            for finding in &report.findings {
                gabion_cli::say!("{finding}");
            }
            if let (true, Some(sizes)) = (self.sizes, &report.sizes) {
                gabion_cli::say!(
                    "code {} B, constants {} B, variables {} B, zeroed {} B",
                    sizes.text,
                    sizes.rodata,
                    sizes.data,
                    sizes.bss
                );
                for (name, size) in &sizes.largest {
                    gabion_cli::say!("{size:>8} B  {name}");
                }
            }
        }
        if report.is_clean() {
            return Ok(ACCEPTED);
        }
        let refused = report.findings.iter().filter(|f| f.level == Level::Refuse).count();
        gabion_cli::complain!("refused: {refused} finding(s) that must not ship");
        Ok(ExitCode::from(REFUSED))
    }
}
