//! The expansion of a function under `#[cached]`.

use proc_macro2::{Delimiter, Group, TokenStream};
use quote::quote_spanned;
use syn::Expr;

use super::background_call::quote_stale;
use super::codec::quote_codec;
use super::companions::expand_companions;
use super::declaration::quote_handle;
use super::doc_section::quote_doc_section;
use super::form::{quote_around, quote_body, quote_made};
use super::key::quote_key;
use super::spans::{first_span, here, respan_at};
use crate::check::{CachedFn, ImplContext};

/// Expands a function: it and its companions take its place.
///
/// ```text
/// async fn profile(id: u64) -> Profile { … }
/// // becomes
/// async fn profile(id: u64) -> Profile { … look up, run the body on a miss … }
/// struct profile {}
/// impl profile { … key, peek, invalidate, refresh, uncached … }
/// ```
pub(crate) fn expand_cached_fn(function: &CachedFn) -> TokenStream {
    let user = expand_function(function);
    let companions = expand_companions(function);
    quote_spanned!(here()=> #user #companions)
}

/// Expands the function itself.
///
/// ```text
/// async fn profile(id: u64, db: &Db) -> Result<Profile, DbError> {
///     db.load(id).await
/// }
/// // becomes
/// async fn profile(id: u64, db: &Db) -> Result<Profile, DbError> {
///     use ::cached_core::__private::by_type::*;
///     let mut __key = ::cached_core::Key::of(profile::__cached());
///     ::cached_core::__private::Argument(&id).__push(&mut __key);
///     let __codec = ::cached_core::__private::codec!(Result<Profile, DbError>);
///     let __load = ::cached_core::__private::load!(__codec, __key);
///     __load.run(async move {
///         if false { return ::cached_core::__private::never::<Result<Profile, DbError>>(); }
///         db.load(id).await
///     }).await
/// }
/// ```
pub(crate) fn expand_function(function: &CachedFn) -> TokenStream {
    let CachedFn {
        item,
        runtime,
        form,
        returns,
        ..
    } = function;
    let attributes = &item.attributes;
    let doc_section = quote_doc_section(function);
    let (visibility, signature) = (&item.visibility, &item.signature);
    let inner = &item.inner_attributes;
    let here = here();
    let handle = quote_handle(function);
    let key = quote_key(function, &handle);
    let cache = quote_kept_cache(function);
    let made = quote_made(item, form, runtime);
    let codec = quote_codec(function);
    let in_cache = quote_in_cache(function);
    let stale = quote_stale(function);
    let at_call = quote_spanned!(here=> #key #cache #made);
    let body = quote_body(item, form, &at_call, runtime, returns);
    let at_poll = quote_spanned! {here=>
        let __codec = #codec;
        let __load = #runtime::__private::load!(__codec, __key #in_cache #stale);
        __load.run(#body).await
    };
    let around = quote_around(form, &at_call, &at_poll);
    let body = quote_spanned! {here=>
        #(#inner)*
        use #runtime::__private::by_type::*;
        #around
    };
    let mut body = Group::new(Delimiter::Brace, body);
    body.set_span(match function.context {
        ImplContext::Unseen => here,
        // The attribute is far away: a message about the whole function belongs on it.
        ImplContext::Inherent | ImplContext::Trait { .. } => item.body_span(),
    });
    quote_spanned!(here=> #(#attributes)* #doc_section #visibility #signature #body)
}

/// Writes a statement that keeps the cache beyond the call, where the look-up comes when its future is polled.
fn quote_kept_cache(function: &CachedFn) -> Option<TokenStream> {
    let cache = function.options.cache.as_ref()?;
    function.form.future.as_ref()?;
    let here = here();
    let cache = quote_cache(&function.runtime, cache);
    Some(quote_spanned!(here=> let __cache = ::core::clone::Clone::clone(#cache);))
}

/// Writes the cache of a call, unless it is the one of its task.
fn quote_in_cache(function: &CachedFn) -> Option<TokenStream> {
    let here = here();
    let cache = match &function.options.cache {
        None => return None,
        Some(_) if function.form.future.is_some() => quote_spanned!(here=> &__cache),
        Some(cache) => quote_cache(&function.runtime, cache),
    };
    Some(quote_spanned!(here=> , in #cache))
}

/// Writes the cache of `cache = …`, checked at one place so that an error in it is told once.
pub(super) fn quote_cache(runtime: &TokenStream, cache: &Expr) -> TokenStream {
    let at = here().located_at(first_span(cache));
    let runtime = respan_at(runtime, at);
    quote_spanned!(at=> #runtime::__private::chosen(&#cache))
}
