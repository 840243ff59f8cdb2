//! Catches a panic of the subject and keeps it off the screen: it is a find, not a crash.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// Set while this thread runs a subject; then the text of its panic.
    static CAUGHT: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs a closure; a panic becomes an error with its text and place.
pub(crate) fn catch_panic<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let others = take_hook();
        set_hook(Box::new(move |panic| {
            let ours = CAUGHT.with_borrow_mut(|caught| match caught {
                Some(text) => {
                    *text = panic.to_string();
                    true
                }
                None => false,
            });
            if !ours {
                others(panic);
            }
        }));
    });
    CAUGHT.set(Some(String::new()));
    let result = catch_unwind(AssertUnwindSafe(run));
    let text = CAUGHT.take().unwrap_or_default();
    result.map_err(|_| text)
}
