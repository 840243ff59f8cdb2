//! The compiler for chips: rustup's own targets where they are installed, else one built from Debian's sources.
//!
//! [`embedded_cargo`] is the only door; nothing else in the project chooses a compiler for a chip.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, bail};

use crate::process::{cargo, succeed};

/// Every chip target that the project compiles for.
pub const TARGETS: [&str; 5] = [
    "thumbv6m-none-eabi",
    "thumbv7em-none-eabi",
    "thumbv7em-none-eabihf",
    "riscv32imc-unknown-none-elf",
    "riscv32imac-unknown-none-elf",
];

/// Debian's compiler, from the packages `rustc-web` and `rust-web-src`.
pub const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

/// Which compiler builds firmware.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Toolchain {
    /// The active rustup toolchain has every target.
    Rustup,
    /// A directory that [`build`] made.
    Built(PathBuf),
}

impl Toolchain {
    /// Finds the compiler that `cargo xtask setup` left. A built one wins: it exists only where rustup could
    /// not help, or where somebody asked for it.
    ///
    /// # Errors
    ///
    /// When there is none yet.
    pub fn find(root: &Path) -> Result<Self> {
        let dir = directory(root);
        if dir.join(STAMP).is_file() {
            return Ok(Self::Built(dir));
        }
        if missing_from_rustup()?.is_empty() {
            return Ok(Self::Rustup);
        }
        bail!("no compiler for the chip targets yet: run `cargo xtask setup`")
    }

    /// The compiler to name in `RUSTC`, or `None` where cargo's own choice is right.
    pub fn rustc(&self) -> Option<PathBuf> {
        match self {
            Self::Rustup => None,
            Self::Built(dir) => Some(dir.join("bin/rustc")),
        }
    }
}

/// Prepares `cargo SUBCOMMAND --target TARGET`, with the compiler for chips and a target directory of its own.
///
/// The caller appends its arguments; it may change the current directory (to that of a package with its own
/// `.cargo/config.toml`), because every path in the command is absolute.
///
/// # Errors
///
/// When there is no compiler for chips yet.
///
/// # Examples
///
/// ```no_run
/// let root = xtask::workspace::root();
/// let mut build = xtask::embedded::embedded_cargo(&root, "build", "thumbv7em-none-eabihf")?;
/// xtask::process::succeed(build.args(["--package", "gabion", "--release"]))?;
/// # anyhow::Ok(())
/// ```
pub fn embedded_cargo(root: &Path, subcommand: &str, target: &str) -> Result<Command> {
    let toolchain = Toolchain::find(root)?;
    let mut command = cargo(root);
    command.args([subcommand, "--target", target, "--target-dir"]).arg(firmware_dir(root));
    // Set for the host by whoever started us, they would reach the chip's build and fail or confuse it.
    for variable in [
        "RUSTC",
        "RUSTDOC",
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_BUILD_TARGET",
        "CARGO_TARGET_DIR",
    ] {
        command.env_remove(variable);
    }
    if let Some(rustc) = toolchain.rustc() {
        command.env("RUSTC", rustc);
    }
    Ok(command)
}

/// Where firmware is built: `target/firmware`.
pub fn firmware_dir(root: &Path) -> PathBuf {
    root.join("target/firmware")
}

/// The targets that the active rustup toolchain lacks.
///
/// # Errors
///
/// When `rustc` cannot be run.
pub fn missing_from_rustup() -> Result<Vec<&'static str>> {
    let lib = host_sysroot()?.join("lib/rustlib");
    Ok(TARGETS.into_iter().filter(|target| !has_core(&lib.join(target).join("lib"))).collect())
}

/// Where the active toolchain lives; asked once, because a check prepares a hundred commands.
fn host_sysroot() -> Result<&'static Path> {
    static SYSROOT: OnceLock<PathBuf> = OnceLock::new();
    if SYSROOT.get().is_none() {
        let sysroot = rustc_print(Command::new("rustc").args(["--print", "sysroot"]))?;
        let _ = SYSROOT.set(PathBuf::from(sysroot));
    }
    SYSROOT.get().map(PathBuf::as_path).context("no sysroot")
}

fn has_core(lib: &Path) -> bool {
    fs::read_dir(lib).is_ok_and(|entries| {
        entries.flatten().any(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with("libcore-") && name.ends_with(".rlib")
        })
    })
}

const STAMP: &str = "made-from";

fn directory(root: &Path) -> PathBuf {
    root.join("target/embedded-toolchain")
}

/// Says whether a toolchain built from Debian's present compiler, for all targets, is there already.
pub fn is_built(root: &Path) -> bool {
    let stamp = fs::read_to_string(directory(root).join(STAMP)).unwrap_or_default();
    !stamp.is_empty() && made_from().is_ok_and(|wanted| wanted == stamp)
}

/// What a built toolchain depends on: the compiler that it wraps, its version, the targets.
fn made_from() -> Result<String> {
    let version = rustc_print(Command::new(DEBIAN_RUSTC).arg("-vV"))?;
    let linker = rustc_print(Command::new("rustc").args(["--print", "target-libdir"]))?;
    Ok(format!("{version}\nlinker beside {linker}\n{}\n", TARGETS.join("\n")))
}

/// Says whether Debian's compiler is here with the source of `core`, and new enough for the workspace.
pub fn debian_is_usable(oldest: (u64, u64)) -> bool {
    let Ok(version) = rustc_print(Command::new(DEBIAN_RUSTC).arg("-vV")) else { return false };
    let release =
        version.lines().find_map(|line| line.strip_prefix("release: ")).unwrap_or_default();
    let mut numbers = release.split('.').map_while(|n| n.parse::<u64>().ok());
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    found >= oldest && debian_source().is_ok_and(|source| source.is_dir())
}

fn debian_source() -> Result<PathBuf> {
    let sysroot = rustc_print(Command::new(DEBIAN_RUSTC).args(["--print", "sysroot"]))?;
    Ok(Path::new(&sysroot).join("lib/rustlib/src/rust/library/core"))
}

/// Builds `core` and `alloc` for every target with Debian's compiler, into `target/embedded-toolchain`.
///
/// Debian's compiler has the back ends but no chip libraries and no `rust-lld`; rustup's toolchain has the
/// linker. The directory joins the two, so that `RUSTC=…/bin/rustc cargo build` needs no nightly flag. Takes
/// about 32 s of CPU per target, once.
///
/// # Errors
///
/// When a step fails. The stamp is written last, so that a half-built directory is never used.
pub fn build(root: &Path) -> Result<()> {
    let dir = directory(root);
    if dir.exists() {
        fs::remove_dir_all(&dir).with_context(|| format!("cannot clear {}", dir.display()))?;
    }
    let stamp = made_from()?;
    let debian =
        PathBuf::from(rustc_print(Command::new(DEBIAN_RUSTC).args(["--print", "sysroot"]))?);
    let host_lib =
        PathBuf::from(rustc_print(Command::new("rustc").args(["--print", "target-libdir"]))?);
    let host = host_lib
        .parent()
        .and_then(Path::file_name)
        .context("rustc's library has no host folder")?;
    let rustlib = dir.join("lib/rustlib");
    fs::create_dir_all(dir.join("bin"))?;
    fs::create_dir_all(rustlib.join(host))?;
    symlink(debian.join("lib/rustlib").join(host).join("lib"), rustlib.join(host).join("lib"))?;
    symlink(host_lib.with_file_name("bin"), rustlib.join(host).join("bin"))?;
    let rustc = dir.join("bin/rustc");
    // A wrapper, not a link: rustc would follow a link back to its own sysroot.
    fs::write(
        &rustc,
        format!("#!/bin/sh\nexec {DEBIAN_RUSTC} --sysroot \"{}\" \"$@\"\n", dir.display()),
    )?;
    fs::set_permissions(&rustc, fs::Permissions::from_mode(0o755))?;

    let seed = dir.join("seed");
    write_seed(&seed)?;
    let mut build = cargo(&seed);
    build
        .args(["build", "--quiet", "--release", "-Zbuild-std=core,alloc", "--target-dir"])
        .arg(seed.join("target"))
        .args(TARGETS.iter().flat_map(|target| ["--target", target]))
        .env("RUSTC", DEBIAN_RUSTC)
        .env("RUSTC_BOOTSTRAP", "1")
        // Without the bitcode, link-time optimisation of firmware fails.
        .env("RUSTFLAGS", "-Cembed-bitcode=yes")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_TARGET_DIR");
    succeed(&mut build)?;

    for target in TARGETS {
        let lib = rustlib.join(target).join("lib");
        fs::create_dir_all(&lib)?;
        for entry in fs::read_dir(seed.join("target").join(target).join("release/deps"))? {
            let entry = entry?;
            let name = entry.file_name();
            let text = name.to_string_lossy();
            if text.ends_with(".rlib") && !text.starts_with("libgabion_seed") {
                fs::copy(entry.path(), lib.join(&name))?;
            }
        }
        if !has_core(&lib) {
            bail!("building core for {target} left no library");
        }
    }
    fs::remove_dir_all(&seed)?;
    fs::write(dir.join(STAMP), stamp)?;
    Ok(())
}

/// The empty crate whose only purpose is that cargo builds `core` and `alloc` for it.
fn write_seed(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir.join("src"))?;
    fs::write(dir.join("src/lib.rs"), "#![no_std]\n")?;
    let manifest = "[package]\nname = \"gabion-seed\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
        [profile.release]\npanic = \"abort\"\ncodegen-units = 1\n\n[workspace]\n";
    fs::write(dir.join("Cargo.toml"), manifest)?;
    Ok(())
}

fn rustc_print(command: &mut Command) -> Result<String> {
    Ok(succeed(command)?.stdout.trim().to_owned())
}
