//! The codec of a function's return type.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote_spanned};

use super::spans::{here, respan_at, respan_with};
use crate::check::CachedFn;
use crate::syntax::borrows::find_borrow;
use crate::syntax::duration::DurationExpr;

/// Writes the one call that carries the bounds on the value, and what a load needs besides.
///
/// ```text
/// ::cached_core::__private::codec!(Result<Profile, DbError>).stale_if_error::<Result<Profile, DbError>>()
/// ```
pub(super) fn quote_codec(function: &CachedFn) -> TokenStream {
    let here = here();
    let reader = quote_reader(function);
    let span = |(span, _): &(Span, DurationExpr)| *span;
    let checks = [
        (
            "cache_none",
            function.durations.cache_none.as_ref().map(span),
        ),
        (
            "stale_if_error",
            function.durations.stale_if_error.as_ref().map(span),
        ),
        ("on_outage", function.options.on_outage),
    ];
    let checks = checks
        .into_iter()
        .filter_map(|(method, keyword)| Some(quote_check(function, method, keyword?)));
    let cache_if = function
        .options
        .cache_if
        .iter()
        .map(|closure| quote_spanned!(here=> .cache_if(#closure)));
    let ttl_with = function.durations.ttl.iter().filter_map(|ttl| match ttl {
        DurationExpr::Closure(closure) => Some(quote_spanned!(here=> .ttl_with(#closure))),
        DurationExpr::Known(_) | DurationExpr::Constant(_) => None,
    });
    quote_spanned!(here=> #reader #(#checks)* #(#cache_if)* #(#ttl_with)*)
}

/// Writes a check of the return type, told where its argument stands.
fn quote_check(function: &CachedFn, method: &str, keyword: Span) -> TokenStream {
    let at = here().located_at(keyword);
    let method = Ident::new(method, at);
    let returns = respan_with(function.returns.to_token_stream(), &|span| {
        span.located_at(keyword)
    });
    quote_spanned!(at=> .#method::<#returns>())
}

/// Writes as much of it as `peek` needs.
pub(super) fn quote_reader(function: &CachedFn) -> TokenStream {
    let CachedFn {
        runtime, returns, ..
    } = function;
    // All of it lies at the stored type, because the compiler may blame any part of a chain.
    let at = here().located_at(function.stored_at);
    let runtime = respan_at(runtime, at);
    let error = function.durations.cache_err.iter().map(|(span, _)| {
        let method = Ident::new("cache_err", here().located_at(*span));
        quote_spanned!(at=> .#method())
    });
    let borrowed = find_borrow(returns)
        .is_some()
        .then(|| quote_spanned!(at=> , borrowed));
    quote_spanned!(at=> #runtime::__private::codec!(#returns #borrowed) #(#error)*)
}
