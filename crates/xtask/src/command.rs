//! Reads the command line and calls the command.

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::{boards, check, chip, fleet, fuzz, setup, test, workspace};

const USAGE: &str = "\
cargo xtask <command>

  setup [--deny] [--debian]   install what is missing (chip targets, QEMU, Python packages)
                              --deny    cargo-deny too (about 4 minutes of CPU)
                              --debian  do not ask rustup for chip targets, build them from Debian's sources
  test [--fast]               every test and every check; --fast: host tests and the checks that only read
  check [NAME...] [--list]    all checks, or the named ones
  chip                        the on-chip tests, in an emulator; --target m4|m0|rv: one board;
                              --panics: only what can panic in linked firmware; --kills N: only kills of the emulator
  fuzz [--time S]             every fuzz target for S seconds (60) and a table; --target NAME: only these; needs nightly and
                              cargo-fuzz
  fleet                       the tests of fleet/, a workspace of its own: its engine takes minutes to build
  boards                      the examples of real boards, built, run on the model of the chip, measured; --cuts N power cuts,
                              --seed S, --only-cuts; --save writes docs/sizes.md
  bench                       counts per operation on an emulated chip (--target m4|m0|rv) and goals; --json FILE;
                              --gate: fail where benches/baseline.json is exceeded; --save: make this run the baseline
";

/// Runs the command named by `args` and says whether it succeeded.
pub fn main(args: Vec<String>) -> ExitCode {
    match dispatch(&args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[String]) -> Result<bool> {
    let root = workspace::root();
    let Some((command, rest)) = args.split_first() else {
        eprint!("{USAGE}");
        return Ok(false);
    };
    match command.as_str() {
        "setup" => {
            only(rest, &["--deny", "--debian"])?;
            setup::run(&root, setup::Options::parse(rest))
        }
        "check" => check::run(&root, rest),
        "test" => {
            only(rest, &["--fast"])?;
            test::run(&root, rest.iter().any(|a| a == "--fast"))
        }
        "chip" => chip::run(rest).map(|totals| {
            println!("{totals}");
            totals.succeeded()
        }),
        "fuzz" => fuzz::run(&root, &fuzz::Options::parse(rest)?),
        "fleet" => {
            only(rest, &[])?;
            fleet::run(&root).map(|totals| {
                println!("{totals}");
                totals.succeeded()
            })
        }
        "boards" => boards::run(rest).map(|totals| {
            println!("{totals}");
            totals.succeeded()
        }),
        "bench" => chip::bench(rest).map(|()| true),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(true)
        }
        other => bail!("no command `{other}`\n\n{USAGE}"),
    }
}

/// Refuses an argument that the command does not know: a misspelt flag must not silently mean less.
fn only(args: &[String], known: &[&str]) -> Result<()> {
    match args.iter().find(|a| !known.contains(&a.as_str())) {
        Some(unknown) => bail!("no argument `{unknown}`; known: {}", known.join(" ")),
        None => Ok(()),
    }
}
