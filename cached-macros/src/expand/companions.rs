//! The companions of a cached function, and the type or `impl` that they stand in.

mod calls;
mod future;
mod lookups;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote_spanned};

use self::calls::quote_runs;
pub(super) use self::calls::{quote_companion_turbofish, quote_path, quote_turbofish};
use self::lookups::quote_lookups;
use super::background_call::quote_background_call;
use super::declaration::{name_declaring, quote_declaration};
use super::spans::{at_function, here, respan};
use crate::check::{CachedFn, Companions, ImplContext};
use crate::parse::attribute::select_conditions;
use crate::parse::item::Item;

/// Expands the companions: `profile::key(42)` and so on for a function, `self.profile_key(42)` and so on for a
/// method.
///
/// ```text
/// async fn profile(id: u64, #[cached(skip)] db: &Db) -> Result<Profile, DbError> { … }
/// // has beside it
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
pub(crate) fn expand_companions(function: &CachedFn) -> TokenStream {
    let CachedFn {
        item,
        context,
        companions,
        ..
    } = function;
    place_companions(item, context, companions, &|visibility, name| {
        quote_functions(function, visibility, name)
    })
}

/// A function that gives a companion its name.
pub(super) type NameCompanion<'a> = &'a dyn Fn(&str) -> Ident;

/// Places companions; `functions` makes them from their visibility and their names.
pub(super) fn place_companions(
    item: &Item,
    context: &ImplContext,
    companions: &Companions,
    functions: &dyn Fn(&TokenStream, NameCompanion<'_>) -> Vec<TokenStream>,
) -> TokenStream {
    let here = here();
    let conditions = select_conditions(&item.attributes);
    let visibility = quote_visibility(context, item);
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
            // Beside the `impl` of a trait, all of their `impl` is hidden.
            let is_shown = !matches!(context, ImplContext::Trait { .. });
            let hidden = is_shown.then(|| quote_spanned!(here=> #[doc(hidden)]));
            let methods = functions(&visibility, &named);
            let methods = methods
                .iter()
                .map(|method| quote_spanned!(here=> #(#conditions)* #hidden #method));
            methods.collect()
        }
    }
}

/// Writes the visibility of the companions.
fn quote_visibility(context: &ImplContext, item: &Item) -> TokenStream {
    match context {
        // What a trait declares is as visible as the trait is.
        ImplContext::Trait { .. } => {
            let at = here().located_at(item.signature.ident.span());
            quote_spanned!(at=> pub)
        }
        ImplContext::Unseen | ImplContext::Inherent => respan(item.visibility.to_token_stream()),
    }
}

/// Writes the companions, and the hidden functions among them.
fn quote_functions(
    function: &CachedFn,
    visibility: &TokenStream,
    name: NameCompanion<'_>,
) -> Vec<TokenStream> {
    let runtime = &function.runtime;
    let here = at_function(function);
    let declaration = quote_declaration(function);
    let declaring = name_declaring(&function.companions, here);
    let handle = quote_spanned!(here=> Self::#declaring());
    let mut functions = vec![quote_spanned! {here=>
        #visibility fn #declaring() -> &'static #runtime::__private::Function {
            #declaration
        }
    }];
    functions.extend(quote_lookups(function, visibility, &handle, name));
    functions.extend(quote_runs(function, visibility, &handle, name));
    functions.extend(quote_background_call(function, visibility));
    functions
}
