//! The static that describes a function.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote_spanned};
use syn::ext::IdentExt as _;

use super::spans::{at, first_span, here, located};
use crate::check::{CachedFn, Companions, Within};
use crate::syntax::duration::DurationExpr;

/// The static that describes the function; `install` and the statistics get to know it.
pub(super) fn declaration(function: &CachedFn) -> TokenStream {
    let CachedFn { item, runtime, .. } = function;
    let here = here();
    let name = item.signature.ident.unraw().to_string();
    let of_trait = of_trait(function).map(|of| quote_spanned!(here=> .of_trait(#of)));
    let prefix = function
        .prefix
        .iter()
        .map(|template| quote_spanned!(here=> .prefix(#template)));
    let tags = &function.tags;
    let tags = (!tags.is_empty()).then(|| quote_spanned!(here=> .tags(&[#(#tags),*])));
    let ttl = function
        .ttl
        .as_ref()
        .and_then(|ttl| time(runtime, ttl))
        .map(|ttl| quote_spanned!(here=> .ttl(#ttl)));
    let ttl_env = function
        .ttl_env
        .iter()
        .map(|name| quote_spanned!(here=> .env(#name)));
    let jitter = function
        .jitter
        .iter()
        .map(|share| quote_spanned!(here=> .jittered(#share)));
    let none = function
        .cache_none
        .iter()
        .filter_map(|(_, ttl)| time(runtime, ttl));
    let error = function
        .cache_err
        .iter()
        .filter_map(|(_, ttl)| time(runtime, ttl));
    let if_error = function
        .stale_if_error
        .iter()
        .filter_map(|(_, window)| time(runtime, window));
    let revalidate = function
        .again
        .iter()
        .filter_map(|again| time(runtime, &again.window));
    let fails = function
        .on_outage
        .map(|_| quote_spanned!(here=> .fails_on_outage()));
    let version = function
        .version
        .iter()
        .map(|version| quote_spanned!(here=> .version(#version)));
    let id = function.id.iter().map(|id| quote_spanned!(here=> .id(#id)));
    quote_spanned! {here=>
        #runtime::__private::function!(
            #name #of_trait #(#prefix)* #tags #ttl #(#ttl_env)* #(#jitter)* #(.keeps_none(#none))* #(.keeps_errors(#error))*
            #(.stale_if_error(#if_error))* #(.stale_while_revalidate(#revalidate))* #fails #(#version)* #(#id)*
        )
    }
}

/// The trait as written, where the static does not stand in its `impl`, whose name would tell.
fn of_trait(function: &CachedFn) -> Option<String> {
    match (&function.within, &function.companions) {
        (Within::Trait { of, .. }, Companions::Methods(_)) => {
            let written = of.to_token_stream().to_string();
            Some(written.split_whitespace().collect())
        }
        _ => None,
    }
}

/// A `Duration` known at compile time; a closure's is not.
fn time(runtime: &TokenStream, ttl: &DurationExpr) -> Option<TokenStream> {
    match ttl {
        DurationExpr::Known(length) => Some(literal(*length)),
        DurationExpr::Constant(constant) => {
            let at = here().located_at(first_span(constant));
            let runtime = located(runtime, at);
            Some(quote_spanned!(at=> #runtime::__private::checked(#constant)))
        }
        DurationExpr::Closure(_) => None,
    }
}

fn literal(length: Duration) -> TokenStream {
    let here = here();
    let seconds = length.as_secs();
    if length.subsec_nanos() == 0 {
        quote_spanned!(here=> ::core::time::Duration::from_secs(#seconds))
    } else {
        let nanoseconds = length.subsec_nanos();
        quote_spanned!(here=> ::core::time::Duration::new(#seconds, #nanoseconds))
    }
}

/// An expression for the function's static, as the function itself sees it.
pub(super) fn handle(function: &CachedFn) -> TokenStream {
    let here = here();
    match &function.companions {
        Companions::Off => declaration(function),
        Companions::Struct(name) => quote_spanned!(here=> #name::__cached()),
        Companions::Methods(_) => {
            let at = at(function);
            let method = declaring(&function.companions, at);
            quote_spanned!(at=> Self::#method())
        }
    }
}

/// The name of the hidden function that holds the static.
pub(super) fn declaring(companions: &Companions, at: Span) -> Ident {
    match companions {
        Companions::Methods(start) => format_ident!("__cached_{}", start, span = at),
        Companions::Struct(_) | Companions::Off => Ident::new("__cached", here()),
    }
}
