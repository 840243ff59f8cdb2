//! Other programs: finding them, running them, reading what they print.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// What a program printed and whether it succeeded.
#[derive(Debug)]
pub struct Output {
    /// Whether the exit code was zero.
    pub success: bool,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Output {
    /// The last `lines` lines of what was printed: why a program gave up.
    pub fn tail(&self, lines: usize) -> String {
        let all: Vec<&str> = self.text().lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }

    /// The first `lines` lines of what was printed: the first of many findings.
    pub fn head(&self, lines: usize) -> String {
        let all: Vec<&str> = self.text().lines().collect();
        let mut text = all[..all.len().min(lines)].join("\n");
        if all.len() > lines {
            text += &format!("\n… and {} lines more", all.len() - lines);
        }
        text
    }

    /// Standard error, or standard output where that is empty.
    fn text(&self) -> &str {
        let text = if self.stderr.trim().is_empty() { &self.stdout } else { &self.stderr };
        text.trim_end()
    }
}

/// The cargo that runs this program, or the first on the PATH.
pub fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

/// Finds `tool` on the PATH.
pub fn find(tool: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(tool)).find(|file| file.is_file())
}

/// Runs a program to its end and keeps what it printed.
///
/// # Errors
///
/// When the program cannot be started. A non-zero exit code is not an error.
pub fn capture(command: &mut Command) -> Result<Output> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", line(command)))?;
    Ok(Output {
        success: output.status.success(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Runs a program to its end; a non-zero exit code is an error that carries what it printed.
///
/// # Errors
///
/// When the program cannot be started or fails.
pub fn succeed(command: &mut Command) -> Result<Output> {
    let output = capture(command)?;
    if !output.success {
        bail!("`{}` failed:\n{}", line(command), output.tail(30));
    }
    Ok(output)
}

/// Runs a program and shows each line that it prints as it comes; returns whether it succeeded.
///
/// # Errors
///
/// When the program cannot be started.
pub fn stream(command: &mut Command, mut each: impl FnMut(&str)) -> Result<bool> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", line(command)))?;
    let (sender, lines) = mpsc::channel();
    let readers = [
        child.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
        child.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
    ];
    for pipe in readers.into_iter().flatten() {
        let sender = sender.clone();
        thread::spawn(move || {
            let mut reader = BufReader::new(pipe);
            let mut bytes = Vec::new();
            while matches!(reader.read_until(b'\n', &mut bytes), Ok(n) if n > 0) {
                let text = String::from_utf8_lossy(&bytes).trim_end().to_owned();
                bytes.clear();
                if sender.send(text).is_err() {
                    break;
                }
            }
        });
    }
    drop(sender);
    for text in lines {
        println!("{text}");
        each(&text);
    }
    Ok(child.wait()?.success())
}

/// Runs a program that may hang, and ends it after `limit`; returns whether it succeeded in time.
///
/// # Errors
///
/// When the program cannot be started.
pub fn succeeds_within(command: &mut Command, limit: Duration) -> Result<bool> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start {}", line(command)))?;
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        if start.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            return Ok(false);
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// Writes a command as a person would type it.
pub fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = program.file_name().unwrap_or(program.as_os_str());
    let words = core::iter::once(program).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
