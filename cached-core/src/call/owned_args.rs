//! Arguments that a call in the background owns, as `stale_while_revalidate` needs: its caller may have gone.

use std::{borrow::Borrow, fmt, pin::Pin};

/// Boxes `call`, so that it can run after its caller has gone.
pub fn in_background<F>(call: F) -> Pin<Box<dyn Future<Output = F::Output> + Send>>
where
    F: Future + Send + 'static,
{
    Box::pin(call)
}

/// Takes an argument by value, as it is.
#[must_use]
pub const fn moved<T: Send + 'static>(argument: T) -> T {
    argument
}

/// Copies an argument that was only lent.
#[must_use]
pub fn kept<T: Keep + ?Sized>(argument: &T) -> OwnedArg<T> {
    OwnedArg(Box::new(argument.keep()))
}

/// A copy of a borrowed `T`, to be lent again.
///
/// It has no bounds, so that only [`kept`] complains about a `T` of which there can be no copy.
pub struct OwnedArg<T: ?Sized>(Box<dyn Borrow<T> + Send + Sync>);

impl<T: ?Sized> OwnedArg<T> {
    /// Returns the argument as the caller lent it.
    #[must_use]
    pub fn lent(&self) -> &T {
        (*self.0).borrow()
    }
}

impl<T: ?Sized> fmt::Debug for OwnedArg<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedArg").finish_non_exhaustive()
    }
}

/// Borrowed types of which a copy can be kept: `ToOwned`, and the copy can go to another thread.
#[diagnostic::on_unimplemented(
    message = "`stale_while_revalidate` cannot keep a copy of this `{Self}`",
    label = "lent for the call only",
    note = "the function is called again in the background, when its caller may have gone: derive `Clone` for `{Self}` (which also has to be `Send`, `Sync` and `'static`), take an `Arc<{Self}>`, or take it by value"
)]
pub trait Keep {
    /// The copy.
    type Owned: Borrow<Self> + Send + Sync + 'static;

    /// Makes a copy.
    fn keep(&self) -> Self::Owned;
}

#[diagnostic::do_not_recommend]
impl<T> Keep for T
where
    T: ToOwned<Owned: Send + Sync + 'static> + ?Sized,
{
    type Owned = T::Owned;

    fn keep(&self) -> T::Owned {
        self.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    struct Db(u32);

    #[test]
    fn what_was_lent_is_lent_again() {
        assert_eq!(kept("text").lent(), "text");
        assert_eq!(kept([1, 2].as_slice()).lent(), [1, 2]);
        assert_eq!(kept(&Db(1)).lent(), &Db(1));
        let shared = Arc::new(Db(2));
        assert!(Arc::ptr_eq(kept(&shared).lent(), &shared));
    }
}
