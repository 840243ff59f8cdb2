//! Runs the stores of the field and gabion-storage on one workload and prints a table.
//!
//! `cargo run --release --manifest-path benches/side-by-side/Cargo.toml [-- --cuts N --only NAME]`. How each column is
//! measured, and the figures: `docs/side-by-side.md`.

mod contender;
mod cost;
mod crash;
mod device;
mod guard;
mod remove;
mod stores;
mod tamper;

use std::process::ExitCode;
use std::sync::Mutex;

use contender::Contender;
use gabion_sim::Fault;
use stores::{ekv, esp_nvs, gabion, sequential, too_early};

fn main() -> ExitCode {
    let Some((cuts, only)) = arguments() else {
        eprintln!("usage: side-by-side [--cuts N] [--only PART-OF-A-NAME]");
        return ExitCode::from(2);
    };
    std::panic::set_hook(Box::new(|_| {}));
    for planted in [
        crash::violations(&too_early::TooEarly(gabion::Gabion), Fault::Clean, 50, false, 1),
        crash::violations(&too_early::TooEarly(sequential::Sequential), Fault::Clean, 50, true, 1),
    ] {
        match planted {
            Ok(caught) if caught > 0 => {
                println!("planted bug (Ok before it is written): caught in {caught} of 50 cuts")
            }
            other => {
                eprintln!("the oracle does not catch the planted bug: {other:?}");
                return ExitCode::FAILURE;
            }
        }
    }
    println!();
    println!(
        "| store | bytes programmed per payload byte | erases | read B/get | violations of {cuts} cuts: worst fault \
         model / with the recovery cut too | a bit of the newest record flipped: stale / garbage / absent / error / \
         right | legible after remove |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|");
    let mut contenders: Vec<Box<dyn Contender>> = vec![
        Box::new(gabion::Gabion),
        Box::new(sequential::Sequential),
        Box::new(sequential::Naive),
        Box::new(ekv::Ekv),
        Box::new(esp_nvs::EspNvs),
    ];
    contenders.retain(|contender| contender.name().contains(&only));
    for contender in &contenders {
        println!("{}", row(contender.as_ref(), cuts));
    }
    ExitCode::SUCCESS
}

fn arguments() -> Option<(u64, String)> {
    let (mut cuts, mut only) = (2_000, String::new());
    let mut rest = std::env::args().skip(1);
    while let Some(name) = rest.next() {
        match name.as_str() {
            "--cuts" => cuts = rest.next()?.parse().ok().filter(|cuts| *cuts > 0)?,
            "--only" => only = rest.next()?,
            _ => return None,
        }
    }
    Some((cuts, only))
}

fn row(contender: &dyn Contender, cuts: u64) -> String {
    let cost = cost::measure(contender).map_or_else(
        |why| format!("{why} | – | –"),
        |cost| format!("{:.2} | {} | {}", cost.per_payload_byte, cost.erases, cost.read_per_get),
    );
    let (first, second) = (worst(contender, cuts, false), worst(contender, cuts, true));
    let flips = tamper::probe(contender).map_or_else(
        |why| why,
        |f| format!("{} / {} / {} / {} / {}", f.stale, f.garbage, f.absent, f.error, f.right),
    );
    let legible =
        remove::legible(contender).map_or_else(|why| why, |count| format!("{count} of 64"));
    format!("| {} | {cost} | {first} / {second} | {flips} | {legible} |", contender.name())
}

/// The fault model with the most violations, two at a time.
fn worst(contender: &dyn Contender, cuts: u64, is_recovery_cut: bool) -> String {
    let todo = Mutex::new(Fault::ALL.to_vec());
    let worst = Mutex::new((0, "none"));
    let failed = Mutex::new(String::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(fault) = { todo.lock().expect("no panic").pop() } {
                    match crash::violations(contender, fault, cuts, is_recovery_cut, 0x51DE) {
                        Ok(count) => {
                            eprintln!(
                                "  {}: {} {count} (recovery cut: {is_recovery_cut})",
                                contender.name(),
                                fault.name()
                            );
                            let mut worst = worst.lock().expect("no panic");
                            if count > worst.0 {
                                *worst = (count, fault.name());
                            }
                        }
                        Err(why) => *failed.lock().expect("no panic") = why,
                    }
                }
            });
        }
    });
    let (count, name) = worst.into_inner().expect("no panic");
    let failed = failed.into_inner().expect("no panic");
    let mark = if failed.is_empty() { String::new() } else { format!(" ({failed})") };
    if count == 0 { format!("0{mark}") } else { format!("{count} ({name}){mark}") }
}
