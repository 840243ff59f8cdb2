//! `cargo run -p setup-device`: see the README.
#![forbid(unsafe_code)]

use std::io::BufRead;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, channel};

use anyhow::{Context, Result, anyhow};
use clap::Parser;
use gabion::provision::{Label, draw_half_blocks};
use setup_device::{Ended, Event, Hands, SimDevice};

/// A device on a simulated chip that waits for its first set-up over TCP.
#[derive(Parser)]
#[command(version, about)]
struct Args {
    /// Where to wait.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7117")]
    listen: String,
    /// The file that holds the flash; the label lies beside it, in .label.
    #[arg(long, value_name = "FILE", default_value = "setup-device.flash")]
    flash: PathBuf,
    /// Begin with a new device.
    #[arg(long)]
    fresh: bool,
    /// Do a factory reset first.
    #[arg(long)]
    reset: bool,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("setup-device: {why:#}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args) -> Result<()> {
    let label_file = args.flash.with_extension("label");
    if args.fresh {
        for file in [&args.flash, &label_file] {
            if file.exists() {
                std::fs::remove_file(file)?;
            }
        }
    }
    let listener = TcpListener::bind(&args.listen)
        .with_context(|| format!("cannot wait at {}", args.listen))?;
    let mut seed = [0; 8];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut file| std::io::Read::read_exact(&mut file, &mut seed))
        .context("drawing the new chip's secrets")?;
    let mut device = SimDevice::open(&args.flash, u64::from_le_bytes(seed))?;
    let label = label(&mut device, &label_file)?;
    device.provision(&label)?;
    if args.reset {
        device.reset()?;
    }
    let mut picture = String::new();
    draw_half_blocks(&label.payload(), &mut picture).map_err(|_| anyhow!("drawing the label"))?;
    println!("The label, as it is printed on this one device: {}", label.secret.grouped());
    println!("{picture}");
    if device.is_owned()? {
        println!("The device has an owner: set-up is closed. --reset for a factory reset.");
        return Ok(());
    }
    println!("Waiting at {}. Press Enter for the button on the device.", listener.local_addr()?);
    match device.serve(&listener, &mut Terminal(button()))? {
        Ended::Owned => println!("The device has an owner; the port is closed."),
        Ended::Unplugged => println!("Unplugged."),
    }
    if let Some((name, _)) = device.wifi()? {
        println!("It would join the Wi-Fi \"{}\" now.", String::from_utf8_lossy(&name));
    }
    Ok(())
}

/// The label of a device that was made before, or a new one, which is written down first.
fn label(device: &mut SimDevice, file: &Path) -> Result<Label> {
    if let Ok(mut text) = std::fs::read(file) {
        return Label::parse(&mut text).map_err(|e| anyhow!("{}: {e}", file.display()));
    }
    let label = device.draw_label()?;
    std::fs::write(file, label.payload().expose())?;
    Ok(label)
}

fn button() -> Receiver<()> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            if line.is_err() || sender.send(()).is_err() {
                return;
            }
        }
    });
    receiver
}

struct Terminal(Receiver<()>);

impl Hands for Terminal {
    fn pressed(&mut self) -> bool {
        self.0.try_recv().is_ok()
    }

    fn unplugs(&mut self) -> bool {
        false
    }

    fn sees(&mut self, event: Event) {
        println!(
            "{}",
            match event {
                Event::Connected => "Somebody connected.",
                Event::Refused => "Nothing came of it.",
                Event::Reopened => "The button: set-up is open again.",
                Event::Owned => "Somebody proved the label and is the owner now.",
            }
        );
    }
}
