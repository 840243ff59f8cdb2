//! The transport, with an end to every wait.

use core::future::poll_fn;
use core::pin::pin;
use core::task::Poll;

use embedded_io_async::{Error as _, Read, Write};
use gabion_hal::Clock;

use crate::TlsError;

/// A clock that can wake whoever waits.
pub trait Timer: Clock {
    /// Is ready once [`uptime_ms`](Clock::uptime_ms) has reached `uptime_ms`.
    fn sleep_until(&mut self, uptime_ms: u64) -> impl Future<Output = ()>;
}

impl<T: Timer + ?Sized> Timer for &mut T {
    fn sleep_until(&mut self, uptime_ms: u64) -> impl Future<Output = ()> {
        (**self).sleep_until(uptime_ms)
    }
}

/// A transport and the time by which all must be done.
pub(crate) struct Io<T, W> {
    transport: T,
    timer: W,
    deadline: u64,
}

impl<T: Read + Write, W: Timer> Io<T, W> {
    pub(crate) fn new(transport: T, timer: W) -> Self {
        Self { transport, timer, deadline: 0 }
    }

    /// Gives all that follows this long.
    pub(crate) fn allow(&mut self, ms: u32) {
        self.deadline = self.timer.uptime_ms().saturating_add(u64::from(ms));
    }

    /// Fills `buffer`.
    pub(crate) async fn read_exact(&mut self, buffer: &mut [u8]) -> Result<(), TlsError> {
        let mut rest = buffer;
        while !rest.is_empty() {
            // A peer that always has one more byte never lets the timer have its turn: look at the clock each time.
            if self.timer.uptime_ms() >= self.deadline {
                return Err(TlsError::TimedOut);
            }
            let read = race(self.transport.read(rest), self.timer.sleep_until(self.deadline));
            let count =
                read.await.ok_or(TlsError::TimedOut)?.map_err(|e| TlsError::Transport(e.kind()))?;
            if count == 0 {
                return Err(TlsError::Truncated);
            }
            rest = rest.get_mut(count..).ok_or(TlsError::Misuse)?;
        }
        Ok(())
    }

    /// Sends all of `data`.
    pub(crate) async fn write_all(&mut self, data: &[u8]) -> Result<(), TlsError> {
        let mut rest = data;
        while !rest.is_empty() {
            if self.timer.uptime_ms() >= self.deadline {
                return Err(TlsError::TimedOut);
            }
            let write = race(self.transport.write(rest), self.timer.sleep_until(self.deadline));
            let count = write
                .await
                .ok_or(TlsError::TimedOut)?
                .map_err(|e| TlsError::Transport(e.kind()))?;
            if count == 0 {
                return Err(TlsError::Truncated);
            }
            rest = rest.get(count..).ok_or(TlsError::Misuse)?;
        }
        let flush = race(self.transport.flush(), self.timer.sleep_until(self.deadline));
        flush.await.ok_or(TlsError::TimedOut)?.map_err(|e| TlsError::Transport(e.kind()))
    }
}

/// The output of `work`, or `None` when `limit` was ready first.
async fn race<O>(work: impl Future<Output = O>, limit: impl Future<Output = ()>) -> Option<O> {
    let mut work = pin!(work);
    let mut limit = pin!(limit);
    poll_fn(|context| {
        if let Poll::Ready(output) = work.as_mut().poll(context) {
            return Poll::Ready(Some(output));
        }
        limit.as_mut().poll(context).map(|()| None)
    })
    .await
}
