//! What stands beside a function that has mistakes, so that they are all that its callers hear of.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote_spanned};
use syn::Attribute;

use super::companions::visibility;
use super::elided::nameable;
use super::here;
use crate::model::{Companions, Unfinished};

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
    let here = here();
    let item = &unfinished.item;
    if !unfinished.has_stubs {
        return TokenStream::new();
    }
    let conditions: Vec<&Attribute> = item
        .attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
        .collect();
    let visibility = visibility(&unfinished.within, item);
    match &unfinished.companions {
        Companions::Off => TokenStream::new(),
        Companions::Struct(name) => {
            let public = quote_spanned!(here=> pub);
            let functions = functions(unfinished, &public, "__cached", &|companion| {
                Ident::new(companion, Span::call_site())
            });
            quote_spanned! {here=>
                #(#conditions)*
                #[doc(hidden)]
                #visibility struct #name {}
                #(#conditions)*
                impl #name { #(#functions)* }
            }
        }
        Companions::Methods(start) => {
            let declaring = format!("__cached_{start}");
            let methods = functions(unfinished, &visibility, &declaring, &|companion| {
                format_ident!("{start}_{companion}", span = Span::call_site())
            });
            let methods = methods
                .iter()
                .map(|method| quote_spanned!(here=> #(#conditions)* #[doc(hidden)] #method));
            methods.collect()
        }
    }
}

fn functions(
    unfinished: &Unfinished,
    visibility: &TokenStream,
    declaring: &str,
    named: &dyn Fn(&str) -> Ident,
) -> [TokenStream; 6] {
    let here = here();
    let runtime = &unfinished.runtime;
    let returns = nameable(unfinished.returns.clone());
    let declaring = Ident::new(declaring, here);
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
    [
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
