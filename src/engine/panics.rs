//! A panic of the engine is an error of its statement, and nothing that a person sees otherwise.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use datafusion::error::{DataFusionError, Result};

/// What the message of such an error begins with.
pub(super) const PANICKED: &str = "the engine panicked: ";
/// Name of the engine's threads.
pub(super) const THREAD_NAME: &str = "engine";

thread_local! {
    /// Whether this thread runs the engine at the moment.
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Does some work of the engine; a panic becomes an error.
pub(super) fn caught<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    hush();
    let was_inside = IS_INSIDE.replace(true);
    // What a panic leaves half done belongs to the statement, which ends with it.
    let done = catch_unwind(AssertUnwindSafe(work));
    IS_INSIDE.set(was_inside);
    done.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        Err(DataFusionError::Execution(format!("{PANICKED}{text}")))
    })
}

/// From now on panics inside the engine are not written to standard error.
fn hush() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
            let is_engine = std::thread::current().name() == Some(THREAD_NAME) || IS_INSIDE.get();
            if !is_engine {
                usual(info);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error() {
        let work = || -> Result<()> { panic!("something") };
        let error = caught(work).unwrap_err();
        assert_eq!(error.message(), format!("{PANICKED}something"));
        assert_eq!(caught(|| Ok(1)).unwrap(), 1);
    }
}
