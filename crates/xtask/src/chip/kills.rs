//! Kills the emulator at random moments while a firmware stores, and holds the firmware to what it acknowledged.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

use super::board::{BOARDS, Board, Running};
use crate::totals::Totals;

/// The flash of the board in bytes: the file must have exactly as many.
const FLASH: usize = 32 * 1024 * 1024;
/// How long a firmware may take from its start to its first line.
const FIRST_LINE: Duration = Duration::from_secs(60);

/// The board whose flash lives in a file.
///
/// # Errors
///
/// Never, as long as the board is in the list.
pub(super) fn board() -> Result<&'static Board> {
    BOARDS.iter().find(|board| board.name == "rv").context("no board with flash in a file")
}

/// Runs, kills and runs again `kills` times on one flash file; one test.
///
/// # Errors
///
/// When the firmware could not be built or the emulator could not be started.
pub(super) fn run(root: &Path, board: &Board, kills: u32) -> Result<Totals> {
    let folder = board.build(root, "gabion-qemu", "release", &["pflash"])?;
    let flash = folder.join(format!("pflash-{}.img", std::process::id()));
    fs::write(&flash, vec![0xff; FLASH]).context("cannot write the flash file")?;
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |now| now.as_nanos() as u64);
    let outcome = judge(board, &folder.join("pflash"), &flash, kills, seed);
    let name = "storage::survives_kills_of_the_emulator";
    let totals = match outcome {
        Ok(stored) => {
            println!("        PASS [{:>9}] {name} ({kills} kills, {stored} commits)", board.title);
            Totals { passed: 1, ..Totals::default() }
        }
        Err(why) => {
            println!("        FAIL [{:>9}] {name}: {why:#} (seed {seed})", board.title);
            println!("             flash kept in {}", flash.display());
            return Ok(Totals { failed: 1, ..Totals::default() });
        }
    };
    fs::remove_file(&flash).context("cannot remove the flash file")?;
    Ok(totals)
}

/// Returns the number of the last commit that was found.
fn judge(board: &Board, firmware: &Path, flash: &Path, kills: u32, mut seed: u64) -> Result<u32> {
    let drive = format!("if=pflash,unit=1,format=raw,file={}", flash.display());
    let mut acknowledged = 0;
    for kill in 0..=kills {
        let mut running = board.start(firmware, &["-drive", &drive])?;
        let found = found(&running)?;
        if found.0 != found.1 {
            bail!("after kill {kill}: a commit of two values is there by half: {found:?}");
        }
        if found.0 < acknowledged {
            bail!("after kill {kill}: {acknowledged} was acknowledged, {} is there", found.0);
        }
        acknowledged = found.0;
        // Between nothing and a quarter of a second: some hundred commits, or none.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        thread::sleep(Duration::from_micros((seed >> 33) % 250_000));
        running.kill()?;
        for line in &running.lines {
            // The last line may be torn too: a shorter number is a smaller one, and so no claim too many.
            match line.strip_prefix("stored ").map(str::parse) {
                Some(Ok(number)) => acknowledged = acknowledged.max(number),
                _ if "stored ".starts_with(line.as_str()) || line.starts_with("stored ") => {}
                _ => bail!("after kill {kill}: {line}"),
            }
        }
    }
    Ok(acknowledged)
}

/// Waits for the firmware's first line: the two values that it found.
fn found(running: &Running) -> Result<(u32, u32)> {
    let line = running.lines.recv_timeout(FIRST_LINE).context("the firmware said nothing")?;
    let numbers = line.strip_prefix("found ").and_then(|numbers| numbers.split_once(' '));
    let parsed = numbers.and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    parsed.with_context(|| line.clone())
}
