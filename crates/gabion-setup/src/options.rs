//! The security-relevant decisions that a user can take, for the statement's table 26-UserDec.

use gabion_profile::Decision;

use crate::Question;

/// One decision that a user can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserOption {
    /// A stable name.
    pub name: &'static str,
    /// What is decided.
    pub decision: &'static str,
    /// The answers, the recommended one first.
    pub answers: &'static [&'static str],
    /// What holds before anyone was asked.
    pub before: &'static str,
    /// When the user is asked.
    pub asked: &'static str,
    /// The provisions that it serves.
    pub provisions: &'static [&'static str],
    /// The page that asks, if it is one of the guide's questions.
    pub question: Option<Question>,
}

/// Every decision. There is no other security-relevant setting.
pub const OPTIONS: &[UserOption] = &[
    UserOption {
        name: "setup.secret",
        decision: "the owner's name and password",
        answers: &[
            "a password of one's own, at least 10 characters, judged before it is taken",
            "none: nothing but set-up works",
        ],
        before: "none: nothing but set-up works",
        asked: "at first set-up, cannot be skipped; can be changed at any time",
        provisions: &["5.1-1", "5.1-4", "5.12-1"],
        question: None,
    },
    UserOption {
        name: "setup.updates",
        decision: "how updates are installed",
        answers: &["automatically", "ask me"],
        before: "ask me",
        asked: "at first set-up; can be changed at any time",
        provisions: &["5.3-4A", "5.3-4B", "5.3-6A", "5.12-1", "5.12-2"],
        question: Some(Question::Updates),
    },
    UserOption {
        name: "setup.fault-reports",
        decision: "whether fault reports are sent to the maker",
        answers: &["no", "yes"],
        before: "no",
        asked: "at first set-up; can be changed at any time",
        provisions: &["5.12-1", "5.12-2", "6-2"],
        question: Some(Question::FaultReports),
    },
];

impl UserOption {
    /// Returns it as `gabion-profile` registers it, for the row of table 26-UserDec.
    #[must_use]
    pub const fn profile_decision(&self) -> Decision {
        Decision::new(self.name, self.decision, self.answers, self.before, self.asked)
    }
}

/// The same decisions for [`gabion_profile::Profile::decisions`], so that they stand in the image and in the statement.
pub const DECISIONS: &[Decision] = &decisions();

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "runs at compile time"
)]
const fn decisions() -> [Decision; OPTIONS.len()] {
    let mut all = [OPTIONS[0].profile_decision(); OPTIONS.len()];
    let mut at = 1;
    while at < OPTIONS.len() {
        all[at] = OPTIONS[at].profile_decision();
        at += 1;
    }
    all
}
