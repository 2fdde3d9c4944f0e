//! The call that `stale_while_revalidate` makes behind an answer.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote_spanned};

use super::companions::{of_companions, path, turbofish};
use super::lints::{allowed, crowded, underscored};
use super::spans::{here, located};
use crate::check::{Again, CachedFn, Companions};

/// What becomes of a value past its ttl.
///
/// ```text
/// , __stale => __stale.answer(|| profile::__again(id, db))
/// ```
pub(super) fn stale(function: &CachedFn) -> Option<TokenStream> {
    let again = function.again.as_ref()?;
    let here = here();
    let calling = calling(function);
    let path = match &function.companions {
        Companions::Struct(name) => quote_spanned!(here=> #name::#calling),
        Companions::Methods(_) | Companions::Off => quote_spanned!(here=> Self::#calling),
    };
    let turbofish = of_companions(function);
    let given = again.arguments.iter().map(|given| &given.value);
    let given = quote_spanned!(here=> #(#given),*);
    let allowed = underscored(&given);
    Some(quote_spanned! {here=>
        , #allowed __stale => __stale.answer(|| #path #turbofish(#given))
    })
}

/// The name of the hidden function.
fn calling(function: &CachedFn) -> Ident {
    match &function.companions {
        Companions::Methods(start) => format_ident!("__cached_again_{}", start, span = here()),
        Companions::Struct(_) | Companions::Off => Ident::new("__again", here()),
    }
}

/// An item of its own: inside the function the compiler cannot tell whether its future is `Send`.
///
/// ```text
/// fn __again(id: u64, db: &Db) -> ::cached_core::__private::Again<Result<Profile, DbError>> {
///     let id = ::cached_core::__private::moved(id);
///     let db = ::cached_core::__private::kept(db);
///     ::cached_core::__private::in_background(async move { profile(id, db.lent()).await })
/// }
/// ```
pub(super) fn again(function: &CachedFn, visibility: &TokenStream) -> Option<TokenStream> {
    let CachedFn {
        item,
        runtime,
        returns,
        signatures,
        ..
    } = function;
    let Again {
        keyword, arguments, ..
    } = function.again.as_ref()?;
    let here = here();
    let signature = &item.signature;
    let generics = function.within.generics(signature);
    let (parameters, _, bounds) = generics.split_for_impl();
    let mut own = Vec::new();
    let mut passed = Vec::new();
    for (given, name) in arguments.iter().zip(&signatures.passed) {
        let at = here.located_at(given.span);
        let runtime = located(runtime, at);
        let way = Ident::new(if given.is_lent { "kept" } else { "moved" }, at);
        let kept = if signature.receiver().is_some() && own.is_empty() {
            // Hidden from the parameters, one of which may be called so.
            Ident::new("__self", Span::call_site()).to_token_stream()
        } else {
            name.clone()
        };
        own.push(quote_spanned!(at=> let #kept = #runtime::__private::#way(#name);));
        passed.push(if given.is_lent {
            quote_spanned!(at=> #kept.lent())
        } else {
            kept
        });
    }
    let path = path(function);
    let turbofish = turbofish(&signature.generics);
    let allowed = allowed(function);
    let crowded = crowded(&signatures.calling);
    let taken = &signatures.calling;
    let calling = calling(function);
    // Where the future is found not to be `Send`.
    let at = here.located_at(*keyword);
    let in_background = {
        let runtime = located(runtime, at);
        quote_spanned!(at=> #runtime::__private::in_background)
    };
    let call = quote_spanned! {at=>
        #in_background(async move { #path #turbofish(#(#passed),*).await })
    };
    Some(quote_spanned! {here=>
        #allowed
        #crowded
        #visibility fn #calling #parameters(#(#taken),*) -> #runtime::__private::Again<#returns> #bounds {
            #(#own)*
            #call
        }
    })
}
