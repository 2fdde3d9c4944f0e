//! The companions that run the body, `refresh` and `uncached`: calls of the annotated function by another way.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote_spanned};
use syn::{GenericParam, Generics};

use super::NameCompanion;
use super::future::CompanionFuture;
use crate::check::{CachedFn, ImplContext};
use crate::expand::lints::{allow_many_parameters, quote_companion_lints};
use crate::expand::spans::{at_function, here, respan};
use crate::syntax::tokens::to_ours;

/// Writes `refresh` and `uncached`.
///
/// ```text
/// fn refresh(id: u64, db: &Db) -> impl Future<Output = Result<Profile, DbError>> {
///     ::cached_core::__private::refresh(Self::__cached(), profile(id, db))
/// }
/// fn uncached(id: u64, db: &Db) -> impl Future<Output = Result<Profile, DbError>> {
///     ::cached_core::__private::uncached(Self::__cached(), profile(id, db))
/// }
/// ```
pub(super) fn quote_runs(
    function: &CachedFn,
    visibility: &TokenStream,
    handle: &TokenStream,
    name: NameCompanion<'_>,
) -> [TokenStream; 2] {
    ["refresh", "uncached"].map(|way| quote_run(function, visibility, handle, way, &name(way)))
}

fn quote_run(
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
        context,
        companion_parameters,
        ..
    } = function;
    let here = at_function(function);
    let generics = context.companion_generics(&item.signature);
    let (generics, _, bounds) = generics.split_for_impl();
    let parameters = &companion_parameters.call;
    let many = allow_many_parameters(parameters);
    let lints = quote_companion_lints(function);
    let user = quote_call(function);
    let way = Ident::new(way, here);
    let CompanionFuture {
        keyword,
        returned,
        awaited,
    } = CompanionFuture::of(function, returns, true);
    quote_spanned! {here=>
        #lints
        #many
        #visibility #keyword fn #name #generics(#(#parameters),*) -> #returned #bounds {
            #runtime::__private::#way(#handle, #user) #awaited
        }
    }
}

/// Writes a call of the annotated function by a companion.
fn quote_call(function: &CachedFn) -> TokenStream {
    let here = here();
    let receiver = function.item.signature.receiver();
    let passed = function.companion_parameters.call_arguments.as_slice();
    let turbofish = quote_turbofish(&function.item.signature.generics);
    if let (ImplContext::Unseen | ImplContext::Inherent, Some(_), [receiver, passed @ ..]) =
        (&function.context, receiver, passed)
    {
        let name = to_ours(&function.item.signature.ident);
        quote_spanned!(here=> #receiver.#name #turbofish(#(#passed),*))
    } else {
        let path = quote_path(function);
        quote_spanned!(here=> #path #turbofish(#(#passed),*))
    }
}

/// Writes the path of the annotated function as its companions see it.
pub(in crate::expand) fn quote_path(function: &CachedFn) -> TokenStream {
    let here = here();
    let name = to_ours(&function.item.signature.ident);
    match &function.context {
        ImplContext::Trait { of, .. } => {
            let of = respan(of.to_token_stream());
            quote_spanned!(here=> <Self as #of>::#name)
        }
        ImplContext::Unseen if function.item.signature.receiver().is_none() => {
            name.to_token_stream()
        }
        ImplContext::Unseen | ImplContext::Inherent => quote_spanned!(here=> Self::#name),
    }
}

/// Writes the generic arguments for a call of the annotated function by a companion.
pub(in crate::expand) fn quote_turbofish(generics: &Generics) -> Option<TokenStream> {
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

/// Writes the generic arguments for a call of a companion.
pub(in crate::expand) fn quote_companion_turbofish(function: &CachedFn) -> Option<TokenStream> {
    quote_turbofish(
        &function
            .context
            .companion_generics(&function.item.signature),
    )
}
