//! A poll loop for firmware without an executor.

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};

/// Polls a future until it is ready and returns its output.
///
/// Meant for boot loaders and tests over [`Blocking`](crate::Blocking) drivers, whose futures are ready at the first poll. A
/// future that waits for an interrupt is polled without sleeping until it is ready.
///
/// # Panics
///
/// Never.
///
/// # Examples
///
/// ```
/// assert_eq!(gabion_flash::block_on(async { 6 * 7 }), 42);
/// ```
#[inline(always)]
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        core::hint::spin_loop();
    }
}
