//! The order of things at set-up.

use crate::{Choices, Updates};

/// A page of the guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// What will happen.
    Welcome,
    /// Scan or type the label.
    Label,
    /// Choose name and password.
    Secret,
    /// One of the questions.
    Question(Question),
    /// Look at what the device says about itself.
    Check,
    /// Ready.
    Done,
}

/// A question that only the owner can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Question {
    /// How updates are installed.
    Updates,
    /// Whether fault reports are sent.
    FaultReports,
}

/// Leads through set-up: six pages, one secret to choose, two questions with an answer proposed.
///
/// It keeps no secret and writes no flash: [`claim`](crate::claim()) and [`Choices::save`] do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guide {
    step: Step,
    choices: Choices,
}

impl Guide {
    /// Starts on a device without an owner.
    #[must_use]
    pub const fn first_set_up() -> Self {
        Self { step: Step::Welcome, choices: Choices::RECOMMENDED }
    }

    /// Takes set-up up again after log-in, when the power failed before the questions were answered.
    #[must_use]
    pub const fn questions_only() -> Self {
        Self { step: Step::Question(Question::Updates), choices: Choices::RECOMMENDED }
    }

    /// Returns the page to show.
    #[must_use]
    pub const fn step(&self) -> Step {
        self.step
    }

    /// Returns what the owner decided so far; what was not asked yet is as recommended.
    #[must_use]
    pub const fn choices(&self) -> Choices {
        self.choices
    }

    /// Goes on. On a question this accepts what is proposed. On [`Step::Secret`] it does nothing: only
    /// [`claimed`](Self::claimed) goes on from there, so that no page lets anyone skip the secret.
    pub const fn next(&mut self) {
        self.step = match self.step {
            Step::Welcome => Step::Label,
            Step::Label | Step::Secret => Step::Secret,
            Step::Question(Question::Updates) => Step::Question(Question::FaultReports),
            Step::Question(Question::FaultReports) => Step::Check,
            Step::Check | Step::Done => Step::Done,
        };
    }

    /// Goes back one page, as far as that makes sense.
    pub const fn back(&mut self) {
        self.step = match self.step {
            Step::Welcome | Step::Label => Step::Welcome,
            Step::Secret => Step::Label,
            Step::Question(Question::Updates) => Step::Question(Question::Updates),
            Step::Question(Question::FaultReports) => Step::Question(Question::Updates),
            Step::Check => Step::Question(Question::FaultReports),
            Step::Done => Step::Done,
        };
    }

    /// Goes on to the questions once the device has an owner.
    pub const fn claimed(&mut self, _witness: &gabion_provision::Device<gabion_provision::Owned>) {
        if matches!(self.step, Step::Welcome | Step::Label | Step::Secret) {
            self.step = Step::Question(Question::Updates);
        }
    }

    /// Answers the question about updates and goes on.
    pub const fn answer_updates(&mut self, updates: Updates) {
        if matches!(self.step, Step::Question(Question::Updates)) {
            self.choices.updates = updates;
            self.next();
        }
    }

    /// Answers the question about fault reports and goes on.
    pub const fn answer_fault_reports(&mut self, yes: bool) {
        if matches!(self.step, Step::Question(Question::FaultReports)) {
            self.choices.fault_reports = yes;
            self.next();
        }
    }
}
