//! Checks of what threads share without one lock around all of it, under a scheduler (`loom`) that tries every order of
//! their steps, and everything that their processors may see of each other's memory.
//!
//! The files are compiled a second time, with the scheduler's locks and atomics in place of the standard
//! library's. Each check also runs on a wrong variant, which it has to find: else it would show nothing.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
};

mod epochs;
mod journal;
mod lanes;
mod read_batch;
mod resend;
mod single_flight;
mod sync;

#[allow(
    clippy::duplicate_mod,
    dead_code,
    reason = "compiled with other locks; not everything is needed here"
)]
#[path = "coherence/journal/ledger.rs"]
mod ledger;
#[allow(
    clippy::duplicate_mod,
    dead_code,
    reason = "compiled with other locks; not everything is needed here"
)]
#[path = "coherence/epochs/table.rs"]
mod table;

/// Returns `true` if `model` is right whatever the order of its steps.
fn is_right(model: impl Fn() + Sync + Send + 'static) -> bool {
    is_right_within(3, model)
}

/// Returns `true` if `model` is right in every order of its steps with so many preemptions: switches that a thread does not
/// ask for by waiting. The more a model does, the fewer there is time for.
fn is_right_within(preemptions: usize, model: impl Fn() + Sync + Send + 'static) -> bool {
    BROKEN.set(false);
    let mut scheduler = loom::model::Builder::new();
    scheduler.preemption_bound = Some(preemptions);
    let check = AssertUnwindSafe(|| {
        scheduler.check(move || {
            assert!(!BROKEN.get(), "a claim did not hold");
            model();
        });
    });
    catch_unwind(check).is_ok() && !BROKEN.get()
}

thread_local! {
    /// True if a claim did not hold. All threads of a model are one thread of the system.
    static BROKEN: Cell<bool> = const { Cell::new(false) };
}

/// Claims that something holds. If it does not, the check ends after this order of steps: a panic would drop, as it
/// unwinds, what takes locks that others hold.
fn claim(holds: bool) {
    if !holds {
        BROKEN.set(true);
    }
}
