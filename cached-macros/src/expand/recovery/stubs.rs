//! What stands beside a function that has mistakes, so that they are all that its callers hear of.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote_spanned};

use crate::check::Unfinished;
use crate::expand::companions::{Names, beside};
use crate::expand::declaration::declaring;
use crate::expand::spans::here;
use crate::syntax::types::nameable;

/// The companions, with the right parameters as far as they are known, and bodies that never end.
///
/// ```text
/// struct profile {}
/// impl profile {
///     fn key(_: u64) -> ::cached_core::Key { loop {} }
///     async fn peek(_: u64) -> Option<Result<Profile, DbError>> { loop {} }
///     …
/// }
/// ```
pub(crate) fn stubs(unfinished: &Unfinished) -> TokenStream {
    let Unfinished {
        item,
        within,
        companions,
        ..
    } = unfinished;
    if !unfinished.has_stubs {
        return TokenStream::new();
    }
    beside(item, within, companions, &|visibility, named| {
        functions(unfinished, visibility, named)
    })
}

fn functions(
    unfinished: &Unfinished,
    visibility: &TokenStream,
    named: Names<'_>,
) -> Vec<TokenStream> {
    let here = here();
    let runtime = &unfinished.runtime;
    let returns = nameable(unfinished.returns.clone());
    let declaring = declaring(&unfinished.companions, here);
    let signature = &unfinished.item.signature;
    let generics = unfinished.within.generics(signature);
    let (parameters, _, bounds) = generics.split_for_impl();
    let of = |asyncness: Option<TokenStream>,
              name: &str,
              taken: &[TokenStream],
              returned: TokenStream| {
        let name = named(name);
        quote_spanned! {here=>
            #[allow(unused_variables)]
            #visibility #asyncness fn #name #parameters(#(#taken),*) -> #returned #bounds { loop {} }
        }
    };
    let asynchronous = || Some(quote_spanned!(here=> async));
    let looking = &unfinished.signatures.looking;
    let calling = &unfinished.signatures.calling;
    let returned = || returns.to_token_stream();
    let option = quote_spanned!(here=> ::core::option::Option<#returns>);
    let done = quote_spanned!(here=> #runtime::__private::Done);
    vec![
        quote_spanned! {here=>
            #visibility fn #declaring() -> &'static #runtime::__private::Function { loop {} }
        },
        of(None, "key", looking, quote_spanned!(here=> #runtime::Key)),
        of(asynchronous(), "peek", looking, option),
        of(asynchronous(), "invalidate", looking, done),
        of(asynchronous(), "refresh", calling, returned()),
        of(asynchronous(), "uncached", calling, returned()),
    ]
}
