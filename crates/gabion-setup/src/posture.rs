//! What the device says about its own state (EN 303 645 5.12-3).

use gabion_hal::DebugPortState;

use crate::{Choices, Support, Updates};

/// How long ago the last look for updates may be, in seconds: two weeks.
const LATEST_UPDATE_CHECK: u64 = 14 * 86_400;

/// What has to be known for a check. The product fills it in with what it reads *now*, not with what it remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posture {
    /// Whether the device has an owner with a secret of their own; `None` when it could not be read.
    pub owned: Option<bool>,
    /// The debug port, read from the hardware; `None` when it could not be read.
    pub debug_port: Option<DebugPortState>,
    /// Whether the running software was verified at this start.
    pub software_verified: bool,
    /// What the owner decided; `None` when not asked yet.
    pub choices: Option<Choices>,
    /// Seconds since the last successful look for updates; `None` when there was none or the time is not known.
    pub update_check_age_s: Option<u64>,
    /// Whether the maker still supports the device.
    pub support: Support,
    /// Whether anything in the store was found damaged.
    pub store_damaged: bool,
    /// Whether the random source works.
    pub entropy_works: bool,
    /// Whether many wrong log-ins are being counted right now.
    pub being_guessed_at: bool,
}

/// One thing that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Check {
    /// The owner has a secret of their own.
    Owner,
    /// Nobody can read the device out with a probe.
    Debug,
    /// The software is the maker's.
    Software,
    /// Updates are looked for and installed.
    Updates,
    /// The maker still supports the device.
    Support,
    /// What is stored is whole.
    Store,
    /// The random source works.
    Random,
    /// Nobody is guessing.
    Guessing,
}

impl Check {
    /// Every check, in the order of the report.
    pub const ALL: [Self; 8] = [
        Self::Owner,
        Self::Debug,
        Self::Software,
        Self::Updates,
        Self::Support,
        Self::Store,
        Self::Random,
        Self::Guessing,
    ];

    /// The provision that the check stands for.
    #[must_use]
    pub const fn provision(self) -> &'static str {
        match self {
            Self::Owner => "5.1-1",
            Self::Debug => "5.6-4",
            Self::Software => "5.7-1",
            Self::Updates => "5.3-5",
            Self::Support => "5.3-13",
            Self::Store => "5.4-1",
            Self::Random => "5.1-2",
            Self::Guessing => "5.1-5",
        }
    }
}

/// How a check came out, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// As it should be.
    Good,
    /// The owner can do something about it.
    Attention,
    /// The device is not secure.
    Bad,
}

/// A check and how it came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Finding {
    /// What was looked at.
    pub check: Check,
    /// How it came out.
    pub verdict: Verdict,
}

/// All findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    findings: [Finding; Check::ALL.len()],
}

impl Report {
    /// Returns the findings, in the order of [`Check::ALL`].
    #[must_use]
    pub const fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns the worst verdict.
    #[must_use]
    pub fn worst(&self) -> Verdict {
        self.findings.iter().map(|f| f.verdict).max().unwrap_or(Verdict::Bad)
    }
}

/// Judges the state of the device. What could not be read counts as bad, never as good.
#[must_use]
pub fn self_check(posture: &Posture) -> Report {
    let findings = Check::ALL.map(|check| Finding { check, verdict: judge(check, posture) });
    Report { findings }
}

fn judge(check: Check, posture: &Posture) -> Verdict {
    use Verdict::{Attention, Bad, Good};
    let good_if = |good: bool| if good { Good } else { Bad };
    match check {
        Check::Owner => match posture.owned {
            Some(true) => Good,
            Some(false) => Attention,
            None => Bad,
        },
        Check::Debug => match posture.debug_port {
            Some(DebugPortState::Locked) => Good,
            Some(DebugPortState::LockedUntilReset) => Attention,
            _ => Bad,
        },
        Check::Software => good_if(posture.software_verified),
        Check::Updates => {
            let recent = posture.update_check_age_s.is_some_and(|age| age <= LATEST_UPDATE_CHECK);
            let automatic = posture.choices.is_some_and(|c| c.updates == Updates::Automatic);
            if recent && automatic { Good } else { Attention }
        }
        Check::Support => match posture.support {
            Support::Current => Good,
            Support::Ended => Bad,
            Support::Unknown => Attention,
        },
        Check::Store => good_if(!posture.store_damaged),
        Check::Random => good_if(posture.entropy_works),
        Check::Guessing => {
            if posture.being_guessed_at {
                Attention
            } else {
                Good
            }
        }
    }
}
