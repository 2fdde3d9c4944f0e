//! The companions that run no body: `key`, `peek` and `invalidate`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote_spanned};
use syn::{GenericParam, Generics, Lifetime, LifetimeParam, Type};

use super::NameCompanion;
use super::calls::quote_companion_turbofish;
use super::future::CompanionFuture;
use crate::check::CachedFn;
use crate::expand::cached::quote_cache;
use crate::expand::codec::quote_reader;
use crate::expand::key::quote_key;
use crate::expand::lints::{allow_many_parameters, allow_underscored, quote_companion_lints};
use crate::expand::spans::{at_function, here};
use crate::syntax::types::spell_lifetimes;

/// Writes `key`, `peek` and `invalidate`.
///
/// ```text
/// fn key(id: u64) -> ::cached_core::Key {
///     use ::cached_core::__private::by_type::*;
///     let mut __key = ::cached_core::Key::of(Self::__cached());
///     ::cached_core::__private::Argument(&id).__push(&mut __key);
///     __key
/// }
/// fn peek(id: u64) -> impl Future<Output = Option<Result<Profile, DbError>>> {
///     use ::cached_core::__private::by_type::*;
///     ::cached_core::__private::codec!(Result<Profile, DbError>).peek(Self::key(id))
/// }
/// fn invalidate(id: u64) -> ::cached_core::__private::Invalidating {
///     ::cached_core::__private::invalidated(Self::key(id))
/// }
/// ```
pub(super) fn quote_lookups(
    function: &CachedFn,
    visibility: &TokenStream,
    handle: &TokenStream,
    name: NameCompanion<'_>,
) -> [TokenStream; 3] {
    let lookups = Lookups::of(function, visibility, handle);
    let [key, peek, invalidate] = ["key", "peek", "invalidate"].map(name);
    let made = KeyMade::of(function, &lookups, &key);
    [
        lookups.quote_key_companion(&key),
        lookups.quote_peek(&peek, &made),
        lookups.quote_invalidate(&invalidate, &made),
    ]
}

/// The parts that the three have in common.
struct Lookups<'a> {
    function: &'a CachedFn,
    generics: Generics,
    lints: TokenStream,
    visibility: &'a TokenStream,
    /// The import of the traits that tell types apart.
    by_type: TokenStream,
    /// Uses of parameters that would be unused.
    uses: TokenStream,
    /// Statements that leave the key in `__key`.
    make_key: TokenStream,
}

impl<'a> Lookups<'a> {
    fn of(function: &'a CachedFn, visibility: &'a TokenStream, handle: &TokenStream) -> Self {
        let here = at_function(function);
        let runtime = &function.runtime;
        let parameters = &function.companion_parameters;
        let uses = parameters.unused.iter().map(|name| {
            let allowed = allow_underscored(&name.to_token_stream());
            quote_spanned!(here=> #allowed let _ = &#name;)
        });
        let companion_lints = quote_companion_lints(function);
        let many = allow_many_parameters(&parameters.lookup);
        Lookups {
            function,
            generics: function
                .context
                .companion_generics(&function.item.signature),
            lints: quote_spanned!(here=> #companion_lints #many),
            visibility,
            by_type: quote_spanned!(here=> use #runtime::__private::by_type::*;),
            uses: uses.collect(),
            make_key: quote_key(function, handle),
        }
    }

    fn quote_key_companion(&self, name: &Ident) -> TokenStream {
        let Lookups {
            function,
            lints,
            visibility,
            by_type,
            uses,
            make_key,
            ..
        } = self;
        let here = at_function(function);
        let runtime = &function.runtime;
        let lookup = &function.companion_parameters.lookup;
        let (generics, _, bounds) = self.generics.split_for_impl();
        quote_spanned! {here=>
            #lints
            #visibility fn #name #generics(#(#lookup),*) -> #runtime::Key #bounds {
                #by_type
                #uses
                #make_key
                __key
            }
        }
    }

    fn quote_peek(&self, name: &Ident, made: &KeyMade<'_>) -> TokenStream {
        let Lookups {
            function,
            lints,
            visibility,
            by_type,
            uses,
            ..
        } = self;
        let here = at_function(function);
        let lookup = &function.companion_parameters.lookup;
        let (generics, peeked) = spell_peeked(function, &self.generics);
        let (generics, _, _) = generics.split_for_impl();
        let (_, _, bounds) = self.generics.split_for_impl();
        let codec = quote_reader(function);
        let KeyMade {
            statements, key, ..
        } = made;
        let peek = match &function.options.cache {
            None => quote_spanned!(here=> peek(#key)),
            Some(cache) => {
                let cache = quote_cache(&function.runtime, cache);
                quote_spanned!(here=> peek_in(#cache, #key))
            }
        };
        let found = quote_spanned!(here=> ::core::option::Option<#peeked>);
        let CompanionFuture {
            keyword,
            returned,
            awaited,
        } = CompanionFuture::of(function, &found, function.options.cache.is_none());
        quote_spanned! {here=>
            #lints
            #visibility #keyword fn #name #generics(#(#lookup),*) -> #returned #bounds {
                #by_type
                #uses
                #statements
                #codec.#peek #awaited
            }
        }
    }

    fn quote_invalidate(&self, name: &Ident, made: &KeyMade<'_>) -> TokenStream {
        let Lookups {
            function,
            lints,
            visibility,
            uses,
            ..
        } = self;
        let here = at_function(function);
        let runtime = &function.runtime;
        let lookup = &function.companion_parameters.lookup;
        let (generics, _, bounds) = self.generics.split_for_impl();
        let KeyMade {
            by_type,
            statements,
            key,
        } = made;
        let invalidate = match &function.options.cache {
            None => quote_spanned!(here=> invalidated(#key)),
            Some(cache) => {
                let cache = quote_cache(runtime, cache);
                quote_spanned!(here=> invalidated_in(#cache, #key))
            }
        };
        quote_spanned! {here=>
            #lints
            #visibility fn #name #generics(#(#lookup),*) -> #runtime::__private::Invalidating #bounds {
                #by_type
                #uses
                #statements
                #runtime::__private::#invalidate
            }
        }
    }
}

/// The key in `peek` and `invalidate`: a call of `key` where the parameters can be passed on, else made again.
struct KeyMade<'a> {
    by_type: Option<&'a TokenStream>,
    statements: Option<&'a TokenStream>,
    key: TokenStream,
}

impl<'a> KeyMade<'a> {
    fn of(function: &CachedFn, lookups: &'a Lookups<'_>, key: &Ident) -> Self {
        let here = here();
        match &function.companion_parameters.lookup_arguments {
            Some(passed) => {
                let turbofish = quote_companion_turbofish(function);
                KeyMade {
                    by_type: None,
                    statements: None,
                    key: quote_spanned!(here=> Self::#key #turbofish(#(#passed),*)),
                }
            }
            None => KeyMade {
                by_type: Some(&lookups.by_type),
                statements: Some(&lookups.make_key),
                key: quote_spanned!(here=> __key),
            },
        }
    }
}

/// Returns the generic parameters of `peek`, and its return type: a lifetime that the type leaves out may be that
/// of a parameter which `peek` does not have.
fn spell_peeked(function: &CachedFn, generics: &Generics) -> (Generics, Type) {
    let mut generics = generics.clone();
    let lifetime = Lifetime::new("'__returned", here());
    let Some(returns) = spell_lifetimes(&function.returns, &lifetime) else {
        return (generics, function.returns.clone());
    };
    let lifetime = GenericParam::Lifetime(LifetimeParam::new(lifetime));
    generics.params.insert(0, lifetime);
    (generics, returns)
}
