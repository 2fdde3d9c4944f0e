//! Companions that give a future.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};

use crate::check::{CachedFn, Companions};
use crate::expand::spans::at_function;

/// The parts of a companion that gives a future.
pub(super) struct CompanionFuture {
    /// Before `fn`.
    pub(super) keyword: Option<TokenStream>,
    /// The return type.
    pub(super) returned: TokenStream,
    /// Behind the runtime's future.
    pub(super) awaited: Option<TokenStream>,
}

impl CompanionFuture {
    /// Decides whether the companion returns the runtime's future, which compiles in half the time of an `async fn`
    /// that awaits it; but that cannot borrow what is made in its body, nor what a method's elided lifetimes leave
    /// unsaid.
    ///
    /// ```text
    /// fn peek(…) -> impl Future<Output = Option<u64>> { runtime_future }
    /// // or
    /// async fn peek(…) -> Option<u64> { runtime_future.await }
    /// ```
    pub(super) fn of(function: &CachedFn, returned: &impl ToTokens, borrows_nothing: bool) -> Self {
        let here = at_function(function);
        if borrows_nothing && matches!(function.companions, Companions::Struct(_)) {
            Self {
                keyword: None,
                returned: quote_spanned!(here=> impl ::core::future::Future<Output = #returned>),
                awaited: None,
            }
        } else {
            Self {
                keyword: Some(quote_spanned!(here=> async)),
                returned: returned.to_token_stream(),
                awaited: Some(quote_spanned!(here=> .await)),
            }
        }
    }
}
