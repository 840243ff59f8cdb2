//! What an evaluator found: a short list, each line with its provision and its cure.

use core::fmt;

use gabion_hal::DebugPortState;

/// Most findings that a report can hold. Evaluators have fewer rules than that; see the test `no_report_overflows`.
const CAPACITY: usize = 24;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Worth knowing; the device may ship.
    Advice,
    /// A way in. The device must not ship like this.
    Open,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Advice => "advice",
            Self::Open => "OPEN",
        })
    }
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Topic {
    /// The debug port.
    DebugPort,
    /// The first stage of the boot.
    SecureBoot,
    /// Whether flash can be read out.
    FlashEncryption,
    /// The loader in the chip's ROM.
    DownloadMode,
    /// Keys in fuses.
    Keys,
    /// The chip itself.
    Chip,
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::DebugPort => "debug port",
            Self::SecureBoot => "secure boot",
            Self::FlashEncryption => "flash encryption",
            Self::DownloadMode => "download mode",
            Self::Keys => "keys",
            Self::Chip => "chip",
        })
    }
}

/// One thing that an evaluator found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Finding {
    /// Its name, stable across versions: for programs and for waivers.
    pub code: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What it is about.
    pub topic: Topic,
    /// The provision of EN 303 645 that it touches.
    pub provision: &'static str,
    /// What is so.
    pub what: &'static str,
    /// What would change it.
    pub cure: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<6} {:<16} {:<6} {}: {}. {}.",
            self.level, self.topic, self.provision, self.code, self.what, self.cure
        )
    }
}

/// What an evaluator makes of a chip's words.
///
/// Built by [`nrf::evaluate52`](crate::nrf::evaluate52), [`nrf::evaluate53`](crate::nrf::evaluate53) and
/// [`esp::evaluate`](crate::esp::evaluate); a pure function of the words, so that a device, a factory line and a laboratory get
/// the same answer from the same dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Report {
    chip: &'static str,
    debug_port: DebugPortState,
    findings: [Option<Finding>; CAPACITY],
    overflowed: bool,
}

impl Report {
    pub(crate) const fn new(chip: &'static str) -> Self {
        Self {
            chip,
            debug_port: DebugPortState::Open,
            findings: [None; CAPACITY],
            overflowed: false,
        }
    }

    pub(crate) fn debug_port_is(&mut self, state: DebugPortState) {
        self.debug_port = state;
    }

    pub(crate) fn find(&mut self, finding: Finding) {
        match self.findings.iter_mut().find(|slot| slot.is_none()) {
            Some(slot) => *slot = Some(finding),
            None => self.overflowed = true,
        }
    }

    /// Returns the name of the chip that was judged.
    #[must_use]
    pub const fn chip(&self) -> &'static str {
        self.chip
    }

    /// Returns the state of the debug port.
    #[must_use]
    pub const fn debug_port(&self) -> DebugPortState {
        self.debug_port
    }

    /// Returns the findings, in the order of the rules.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().flatten()
    }

    /// Returns the findings about a topic.
    pub fn about(&self, topic: Topic) -> impl Iterator<Item = &Finding> {
        self.findings().filter(move |finding| finding.topic == topic)
    }

    /// Tells whether there is a finding with this code.
    #[must_use]
    pub fn has(&self, code: &str) -> bool {
        self.findings().any(|finding| finding.code == code)
    }

    /// Tells whether no way in was found: no finding is [`Level::Open`].
    #[must_use]
    pub fn is_closed(&self) -> bool {
        !self.overflowed && self.findings().all(|finding| finding.level != Level::Open)
    }
}

impl fmt::Display for Report {
    /// Writes one line of verdict, then one line for each finding.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_closed() { "closed" } else { "OPEN" };
        let port = match self.debug_port {
            DebugPortState::Open => "open",
            DebugPortState::LockedUntilReset => "locked until the next reset",
            DebugPortState::Locked => "locked",
            _ => "unknown",
        };
        writeln!(f, "{}: {verdict}; debug port {port}", self.chip)?;
        for finding in self.findings() {
            writeln!(f, "  {finding}")?;
        }
        Ok(())
    }
}
