//! One `quote!` per item. Data and calls into the runtime, no decisions.

mod background_call;
mod companions;
mod doc_section;
mod form;
mod impl_block;
mod invalidates;
pub(crate) mod recovery;

use std::time::Duration;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::Expr;
use syn::ext::IdentExt as _;

pub(crate) use self::companions::companions;
pub(crate) use self::impl_block::impl_block;
pub(crate) use self::invalidates::invalidates;
use crate::check::{CachedFn, Companions, Generic, Within};
use crate::syntax::duration::DurationExpr;
use crate::syntax::tokens::find;

/// Everything that takes the place of the annotated function.
pub(crate) fn cached(function: &CachedFn) -> TokenStream {
    let user = user_function(function);
    let companions = companions(function);
    quote_spanned!(here()=> #user #companions)
}

/// The span of all that the caller did not write: its locals are invisible to the caller's code, and
/// the caller's lints do not apply.
fn here() -> Span {
    Span::mixed_site()
}

/// The same, on the function for messages where its attribute is not: a block's stands far away.
fn at(function: &CachedFn) -> Span {
    match function.within {
        Within::Unseen => here(),
        Within::Type | Within::Trait { .. } => {
            here().located_at(function.item.signature.ident.span())
        }
    }
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

/// The static that describes the function; `install` and the statistics get to know it.
fn declaration(function: &CachedFn) -> TokenStream {
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

/// Clippy has something against using `_names`, which are the caller's.
fn underscored(tokens: &TokenStream) -> Option<TokenStream> {
    let is_underscored = |ident: &Ident| {
        let name = ident.to_string();
        name != "_" && name.starts_with('_') && !name.starts_with("__")
    };
    find(tokens.clone(), &is_underscored)
        .map(|_| quote_spanned!(here()=> #[allow(clippy::used_underscore_binding)]))
}

fn first_span(tokens: impl ToTokens) -> Span {
    let first = tokens.into_token_stream().into_iter().next();
    first.map_or_else(Span::call_site, |token| token.span())
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
fn handle(function: &CachedFn) -> TokenStream {
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
fn declaring(companions: &Companions, at: Span) -> Ident {
    match companions {
        Companions::Methods(start) => format_ident!("__cached_{}", start, span = at),
        Companions::Struct(_) | Companions::Off => Ident::new("__cached", here()),
    }
}

/// What `cache = …` says, checked at one place so that a mistake in it is told once.
fn chosen(runtime: &TokenStream, cache: &Expr) -> TokenStream {
    let at = here().located_at(first_span(cache));
    let runtime = located(runtime, at);
    quote_spanned!(at=> #runtime::__private::chosen(&#cache))
}

/// Statements that leave the key in `__key`.
fn key(function: &CachedFn, handle: &TokenStream) -> TokenStream {
    let CachedFn {
        runtime,
        components,
        generics,
        ..
    } = function;
    let here = here();
    let components = components.iter().map(|component| {
        let value = &component.value;
        let at = here.located_at(component.span);
        let runtime = located(runtime, at);
        let allowed = underscored(value);
        quote_spanned!(at=> #allowed #runtime::__private::Argument(&#value).__push(&mut __key);)
    });
    let generics = generics.iter().map(|generic| match generic {
        Generic::Type(name) => {
            quote_spanned!(here=> #runtime::__private::push_type::<#name>(&mut __key);)
        }
        Generic::Const(name) => {
            quote_spanned!(here=> #runtime::__private::Argument(&#name).__push(&mut __key);)
        }
        Generic::Of(name) => {
            quote_spanned!(here=> #runtime::__private::push_type_of(&mut __key, &#name);)
        }
        Generic::Surroundings => {
            quote_spanned!(here=> #runtime::__private::push_surroundings(&mut __key, &|| ());)
        }
    });
    quote_spanned! {here=>
        let mut __key = #runtime::Key::of(#handle);
        #(#components)*
        #(#generics)*
    }
}

/// The one call that carries the bounds on the value, and what a load needs besides.
fn codec(function: &CachedFn) -> TokenStream {
    let here = here();
    let reader = reader(function);
    let span = |(span, _): &(Span, DurationExpr)| *span;
    let checks = [
        ("cache_none", function.cache_none.as_ref().map(span)),
        ("stale_if_error", function.stale_if_error.as_ref().map(span)),
        ("on_outage", function.on_outage),
    ];
    let checks = checks
        .into_iter()
        .filter_map(|(method, keyword)| Some(check(function, method, keyword?)));
    let cache_if = function
        .cache_if
        .iter()
        .map(|closure| quote_spanned!(here=> .cache_if(#closure)));
    let ttl_with = function.ttl.iter().filter_map(|ttl| match ttl {
        DurationExpr::Closure(closure) => Some(quote_spanned!(here=> .ttl_with(#closure))),
        DurationExpr::Known(_) | DurationExpr::Constant(_) => None,
    });
    quote_spanned!(here=> #reader #(#checks)* #(#cache_if)* #(#ttl_with)*)
}

/// A check of the return type, told where its argument stands.
fn check(function: &CachedFn, method: &str, keyword: Span) -> TokenStream {
    let at = here().located_at(keyword);
    let method = Ident::new(method, at);
    let returns = respan_with(function.returns.to_token_stream(), &|span| {
        span.located_at(keyword)
    });
    quote_spanned!(at=> .#method::<#returns>())
}

/// As much of it as `peek` needs.
fn reader(function: &CachedFn) -> TokenStream {
    let CachedFn {
        runtime, returns, ..
    } = function;
    // All of it lies at the stored type, because the compiler may blame any part of a chain.
    let at = here().located_at(function.stored_at);
    let runtime = located(runtime, at);
    let error = function.cache_err.iter().map(|(span, _)| {
        let method = Ident::new("cache_err", here().located_at(*span));
        quote_spanned!(at=> .#method())
    });
    let borrowed = function
        .error_is_borrowed
        .then(|| quote_spanned!(at=> , borrowed));
    quote_spanned!(at=> #runtime::__private::codec!(#returns #borrowed) #(#error)*)
}

/// Tokens as if the macro had written them, so that the caller's lints do not apply to them.
fn respan(tokens: TokenStream) -> TokenStream {
    respan_with(tokens, &|span| here().located_at(span))
}

/// Tokens at another place: where the compiler puts a message about what begins with them.
fn located(tokens: &TokenStream, at: Span) -> TokenStream {
    respan_with(tokens.clone(), &|_| at)
}

fn respan_with(tokens: TokenStream, span: &dyn Fn(Span) -> Span) -> TokenStream {
    let respanned = tokens.into_iter().map(|mut token| {
        if let TokenTree::Group(group) = &token {
            token = Group::new(group.delimiter(), respan_with(group.stream(), span)).into();
        }
        // `$crate` means what its span says.
        if !matches!(&token, TokenTree::Ident(ident) if ident == "$crate") {
            token.set_span(span(token.span()));
        }
        token
    });
    respanned.collect()
}
