//! The hidden function that `stale_while_revalidate` calls in the background.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote_spanned};

use super::companions::{quote_companion_turbofish, quote_path, quote_turbofish};
use super::lints::{allow_many_parameters, allow_underscored, quote_hidden_lints};
use super::spans::{here, respan_at};
use crate::check::{BackgroundCall, CachedFn, Companions};

/// Writes what becomes of a value past its ttl.
///
/// ```text
/// , __stale => __stale.answer(|| profile::__again(id, db))
/// ```
pub(super) fn quote_stale(function: &CachedFn) -> Option<TokenStream> {
    let background_call = function.background_call.as_ref()?;
    let here = here();
    let name = name_background_call(function);
    let path = match &function.companions {
        Companions::Struct(of) => quote_spanned!(here=> #of::#name),
        Companions::Methods(_) | Companions::Off => quote_spanned!(here=> Self::#name),
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

/// Writes the hidden function. It is an item of its own, because inside the annotated function the compiler cannot
/// tell whether its future is `Send`.
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
    let background_call = function.background_call.as_ref()?;
    let here = here();
    let generics = context.companion_generics(&item.signature);
    let (generics, _, bounds) = generics.split_for_impl();
    let (kept, passed) = quote_arguments(function, background_call);
    let path = quote_path(function);
    let turbofish = quote_turbofish(&item.signature.generics);
    let allowed = quote_hidden_lints(function);
    let parameters = &companion_parameters.call;
    let many = allow_many_parameters(parameters);
    let name = name_background_call(function);
    // The place at which the future is found not to be `Send`.
    let at = here.located_at(background_call.keyword);
    let in_background = {
        let runtime = respan_at(runtime, at);
        quote_spanned!(at=> #runtime::__private::in_background)
    };
    let call = quote_spanned! {at=>
        #in_background(async move { #path #turbofish(#(#passed),*).await })
    };
    Some(quote_spanned! {here=>
        #allowed
        #many
        #visibility fn #name #generics(#(#parameters),*) -> #runtime::__private::Again<#returns> #bounds {
            #(#kept)*
            #call
        }
    })
}

/// Writes the statements that keep the arguments, and the arguments of the call itself.
///
/// ```text
/// let db = ::cached_core::__private::kept(db);
/// // and
/// db.lent()
/// ```
fn quote_arguments(
    function: &CachedFn,
    background_call: &BackgroundCall,
) -> (Vec<TokenStream>, Vec<TokenStream>) {
    let has_self = function.item.signature.receiver().is_some();
    let mut statements = Vec::new();
    let mut passed = Vec::new();
    let names = &function.companion_parameters.call_arguments;
    for (argument, name) in background_call.arguments.iter().zip(names) {
        let at = here().located_at(argument.span);
        let runtime = respan_at(&function.runtime, at);
        let way = if argument.is_lent { "kept" } else { "moved" };
        let way = Ident::new(way, at);
        let kept = if has_self && statements.is_empty() {
            // Hidden from the parameters, one of which may be called so.
            Ident::new("__self", Span::call_site()).to_token_stream()
        } else {
            name.clone()
        };
        statements.push(quote_spanned!(at=> let #kept = #runtime::__private::#way(#name);));
        passed.push(if argument.is_lent {
            quote_spanned!(at=> #kept.lent())
        } else {
            kept
        });
    }
    (statements, passed)
}
