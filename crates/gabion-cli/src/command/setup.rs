//! `gabion setup`.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use gabion_auth::Name;
use gabion_cli::setup::{Ended, Person, Scanned, Typed, serial, set_up, tcp};
use gabion_setup::Wifi;

use crate::command::{ACCEPTED, REFUSED};

/// Set a device up as a phone would: proves the label's code (SPAKE2+), then gives owner and Wi-Fi in the encrypted channel.
/// Works without a network beyond the device.
///
/// Secrets are asked for on the terminal, or read from files, or from standard input a line each: the label's code (unless it
/// is given otherwise), the Wi-Fi's passphrase (with --ssid), the owner's password.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The device, over TCP.
    #[arg(
        long,
        value_name = "HOST:PORT",
        required_unless_present = "serial",
        conflicts_with = "serial"
    )]
    tcp: Option<String>,
    /// The device, at a serial port, which is used as it is set.
    #[arg(long, value_name = "PATH")]
    serial: Option<PathBuf>,
    /// The code on the label, or the text of its QR code. Other users of this machine can see it: prefer --label-file.
    #[arg(long, value_name = "CODE", conflicts_with = "label_file")]
    label: Option<String>,
    /// A file with the same; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    label_file: Option<PathBuf>,
    /// The name that the owner will log in with.
    #[arg(long, value_name = "NAME", default_value = "owner")]
    name: String,
    /// A file with the owner's password in its first line; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// The Wi-Fi that the device should join.
    #[arg(long, value_name = "NAME")]
    ssid: Option<String>,
    /// A file with the Wi-Fi's passphrase in its first line; `-` is standard input.
    #[arg(long, value_name = "FILE", requires = "ssid", conflicts_with = "open_wifi")]
    wifi_file: Option<PathBuf>,
    /// The Wi-Fi has no passphrase.
    #[arg(long, requires = "ssid")]
    open_wifi: bool,
    /// How long to wait for the device, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
}

impl Args {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let name = Name::new(&self.name)
            .context("the name has to have 1 to 32 bytes and no control characters")?;
        let scanned = self.scan()?;
        let wifi = self.wifi()?;
        let mut connect = |timeout| match (&self.tcp, &self.serial) {
            (Some(address), _) => tcp(address, timeout),
            (None, Some(path)) => serial(path),
            (None, None) => anyhow::bail!("no device was named"),
        };
        let mut terminal = Terminal { file: self.secret_file.as_deref(), asked: false };
        let timeout = Duration::from_secs(self.timeout);
        match set_up(&mut connect, &scanned, &name, wifi.as_ref(), &mut terminal, timeout)? {
            Ended::Owned { device } => {
                gabion_cli::say!("{device} is set up; its owner is {}", self.name);
                Ok(ACCEPTED)
            }
            Ended::Refused(why) => {
                gabion_cli::complain!("gabion: REFUSED: {why}");
                Ok(ExitCode::from(REFUSED))
            }
        }
    }

    fn scan(&self) -> anyhow::Result<Scanned> {
        if let Some(label) = &self.label {
            return Scanned::take(&mut label.clone().into_bytes());
        }
        let mut typed = match &self.label_file {
            Some(path) => Typed::from_file(path)?,
            None => Typed::ask("Code on the label")?,
        };
        Scanned::take(typed.bytes_mut())
    }

    fn wifi(&self) -> anyhow::Result<Option<Wifi>> {
        let Some(ssid) = &self.ssid else { return Ok(None) };
        let wifi = match &self.wifi_file {
            _ if self.open_wifi => Wifi::new(ssid.as_bytes(), &[]),
            Some(path) => Wifi::new(ssid.as_bytes(), Typed::from_file(path)?.bytes()),
            None => {
                let typed = Typed::ask(&format!("Passphrase of the Wi-Fi {ssid:?}"))?;
                Wifi::new(ssid.as_bytes(), typed.bytes())
            }
        };
        let wifi = wifi.context(
            "a Wi-Fi has a name of 1 to 32 bytes and a passphrase of 8 to 63 plain characters",
        )?;
        Ok(Some(wifi))
    }
}

struct Terminal<'a> {
    file: Option<&'a std::path::Path>,
    asked: bool,
}

impl Person for Terminal<'_> {
    fn secret(&mut self, why: Option<&str>) -> anyhow::Result<Option<Typed>> {
        let again = core::mem::replace(&mut self.asked, true);
        if let Some(path) = self.file {
            // What a file says does not change when it is asked again.
            return if again { Ok(None) } else { Typed::from_file(path).map(Some) };
        }
        if again && !std::io::stdin().is_terminal() {
            return Ok(None);
        }
        if let Some(why) = why {
            gabion_cli::complain!("{why}");
        }
        Typed::ask("A password of your own for the device").map(Some)
    }

    fn hears(&mut self, what: &str) {
        gabion_cli::complain!("{what}");
    }
}
