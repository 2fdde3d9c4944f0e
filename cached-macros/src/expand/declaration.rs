//! The static that describes a function.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote_spanned};
use syn::ext::IdentExt as _;

use super::spans::{at_function, first_span, here, respan_at};
use crate::check::{CachedFn, Companions, Durations, ImplContext, KeyParts, Options};
use crate::syntax::duration::DurationExpr;

/// Writes the static that describes the function; `install` and the statistics get to know it.
///
/// ```text
/// ::cached_core::__private::function!("profile".prefix("user:{0}:profile").ttl(::core::time::Duration::from_secs(300)))
/// ```
pub(super) fn quote_declaration(function: &CachedFn) -> TokenStream {
    let CachedFn { item, runtime, .. } = function;
    let here = here();
    let name = item.signature.ident.unraw().to_string();
    let of_trait = find_trait(function).map(|of| quote_spanned!(here=> .of_trait(#of)));
    let KeyParts { prefix, tags, .. } = &function.key;
    let prefix = prefix
        .as_ref()
        .map(|template| quote_spanned!(here=> .prefix(#template)));
    let tags = (!tags.is_empty()).then(|| quote_spanned!(here=> .tags(&[#(#tags),*])));
    let [ttl, none, error, if_error, revalidate] = quote_durations(function);
    let Options {
        ttl_env,
        jitter,
        on_outage,
        version,
        id,
        ..
    } = &function.options;
    let ttl_env = ttl_env
        .as_ref()
        .map(|name| quote_spanned!(here=> .env(#name)));
    let jitter = jitter.map(|share| quote_spanned!(here=> .jittered(#share)));
    let fails = on_outage.map(|_| quote_spanned!(here=> .fails_on_outage()));
    let version = version.map(|version| quote_spanned!(here=> .version(#version)));
    let id = id.as_ref().map(|id| quote_spanned!(here=> .id(#id)));
    quote_spanned! {here=>
        #runtime::__private::function!(
            #name #of_trait #prefix #tags #ttl #ttl_env #jitter #none #error #if_error #revalidate #fails #version #id
        )
    }
}

/// Writes the durations that are known at compile time.
fn quote_durations(function: &CachedFn) -> [Option<TokenStream>; 5] {
    let here = here();
    let set = |method: &str, duration: Option<&DurationExpr>| {
        let duration = quote_duration(&function.runtime, duration?)?;
        let method = Ident::new(method, here);
        Some(quote_spanned!(here=> .#method(#duration)))
    };
    let Durations {
        ttl,
        cache_none,
        cache_err,
        stale_if_error,
        stale_while_revalidate,
    } = &function.durations;
    let [none, error, if_error, revalidate] = [
        cache_none,
        cache_err,
        stale_if_error,
        stale_while_revalidate,
    ]
    .map(|written| written.as_ref().map(|(_, duration)| duration));
    [
        set("ttl", ttl.as_ref()),
        set("keeps_none", none),
        set("keeps_errors", error),
        set("stale_if_error", if_error),
        set("stale_while_revalidate", revalidate),
    ]
}

/// Returns the trait as written, where the static does not stand in its `impl`, whose name would tell.
fn find_trait(function: &CachedFn) -> Option<String> {
    match (&function.context, &function.companions) {
        (ImplContext::Trait { of, .. }, Companions::Methods(_)) => {
            let written = of.to_token_stream().to_string();
            Some(written.split_whitespace().collect())
        }
        _ => None,
    }
}

/// Writes a `Duration` known at compile time; a closure's is not.
fn quote_duration(runtime: &TokenStream, duration: &DurationExpr) -> Option<TokenStream> {
    match duration {
        DurationExpr::Known(length) => Some(quote_known_duration(*length)),
        DurationExpr::Constant(constant) => {
            let at = here().located_at(first_span(constant));
            let runtime = respan_at(runtime, at);
            Some(quote_spanned!(at=> #runtime::__private::checked(#constant)))
        }
        DurationExpr::Closure(_) => None,
    }
}

fn quote_known_duration(length: Duration) -> TokenStream {
    let here = here();
    let seconds = length.as_secs();
    if length.subsec_nanos() == 0 {
        quote_spanned!(here=> ::core::time::Duration::from_secs(#seconds))
    } else {
        let nanoseconds = length.subsec_nanos();
        quote_spanned!(here=> ::core::time::Duration::new(#seconds, #nanoseconds))
    }
}

/// Writes an expression for the function's static, as the function itself sees it.
pub(super) fn quote_handle(function: &CachedFn) -> TokenStream {
    let here = here();
    match &function.companions {
        Companions::Off => quote_declaration(function),
        Companions::Struct(name) => quote_spanned!(here=> #name::__cached()),
        Companions::Methods(_) => {
            let at = at_function(function);
            let method = name_declaring(&function.companions, at);
            quote_spanned!(at=> Self::#method())
        }
    }
}

/// Returns the name of the hidden function that holds the static.
pub(super) fn name_declaring(companions: &Companions, at: Span) -> Ident {
    match companions {
        Companions::Methods(start) => format_ident!("__cached_{}", start, span = at),
        Companions::Struct(_) | Companions::Off => Ident::new("__cached", here()),
    }
}
