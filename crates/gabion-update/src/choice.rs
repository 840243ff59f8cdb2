//! What the user chose about updates (EN 303 645 5.3-3 to 5.3-6).

use gabion_boot::Advisory;

/// How much happens without being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Automation {
    /// Nothing: updates are looked for and installed by hand only.
    Off = 0,
    /// Updates are looked for; the user is told.
    Notify = 1,
    /// Updates are fetched; the user is told, and installs.
    Download = 2,
    /// Updates are fetched and installed.
    Install = 3,
}

/// The user's choice, as it is recorded. Store its 8 bytes under a registered parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    automation: Automation,
    notices: bool,
    asked: bool,
    postponed: u8,
}

/// What there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Available {
    /// No update that is newer.
    Nothing,
    /// An update was found: what it repairs, if it tells.
    Offered(Option<Advisory>),
    /// An update was downloaded and verified.
    Ready(Option<Advisory>),
}

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Nothing.
    Wait,
    /// Tell the user that there is an update and what it repairs, in a way they cannot miss (5.3-11).
    Tell(Option<Advisory>),
    /// Fetch it.
    Download,
    /// Install it. Tell the user before, should that interrupt what the device is for (5.3-12).
    Install,
}

const VERSION: u8 = 1;

impl Choice {
    /// Nobody was asked yet: updates are looked for and told of, not installed. EN 303 645 5.3-4B wants the user's consent
    /// to automatic updates at set-up.
    pub const NOT_ASKED: Self =
        Self { automation: Automation::Notify, notices: true, asked: false, postponed: 0 };

    /// Most checks for which an installation can be put off: nobody forgets it for ever.
    pub const MAX_POSTPONED: u8 = 30;

    /// Records what the user chose. A postponement ends.
    #[must_use]
    pub const fn new(automation: Automation, notices: bool) -> Self {
        Self { automation, notices, asked: true, postponed: 0 }
    }

    /// Returns how much happens without being asked.
    #[must_use]
    pub const fn automation(&self) -> Automation {
        self.automation
    }

    /// Returns whether the user wants to be told.
    #[must_use]
    pub const fn notices(&self) -> bool {
        self.notices
    }

    /// Returns whether a user chose this.
    #[must_use]
    pub const fn was_asked(&self) -> bool {
        self.asked
    }

    /// Returns for how many checks the installation is still put off.
    #[must_use]
    pub const fn postponed(&self) -> u8 {
        self.postponed
    }

    /// Puts the installation off for so many checks, at most [`MAX_POSTPONED`](Self::MAX_POSTPONED). Counted in checks and not
    /// in days, because not every device knows the date.
    #[must_use]
    pub const fn postpone(mut self, checks: u8) -> Self {
        self.postponed = if checks < Self::MAX_POSTPONED { checks } else { Self::MAX_POSTPONED };
        self
    }

    /// A check for updates was done: a postponement comes one check closer to its end.
    #[must_use]
    pub const fn checked(mut self) -> Self {
        self.postponed = self.postponed.saturating_sub(1);
        self
    }

    /// Whether updates are looked for without being asked.
    #[must_use]
    pub const fn checks(&self) -> bool {
        !matches!(self.automation, Automation::Off)
    }

    /// Decides what to do now. `by_user`: the user asked for it just now, which ends every postponement.
    #[must_use]
    pub fn step(&self, available: Available, by_user: bool) -> Step {
        let tell = |advisory| if self.notices { Step::Tell(advisory) } else { Step::Wait };
        match (available, self.automation) {
            (Available::Nothing, _) => Step::Wait,
            (Available::Offered(_), _) if by_user => Step::Download,
            (Available::Ready(_), _) if by_user => Step::Install,
            (_, Automation::Off) => Step::Wait,
            (Available::Offered(_), Automation::Download | Automation::Install) => Step::Download,
            (Available::Ready(_), Automation::Install) if self.postponed == 0 => Step::Install,
            (Available::Offered(advisory) | Available::Ready(advisory), _) => tell(advisory),
        }
    }

    /// Reads 8 bytes that [`emit`](Self::emit) wrote. Whatever else there is, is no choice: use
    /// [`NOT_ASKED`](Self::NOT_ASKED).
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let [VERSION, automation, notices, asked, postponed, 0, 0, 0] = *bytes else { return None };
        let automation = match automation {
            0 => Automation::Off,
            1 => Automation::Notify,
            2 => Automation::Download,
            3 => Automation::Install,
            _ => return None,
        };
        let truth = |byte| match byte {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        };
        let (notices, asked) = (truth(notices)?, truth(asked)?);
        let choice = Self { automation, notices, asked, postponed };
        (postponed <= Self::MAX_POSTPONED && (asked || automation == Automation::Notify))
            .then_some(choice)
    }

    /// Returns the 8 bytes to store.
    #[must_use]
    pub const fn emit(&self) -> [u8; 8] {
        let (notices, asked) = (self.notices as u8, self.asked as u8);
        [VERSION, self.automation as u8, notices, asked, self.postponed, 0, 0, 0]
    }
}
