//! A poll loop for futures over the simulator, which are always ready.

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};

/// Polls a future until it is ready and returns its output.
///
/// # Panics
///
/// After 1,000,000 polls without an answer: nothing in the simulator ever waits, so the future
/// waits for something that cannot come.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..1_000_000 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
    panic!("a future over the simulator never became ready");
}
