//! What would have to be burnt, in the order in which it does least harm. Text only.

use core::fmt;

use super::evaluate::evaluate;
use super::fuse::{Chip, Fuse, FuseWords};
use crate::report::Report;

/// One step of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Burn every bit of a fuse.
    Burn(Fuse),
    /// Burn keys first; no bit of the plan does that.
    KeysFirst(&'static str),
}

/// The steps that close a chip, in order. Nothing here burns: print it, review it, and let a person run it on a board that may be
/// lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Plan {
    chip: Chip,
    before: FuseWords,
    steps: [Option<Step>; 16],
}

/// Makes the plan that takes a chip from the words it has to a closed state, as far as bits of block 0 can.
///
/// Steps come in the order: what a wrong image can still be mended after (JTAG, direct boot) follows only when the keys are in;
/// the download mode goes last, because after it nothing can be flashed over a cable.
pub fn plan(chip: Chip, words: &FuseWords) -> Plan {
    let mut plan = Plan { chip, before: *words, steps: [None; 16] };
    let report = evaluate(chip, words);
    if report.has("secure-boot-off") {
        plan.add(Step::KeysFirst(
            "burn the digest of the signing key (burn_key_digest), flash a signed boot loader, and start it once",
        ));
        plan.add(Step::Burn(Fuse::SecureBootEn));
    }
    if report.has("flash-encryption-off") {
        plan.add(Step::KeysFirst(
            "burn a random flash encryption key for this device (burn_key), read-protected, and write an encrypted image",
        ));
    }
    let counter_is_full =
        words.get(chip, Fuse::SpiBootCryptCnt) == Some(Fuse::SpiBootCryptCnt.all_ones());
    if !counter_is_full {
        plan.add(Step::Burn(Fuse::SpiBootCryptCnt));
    }
    for fuse in [
        Fuse::DisDownloadManualEncrypt,
        Fuse::DisDownloadIcache,
        Fuse::DisDirectBoot,
        Fuse::DisForceDownload,
        Fuse::DisUsbJtag,
        Fuse::DisPadJtag,
        Fuse::DisUsbSerialJtagDownloadMode,
        Fuse::DisUsbOtgDownloadMode,
        Fuse::EnableSecurityDownload,
    ] {
        if fuse.place(chip).is_some() && !words.is_set(chip, fuse) {
            plan.add(Step::Burn(fuse));
        }
    }
    plan
}

impl Plan {
    fn add(&mut self, step: Step) {
        if let Some(free) = self.steps.iter_mut().find(|slot| slot.is_none()) {
            *free = Some(step);
        }
    }

    /// Returns the steps in order.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().flatten()
    }

    /// Tells whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps().next().is_none()
    }

    /// Returns the words as they would be after all `Burn` steps.
    #[must_use]
    pub fn after(&self) -> FuseWords {
        let mut words = self.before;
        for step in self.steps() {
            if let Step::Burn(fuse) = step {
                words = words.with_burnt(self.chip, *fuse);
            }
        }
        words
    }

    /// Judges the words as they would be after the plan: what is still open then, bits cannot close.
    pub fn report_after(&self) -> Report {
        evaluate(self.chip, &self.after())
    }
}

impl fmt::Display for Plan {
    /// Writes a shell script in which every command is a comment.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "# Plan for one {}. Nothing was burnt. Every step is for good.",
            self.chip.name()
        )?;
        if self.is_empty() {
            return writeln!(f, "# Nothing to do.");
        }
        for step in self.steps() {
            match step {
                Step::KeysFirst(what) => writeln!(f, "# first: {what}")?,
                Step::Burn(fuse) => writeln!(
                    f,
                    "# espefuse --chip {} burn_efuse {} {}",
                    self.chip.name(),
                    fuse.name(),
                    fuse.all_ones()
                )?,
            }
        }
        Ok(())
    }
}
