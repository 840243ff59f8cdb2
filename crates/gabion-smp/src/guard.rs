//! Who may do what: the protocol knows no log-in, so the device decides.

use gabion_boot::Image;

/// What a client asks for. Looking (image list, parameters, echo) is always allowed.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Action<'a> {
    /// To send an image; asked at its first packet.
    Upload,
    /// To try this image, which is verified, at the next boot.
    Install(&'a Image),
    /// To keep the running image.
    Confirm,
    /// To erase the slot that does not run.
    Erase,
    /// To restart.
    Reset,
}

/// What the device says to that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Do it.
    Yes,
    /// Not now (EN 303 645 5.3-12): the client is told that the device is busy.
    Later,
    /// No: the client is told that access is denied.
    No,
}

/// Decides what a client may do. A closure will do.
///
/// # Security
///
/// The signature keeps strangers from running an image of theirs. It does not keep them from restarting the device, from trying an
/// authentic image, or from erasing the spare one: answer [`Answer::Yes`] only to a session that has the right.
pub trait Guard {
    /// Answers.
    fn allows(&mut self, action: Action<'_>) -> Answer;
}

impl<T: FnMut(Action<'_>) -> Answer> Guard for T {
    fn allows(&mut self, action: Action<'_>) -> Answer {
        self(action)
    }
}
