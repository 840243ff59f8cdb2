//! The operations of one power cycle, and what the specification makes of them.

use crate::subject::Subject;

/// Where the operations of one power cycle come from.
pub(crate) trait Script<Op> {
    /// Returns the next operation.
    fn next(&mut self) -> Option<Op>;

    /// Notes that it was acknowledged or refused.
    fn done(&mut self, op: Op, refused: bool);
}

/// No operation: a power cycle that only opens.
pub(crate) struct Nothing;

impl<Op> Script<Op> for Nothing {
    fn next(&mut self) -> Option<Op> {
        None
    }

    fn done(&mut self, _op: Op, _refused: bool) {}
}

/// Some operations; follows what the specification says they lead to.
pub(crate) struct Session<'a, S: Subject, N> {
    subject: &'a S,
    pick: N,
    /// What the acknowledged operations led to.
    pub(crate) state: S::State,
    /// The operation that has begun and is not acknowledged.
    pub(crate) pending: Option<S::Op>,
    /// Operations that are over.
    pub(crate) done: usize,
}

impl<'a, S: Subject, N: FnMut(&S::State) -> Option<S::Op>> Session<'a, S, N> {
    /// Starts a session whose operations are made when they are due.
    pub(crate) fn new(subject: &'a S, state: S::State, pick: N) -> Self {
        Self { subject, pick, state, pending: None, done: 0 }
    }

    /// Returns the two states that are allowed after a cut.
    pub(crate) fn allowed(&self) -> (S::State, S::State) {
        let new = match &self.pending {
            Some(op) => self.subject.expect(&self.state, op),
            None => self.state.clone(),
        };
        (self.state.clone(), new)
    }
}

impl<'a, S: Subject> Session<'a, S, ()> {
    /// Starts a session of these operations.
    pub(crate) fn of(
        subject: &'a S,
        state: S::State,
        ops: &'a [S::Op],
    ) -> Session<'a, S, impl FnMut(&S::State) -> Option<S::Op> + 'a> {
        let mut ops = ops.iter().cloned();
        Session::new(subject, state, move |_: &S::State| ops.next())
    }
}

impl<S: Subject, N: FnMut(&S::State) -> Option<S::Op>> Script<S::Op> for Session<'_, S, N> {
    fn next(&mut self) -> Option<S::Op> {
        self.pending = (self.pick)(&self.state);
        self.pending.clone()
    }

    fn done(&mut self, op: S::Op, refused: bool) {
        self.pending = None;
        self.done += 1;
        if !refused {
            self.state = self.subject.expect(&self.state, &op);
        }
    }
}
