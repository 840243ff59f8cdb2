//! Secrets that come from a terminal, a file, or a pipe: never from the command line, which other users can see.

use std::io::{BufRead, IsTerminal, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use gabion_crypto::Secret;

/// Longest secret that is read.
const MOST: usize = 4096;

/// What someone typed. Wiped on drop.
pub struct Typed {
    bytes: Secret<Vec<u8>>,
}

impl Typed {
    /// Reads the first line of a file; `-` is standard input.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn from_file(path: &Path) -> anyhow::Result<Self> {
        if path.as_os_str() == "-" {
            return Self::from_stdin();
        }
        let file =
            std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::line(&mut std::io::BufReader::new(file.take(MOST as u64)))
    }

    /// Asks on the terminal, without showing what is typed; where standard input is no terminal, its next line is taken.
    ///
    /// # Errors
    ///
    /// When there is nothing to read.
    pub fn ask(question: &str) -> anyhow::Result<Self> {
        if !std::io::stdin().is_terminal() {
            return Self::from_stdin()
                .with_context(|| format!("{question}: nothing on standard input"));
        }
        eprint!("{question}: ");
        std::io::stderr().flush()?;
        let hidden = echo(false);
        let typed = Self::from_stdin();
        if hidden {
            echo(true);
            eprintln!();
        }
        typed
    }

    fn from_stdin() -> anyhow::Result<Self> {
        Self::line(&mut std::io::stdin().lock())
    }

    fn line(input: &mut dyn BufRead) -> anyhow::Result<Self> {
        let mut bytes = Secret::new(Vec::with_capacity(MOST));
        input.take(MOST as u64).read_until(b'\n', bytes.expose_mut())?;
        if bytes.expose().is_empty() {
            bail!("nothing to read");
        }
        if bytes.expose().last() == Some(&b'\n') {
            bytes.expose_mut().pop();
            if bytes.expose().last() == Some(&b'\r') {
                bytes.expose_mut().pop();
            }
        }
        Ok(Self { bytes })
    }

    /// Lends what was typed.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.expose()
    }

    /// Lends it for those who wipe what they take.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        self.bytes.expose_mut()
    }
}

/// Switches the terminal's echo; false where that cannot be done.
fn echo(on: bool) -> bool {
    let mode = if on { "echo" } else { "-echo" };
    let done =
        Command::new("stty").arg(mode).stdin(Stdio::inherit()).stderr(Stdio::null()).status();
    done.is_ok_and(|status| status.success())
}
