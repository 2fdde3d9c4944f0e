//! A function under `#[cached]`.

use proc_macro2::{Delimiter, Group, TokenStream};
use quote::quote_spanned;
use syn::Expr;

use super::codec::codec;
use super::companions::companions;
use super::declaration::handle;
use super::key::key;
use super::spans::{first_span, here, located};
use super::{background_call, doc_section, form};
use crate::check::{CachedFn, Within};

/// Everything that takes the place of the annotated function.
pub(crate) fn cached(function: &CachedFn) -> TokenStream {
    let user = user_function(function);
    let companions = companions(function);
    quote_spanned!(here()=> #user #companions)
}

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
pub(crate) fn user_function(function: &CachedFn) -> TokenStream {
    let CachedFn {
        item,
        runtime,
        form,
        returns,
        ..
    } = function;
    let attributes = &item.attributes;
    let doc_section = doc_section::quote_doc_section(function);
    let (visibility, signature) = (&item.visibility, &item.signature);
    let inner = &item.inner_attributes;
    let here = here();
    let handle = handle(function);
    let key = key(function, &handle);
    let cache = kept(function);
    let made = form::made(item, form, runtime);
    let codec = codec(function);
    let within = within(function);
    let stale = background_call::stale(function);
    let at_call = quote_spanned!(here=> #key #cache #made);
    let body = form::body(item, form, &at_call, runtime, returns);
    let at_poll = quote_spanned! {here=>
        let __codec = #codec;
        let __load = #runtime::__private::load!(__codec, __key #within #stale);
        __load.run(#body).await
    };
    let around = form::around(form, &at_call, &at_poll);
    let body = quote_spanned! {here=>
        #(#inner)*
        use #runtime::__private::by_type::*;
        #around
    };
    let mut body = Group::new(Delimiter::Brace, body);
    body.set_span(match function.within {
        Within::Unseen => here,
        // The attribute is far away: a message about the whole function belongs on it.
        Within::Type | Within::Trait { .. } => item.body_span(),
    });
    quote_spanned!(here=> #(#attributes)* #doc_section #visibility #signature #body)
}

/// A cache that outlives the call, where the look-up comes when its future is polled.
fn kept(function: &CachedFn) -> Option<TokenStream> {
    let cache = function.cache.as_ref()?;
    function.form.future.as_ref()?;
    let here = here();
    let cache = chosen(&function.runtime, cache);
    Some(quote_spanned!(here=> let __cache = ::core::clone::Clone::clone(#cache);))
}

/// The cache of a call, unless it is the one of its task.
fn within(function: &CachedFn) -> Option<TokenStream> {
    let here = here();
    let cache = match &function.cache {
        None => return None,
        Some(_) if function.form.future.is_some() => quote_spanned!(here=> &__cache),
        Some(cache) => chosen(&function.runtime, cache),
    };
    Some(quote_spanned!(here=> , in #cache))
}

/// What `cache = …` says, checked at one place so that a mistake in it is told once.
pub(super) fn chosen(runtime: &TokenStream, cache: &Expr) -> TokenStream {
    let at = here().located_at(first_span(cache));
    let runtime = located(runtime, at);
    quote_spanned!(at=> #runtime::__private::chosen(&#cache))
}
