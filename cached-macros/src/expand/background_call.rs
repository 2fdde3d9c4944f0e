//! The call that `stale_while_revalidate` makes in the background.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote_spanned};

use super::companions::{quote_companion_turbofish, quote_path, quote_turbofish};
use super::lints::{allow_many_parameters, allow_underscored, quote_hidden_lints};
use super::spans::{here, located};
use crate::check::{BackgroundCall, CachedFn, Companions};

/// Writes what becomes of a value past its ttl.
///
/// ```text
/// , __stale => __stale.answer(|| profile::__again(id, db))
/// ```
pub(super) fn quote_stale(function: &CachedFn) -> Option<TokenStream> {
    let background_call = function.background_call.as_ref()?;
    let here = here();
    let calling = name_background_call(function);
    let path = match &function.companions {
        Companions::Struct(name) => quote_spanned!(here=> #name::#calling),
        Companions::Methods(_) | Companions::Off => quote_spanned!(here=> Self::#calling),
    };
    let turbofish = quote_companion_turbofish(function);
    let arguments = background_call
        .arguments
        .iter()
        .map(|argument| &argument.value);
    let arguments = quote_spanned!(here=> #(#arguments),*);
    let allowed = allow_underscored(&arguments);
    Some(quote_spanned! {here=>
        , #allowed __stale => __stale.answer(|| #path #turbofish(#arguments))
    })
}

/// Returns the name of the hidden function.
fn name_background_call(function: &CachedFn) -> Ident {
    match &function.companions {
        Companions::Methods(start) => format_ident!("__cached_again_{}", start, span = here()),
        Companions::Struct(_) | Companions::Off => Ident::new("__again", here()),
    }
}

/// Writes the hidden function, an item of its own: inside the annotated function the compiler cannot tell whether its future is `Send`.
///
/// ```text
/// fn __again(id: u64, db: &Db) -> ::cached_core::__private::Again<Result<Profile, DbError>> {
///     let id = ::cached_core::__private::moved(id);
///     let db = ::cached_core::__private::kept(db);
///     ::cached_core::__private::in_background(async move { profile(id, db.lent()).await })
/// }
/// ```
pub(super) fn quote_background_call(
    function: &CachedFn,
    visibility: &TokenStream,
) -> Option<TokenStream> {
    let CachedFn {
        item,
        runtime,
        returns,
        context,
        companion_parameters,
        ..
    } = function;
    let BackgroundCall { keyword, arguments } = function.background_call.as_ref()?;
    let here = here();
    let signature = &item.signature;
    let generics = context.companion_generics(signature);
    let (parameters, _, bounds) = generics.split_for_impl();
    let mut own = Vec::new();
    let mut passed = Vec::new();
    for (given, name) in arguments.iter().zip(&companion_parameters.call_arguments) {
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
    let path = quote_path(function);
    let turbofish = quote_turbofish(&signature.generics);
    let allowed = quote_hidden_lints(function);
    let crowded = allow_many_parameters(&companion_parameters.call);
    let taken = &companion_parameters.call;
    let calling = name_background_call(function);
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
