//! What the rig needs to know of the system under test.

use core::fmt::Debug;

use crate::power::{Board, Off, Part};

/// What the rig tests: how to open it, use it, look at it, and what the specification says.
#[allow(async_fn_in_trait)] // The rig polls on one thread; nobody needs the futures to be `Send`.
pub trait Subject {
    /// The flash part that it runs on, such as `SimFlash<4, 256>`.
    type Flash: Part;
    /// The opened system; it may borrow the board.
    type Live<'a>
    where
        Self: 'a;
    /// An operation.
    type Op: Clone + Debug;
    /// What a user can see of it: the model's view.
    type State: Clone + PartialEq + Debug;
    /// Its error.
    type Error: Debug;

    /// Returns what a blank device shows after its first power on.
    fn initial(&self) -> Self::State;

    /// Returns what the specification says that an operation makes of a state.
    fn expect(&self, before: &Self::State, op: &Self::Op) -> Self::State;

    /// Opens the system after power on, recovery included.
    ///
    /// # Errors
    ///
    /// Its own. While the power is on, an error is a broken promise.
    async fn open<'a>(
        &'a self,
        board: &'a mut Board<Self::Flash>,
    ) -> Result<Self::Live<'a>, Self::Error>;

    /// Runs one operation. `Ok` acknowledges it.
    ///
    /// # Errors
    ///
    /// Its own.
    async fn apply(&self, live: &mut Self::Live<'_>, op: &Self::Op) -> Result<(), Self::Error>;

    /// Looks at everything that a user can see.
    ///
    /// # Errors
    ///
    /// Its own.
    async fn observe(&self, live: &mut Self::Live<'_>) -> Result<Self::State, Self::Error>;

    /// Judges what is seen after a cut. `old` and `new` are equal if only one is allowed: the
    /// operation was acknowledged, or had not begun.
    ///
    /// # Errors
    ///
    /// Name and detail of the broken promise.
    fn judge(
        &self,
        old: &Self::State,
        new: &Self::State,
        seen: &Self::State,
    ) -> Result<(), (String, String)> {
        if seen == old || seen == new {
            return Ok(());
        }
        Err(("third state".into(), format!("seen {seen:?}, old {old:?}, new {new:?}")))
    }

    /// Looks into the device without power, after each recovery: the place for further promises,
    /// such as a leak scan for what the state no longer holds.
    ///
    /// # Errors
    ///
    /// Name and detail of the broken promise.
    fn inspect(
        &self,
        _off: &Off<Self::Flash>,
        _state: &Self::State,
    ) -> Result<(), (String, String)> {
        Ok(())
    }

    /// Says whether an operation may be refused with this error while the power is on, such as
    /// for want of room. A refused operation must change nothing.
    fn tolerates(&self, _op: &Self::Op, _error: &Self::Error) -> bool {
        false
    }
}
