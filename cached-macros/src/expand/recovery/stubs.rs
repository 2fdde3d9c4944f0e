//! The companions of a function that was refused, so that its errors are all that its callers hear of.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote_spanned};

use crate::check::RejectedFn;
use crate::expand::companions::{NameCompanion, place_companions};
use crate::expand::declaration::name_declaring;
use crate::expand::spans::here;
use crate::syntax::types::replace_unreturnable;

/// Writes the companions, with the right parameters as far as they are known, and bodies that never end.
///
/// ```text
/// async fn profile(id: u64) -> Result<Profile, DbError> { … }
/// // has beside it
/// struct profile {}
/// impl profile {
///     fn key(_: u64) -> ::cached_core::Key { loop {} }
///     async fn peek(_: u64) -> Option<Result<Profile, DbError>> { loop {} }
///     …
/// }
/// ```
pub(crate) fn expand_stubs(rejected: &RejectedFn) -> TokenStream {
    let RejectedFn {
        item,
        context,
        companions,
        ..
    } = rejected;
    if !rejected.has_stubs {
        return TokenStream::new();
    }
    place_companions(item, context, companions, &|visibility, named| {
        quote_functions(rejected, visibility, named)
    })
}

fn quote_functions(
    rejected: &RejectedFn,
    visibility: &TokenStream,
    named: NameCompanion<'_>,
) -> Vec<TokenStream> {
    let here = here();
    let runtime = &rejected.runtime;
    let returns = replace_unreturnable(rejected.returns.clone());
    let declaring = name_declaring(&rejected.companions, here);
    let signature = &rejected.item.signature;
    let generics = rejected.context.companion_generics(signature);
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
    let looking = &rejected.companion_parameters.lookup;
    let calling = &rejected.companion_parameters.call;
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
