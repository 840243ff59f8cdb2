//! Tests and counts on emulated chips.
//!
//! `chip` builds `examples/qemu` and runs its tests; `bench` builds `benches` and counts. Both need `cargo xtask setup`
//! to have found or built a compiler for chips, and QEMU.

use anyhow::{Context, Result, bail};

use crate::totals::Totals;
use crate::workspace;

mod bench;
mod board;
mod cm4;
pub(crate) mod elf;
mod faults;
mod gate;
mod goals;
mod kills;
mod panics;
mod suite;

use board::{BOARDS, Board};

/// How often CI kills the emulator.
const KILLS: u32 = 10;

/// Runs the on-chip tests and returns their counts.
///
/// Without arguments: the tests on every board that CI uses, a few kills of the emulator, and the search for panics in
/// linked firmware. `--target m4|m0|rv` names boards; `--panics` is the search alone, `--kills N` are the kills alone, `--faults`
/// the faults at the boot decision, `--cm4` the compilation of the provider over assembly.
///
/// # Errors
///
/// When the tests could not be built or the emulator could not be started.
pub fn run(args: &[String]) -> Result<Totals> {
    let root = workspace::root();
    let mut boards = Vec::new();
    let (mut panics_only, mut faults_only, mut kills) = (false, false, None);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--target" => boards.push(named(args.next())?),
            "--panics" => panics_only = true,
            "--faults" => faults_only = true,
            "--cm4" => return cm4::build(&root),
            "--kills" => {
                kills = Some(args.next().and_then(|n| n.parse().ok()).context("--kills N")?)
            }
            other => bail!(
                "chip has no argument `{other}`; known: --target m4|m0|rv, --panics, --faults, --cm4, --kills N"
            ),
        }
    }
    if panics_only {
        return panics::search(&root, true);
    }
    if let Some(kills) = kills {
        return kills::run(&root, kills::board()?, kills);
    }
    let all = boards.is_empty();
    if all {
        boards.extend(BOARDS.iter().filter(|board| board.in_ci));
    }
    let mut totals = Totals::default();
    if faults_only {
        for board in boards {
            totals += faults::run(&root, board)?;
        }
        return Ok(totals);
    }
    for board in boards {
        totals += suite::run(&root, board)?;
    }
    if all {
        for board in BOARDS.iter().filter(|board| board.in_ci) {
            totals += faults::run(&root, board)?;
        }
        totals += cm4::build(&root)?;
        totals += kills::run(&root, kills::board()?, KILLS)?;
        totals += panics::search(&root, false)?;
    }
    Ok(totals)
}

/// Counts instructions, text and stack per operation.
///
/// `--target m4|m0|rv` names the board (m4), `--json FILE` writes the figures, `--gate` compares them with
/// `benches/baseline.json`, `--save` makes them the baseline.
///
/// # Errors
///
/// When the benches could not be built or run, or when the gate finds a figure that grew too much.
pub fn bench(args: &[String]) -> Result<()> {
    let mut options = bench::Options::default();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--target" => options.boards.push(named(args.next())?),
            "--json" => match args.next() {
                Some(file) => options.json = Some(file.into()),
                None => bail!("--json needs a file"),
            },
            "--gate" => options.gate = true,
            "--save" => options.save = true,
            other => bail!(
                "bench has no argument `{other}`; known: --target m4|m0|rv, --json FILE, --gate, --save"
            ),
        }
    }
    bench::run(&workspace::root(), &options)
}

fn named(name: Option<&String>) -> Result<&'static Board> {
    let found = name.and_then(|name| BOARDS.iter().find(|board| board.name == name));
    match found {
        Some(board) => Ok(board),
        None => bail!("--target needs one of m4, m0, rv"),
    }
}
