//! What stands beside a cached function.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::{GenericParam, Generics, Lifetime, LifetimeParam, Type};

use super::background_call::again;
use super::cached::chosen;
use super::codec::reader;
use super::declaration::{declaration, declaring};
use super::key::key;
use super::lints::{crowded, levels, underscored};
use super::spans::{at, here, respan};
use crate::check::{CachedFn, Companions, Within};
use crate::parse::attribute::conditions;
use crate::parse::item::Item;
use crate::syntax::tokens::ours;
use crate::syntax::types::spelled;

/// `profile::key(42)` and so on for a function, `self.profile_key(42)` and so on for a method.
///
/// ```text
/// #[doc(hidden)]
/// struct profile {}
/// impl profile {
///     fn __cached() -> &'static ::cached_core::__private::Function { function!(…) }
///     fn key(id: u64) -> ::cached_core::Key { … }
///     fn peek(id: u64) -> impl Future<Output = Option<Result<Profile, DbError>>> { … }
///     fn invalidate(id: u64) -> Invalidating { … }
///     fn refresh(id: u64, db: &Db) -> impl Future<Output = Result<Profile, DbError>> { … profile(id, db) … }
///     fn uncached(id: u64, db: &Db) -> impl Future<Output = Result<Profile, DbError>> { … profile(id, db) … }
/// }
/// ```
pub(crate) fn companions(function: &CachedFn) -> TokenStream {
    let CachedFn {
        item,
        within,
        companions,
        ..
    } = function;
    beside(item, within, companions, &|visibility, named| {
        companion_functions(function, visibility, named)
    })
}

/// What each companion is called.
pub(super) type Names<'a> = &'a dyn Fn(&str) -> Ident;

/// Where companions stand; `functions` makes them, who may use them and what each is called being given.
pub(super) fn beside(
    item: &Item,
    within: &Within,
    companions: &Companions,
    functions: &dyn Fn(&TokenStream, Names<'_>) -> Vec<TokenStream>,
) -> TokenStream {
    let here = here();
    let conditions = conditions(&item.attributes);
    let visibility = visibility(within, item);
    match companions {
        Companions::Off => TokenStream::new(),
        Companions::Struct(name) => {
            let named =
                |companion: &str| Ident::new(companion, Span::call_site().located_at(name.span()));
            // Who sees the type sees all of it: what is private is private once.
            let functions = functions(&quote_spanned!(here=> pub), &named);
            quote_spanned! {here=>
                #(#conditions)*
                #[doc(hidden)]
                #visibility struct #name {}
                #(#conditions)*
                impl #name { #(#functions)* }
            }
        }
        Companions::Methods(start) => {
            let span = Span::call_site().located_at(item.signature.ident.span());
            let named = |companion: &str| format_ident!("{}_{}", start, companion, span = span);
            // Beside a trait's block, all of their `impl` is hidden.
            let is_shown = !matches!(within, Within::Trait { .. });
            let hidden = is_shown.then(|| quote_spanned!(here=> #[doc(hidden)]));
            let methods = functions(&visibility, &named);
            let methods = methods
                .iter()
                .map(|method| quote_spanned!(here=> #(#conditions)* #hidden #method));
            methods.collect()
        }
    }
}

/// Who may use the companions.
fn visibility(within: &Within, item: &Item) -> TokenStream {
    match within {
        // What a trait declares is as visible as the trait is.
        Within::Trait { .. } => {
            let at = here().located_at(item.signature.ident.span());
            quote_spanned!(at=> pub)
        }
        Within::Unseen | Within::Type => respan(item.visibility.to_token_stream()),
    }
}

fn companion_functions(
    function: &CachedFn,
    visibility: &TokenStream,
    named: Names<'_>,
) -> Vec<TokenStream> {
    let CachedFn {
        item,
        runtime,
        signatures,
        ..
    } = function;
    let here = at(function);
    let generics = function.within.generics(&item.signature);
    let (parameters, _, bounds) = generics.split_for_impl();
    let declaration = declaration(function);
    let declaring = declaring(&function.companions, here);
    let handle = quote_spanned!(here=> Self::#declaring());
    let make_key = key(function, &handle);
    let codec = reader(function);
    let (peek_generics, peeked) = peeked(function, &generics);
    let (peek_parameters, _, _) = peek_generics.split_for_impl();
    let looking = &signatures.looking;
    let idle = signatures.idle.iter().map(|name| {
        let allowed = underscored(&name.to_token_stream());
        quote_spanned!(here=> #allowed let _ = &#name;)
    });
    let idle: TokenStream = idle.collect();
    let by_type = quote_spanned!(here=> use #runtime::__private::by_type::*;);
    let (made, made_by, key_made) = key_made(function, &make_key, &by_type, &named("key"));
    let (peek_at, invalidate_at) = match &function.cache {
        None => (
            quote_spanned!(here=> peek(#key_made)),
            quote_spanned!(here=> invalidated(#key_made)),
        ),
        Some(cache) => {
            let cache = chosen(runtime, cache);
            (
                quote_spanned!(here=> peek_in(#cache, #key_made)),
                quote_spanned!(here=> invalidated_in(#cache, #key_made)),
            )
        }
    };
    let found = quote_spanned!(here=> ::core::option::Option<#peeked>);
    let peeks = Future::of(function, &found, function.cache.is_none());
    let (peeks_async, peeks_to, peeks_await) = (peeks.keyword, peeks.returned, peeks.awaited);
    let levels = levels(function);
    let of_looking = crowded(looking);
    let key = named("key");
    let peek = named("peek");
    let invalidate = named("invalidate");
    let [refresh, uncached] = ["refresh", "uncached"]
        .map(|name| running(function, visibility, &handle, name, &named(name)));
    let mut functions = vec![
        quote_spanned! {here=>
            #visibility fn #declaring() -> &'static #runtime::__private::Function {
                #declaration
            }
        },
        quote_spanned! {here=>
            #levels
            #of_looking
            #visibility fn #key #parameters(#(#looking),*) -> #runtime::Key #bounds {
                #by_type
                #idle
                #make_key
                __key
            }
        },
        quote_spanned! {here=>
            #levels
            #of_looking
            #visibility #peeks_async fn #peek #peek_parameters(#(#looking),*) -> #peeks_to #bounds {
                #by_type
                #idle
                #made
                #codec.#peek_at #peeks_await
            }
        },
        quote_spanned! {here=>
            #levels
            #of_looking
            #visibility fn #invalidate #parameters(#(#looking),*) -> #runtime::__private::Invalidating #bounds {
                #made_by
                #idle
                #made
                #runtime::__private::#invalidate_at
            }
        },
        refresh,
        uncached,
    ];
    functions.extend(again(function, visibility));
    functions
}

/// What `peek` returns, and its generic parameters: a lifetime that the return type leaves out may be that of a
/// parameter which `peek` does not have.
fn peeked(function: &CachedFn, generics: &Generics) -> (Generics, Type) {
    let mut generics = generics.clone();
    let lifetime = Lifetime::new("'__returned", here());
    let Some(returns) = spelled(&function.returns, &lifetime) else {
        return (generics, function.returns.clone());
    };
    let lifetime = GenericParam::Lifetime(LifetimeParam::new(lifetime));
    generics.params.insert(0, lifetime);
    (generics, returns)
}

/// `refresh` or `uncached`: a call of the annotated function by another way.
fn running(
    function: &CachedFn,
    visibility: &TokenStream,
    handle: &TokenStream,
    way: &str,
    name: &Ident,
) -> TokenStream {
    let CachedFn {
        item,
        runtime,
        returns,
        signatures,
        ..
    } = function;
    let here = at(function);
    let generics = function.within.generics(&item.signature);
    let (parameters, _, bounds) = generics.split_for_impl();
    let calling = &signatures.calling;
    let crowded = crowded(calling);
    let levels = levels(function);
    let user = call(function);
    let way = Ident::new(way, here);
    let Future {
        keyword,
        returned,
        awaited,
    } = Future::of(function, returns, true);
    quote_spanned! {here=>
        #levels
        #crowded
        #visibility #keyword fn #name #parameters(#(#calling),*) -> #returned #bounds {
            #runtime::__private::#way(#handle, #user) #awaited
        }
    }
}

/// How a companion is written that gives a future.
struct Future {
    keyword: Option<TokenStream>,
    returned: TokenStream,
    awaited: Option<TokenStream>,
}

impl Future {
    /// One that returns the runtime's future compiles in half the time of an `async fn` that awaits it; but it
    /// cannot borrow what is made in its body, nor what a method's elided lifetimes leave unsaid.
    fn of(function: &CachedFn, returned: &impl ToTokens, borrows_nothing: bool) -> Self {
        let here = at(function);
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

/// How `peek` and `invalidate` come by the key: statements, what these need, and the key itself. `key`
/// makes it where the parameters can be passed on.
fn key_made<'a>(
    function: &CachedFn,
    make_key: &'a TokenStream,
    by_type: &'a TokenStream,
    key: &Ident,
) -> (
    Option<&'a TokenStream>,
    Option<&'a TokenStream>,
    TokenStream,
) {
    let here = here();
    match &function.signatures.looked {
        Some(passed) => {
            let turbofish = of_companions(function);
            let made = quote_spanned!(here=> Self::#key #turbofish(#(#passed),*));
            (None, None, made)
        }
        None => (Some(make_key), Some(by_type), quote_spanned!(here=> __key)),
    }
}

/// A call of the annotated function by its companions.
fn call(function: &CachedFn) -> TokenStream {
    let here = here();
    let receiver = function.item.signature.receiver();
    let passed = function.signatures.passed.as_slice();
    let turbofish = turbofish(&function.item.signature.generics);
    if let (Within::Unseen | Within::Type, Some(_), [receiver, passed @ ..]) =
        (&function.within, receiver, passed)
    {
        let name = name(function);
        quote_spanned!(here=> #receiver.#name #turbofish(#(#passed),*))
    } else {
        let path = path(function);
        quote_spanned!(here=> #path #turbofish(#(#passed),*))
    }
}

/// The annotated function as its companions see it.
pub(super) fn path(function: &CachedFn) -> TokenStream {
    let here = here();
    let name = name(function);
    match &function.within {
        Within::Trait { of, .. } => {
            let of = respan(of.to_token_stream());
            quote_spanned!(here=> <Self as #of>::#name)
        }
        Within::Unseen if function.item.signature.receiver().is_none() => name.to_token_stream(),
        Within::Unseen | Within::Type => quote_spanned!(here=> Self::#name),
    }
}

fn name(function: &CachedFn) -> Ident {
    ours(&function.item.signature.ident)
}

/// The generic arguments for a call of the annotated function by a companion.
pub(super) fn turbofish(generics: &Generics) -> Option<TokenStream> {
    let names = generics
        .params
        .iter()
        .filter_map(|parameter| match parameter {
            GenericParam::Type(parameter) => Some(&parameter.ident),
            GenericParam::Const(parameter) => Some(&parameter.ident),
            GenericParam::Lifetime(_) => None,
        });
    let names: Vec<_> = names.collect();
    (!names.is_empty()).then(|| quote_spanned!(here()=> ::<#(#names),*>))
}

/// The generic arguments for a call of a companion.
pub(super) fn of_companions(function: &CachedFn) -> Option<TokenStream> {
    turbofish(&function.within.generics(&function.item.signature))
}
