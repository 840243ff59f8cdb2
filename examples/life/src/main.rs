//! The main job: a device's whole life on a simulated chip, told as a story.
#![forbid(unsafe_code)]
// A demonstration on the host: it may stop with a message where a device may not.
#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod args;
mod board;
mod chapters;
mod facts;
mod handover;
mod home;
mod images;
mod people;
mod profile;
mod progress;
mod teller;
mod world;

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use serde_json::json;

use crate::args::Args;
use crate::chapters::*;
use crate::progress::{LAST, Progress};
use crate::teller::{Form, Teller};
use crate::world::{PowerLost, World};

// What `gabion ics` reads in this executable.
gabion::profile::profile_section!(profile::PROFILE);

/// The power failed because `--cut-after` asked for it.
const CUT: u8 = 3;

fn main() -> ExitCode {
    let args = Args::parse();
    let form = if args.json { Form::Json } else { Form::Story };
    let mut teller = Teller::new(form, args.step);
    match live(&args, &mut teller) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => match why.downcast_ref::<PowerLost>() {
            Some(lost) => {
                teller.say(&format!(
                    "\n{lost}. Run the same command without --cut-after: it goes on."
                ));
                ExitCode::from(CUT)
            }
            None => {
                eprintln!("life: {why:#}");
                ExitCode::FAILURE
            }
        },
    }
}

fn live(args: &Args, teller: &mut Teller) -> Result<()> {
    if args.fresh {
        for path in [args.flash.clone(), handover::Handover::path(&args.flash)] {
            match std::fs::remove_file(&path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(e).with_context(|| format!("removing {}", path.display()));
                }
                _ => {}
            }
        }
    }
    let world = World::open(args.flash.clone(), args.cut_after)?;
    if args.facts {
        return facts::tell(&world, teller);
    }
    teller.say(&format!(
        "gabion: the life of one device. Its flash is the file {}; stop at any point and run again.",
        args.flash.display()
    ));
    let mut at = Progress { round: 1, chapter: 0 };
    if world.is_new() {
        c01_factory::tell(&world, teller)?;
        at.chapter = 1;
    } else {
        at = facts::check(&world, teller)?;
        if at.chapter == 0 {
            // The fuse is blown and the story has not said so yet.
            c01_factory::tell(&world, teller)?;
            at.chapter = 1;
        }
    }
    if at.chapter >= LAST {
        at = Progress { round: at.round + 1, chapter: 1 };
        teller.say(&format!("The device has a new owner: round {}.", at.round));
    }
    while at.chapter < LAST {
        at.chapter += 1;
        let tell = match at.chapter {
            2 => c02_verified_boot::tell,
            3 => c03_first_set_up::tell,
            4 => c04_log_in::tell,
            5 => c05_sealed_storage::tell,
            6 => c06_update::tell,
            7 => c07_roll_back::tell,
            8 => c08_tampering::tell,
            9 => c09_log::tell,
            10 => c10_outage::tell,
            11 => c11_personal_data::tell,
            12 => c12_factory_reset::tell,
            _ => c13_conformance::tell,
        };
        tell(&world, teller, at)?;
    }
    teller.table();
    teller.data(json!({"end": true}));
    teller.say(&format!(
        "\nRun it again for the next owner, with --step to read along, or with --cut-after N to cut the power.\n\
         Look: docs/architecture.md, and `gabion --help` for the host's side of each step. Flash: {}",
        args.flash.display()
    ));
    Ok(())
}
