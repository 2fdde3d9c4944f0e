//! The expansion of a function under `#[invalidates(...)]`.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote_spanned};

use super::cached::quote_cache;
use super::form::{quote_around, quote_body, quote_made};
use super::lints::allow_underscored;
use super::spans::{first_span, here, respan_at};
use crate::check::{
    CallArgument, CheckedTarget, CheckedTemplate, Component, InvalidatingFn, TypedCall,
    name_returned,
};
use crate::parse::args::When;
use crate::syntax::template::TemplateKind;

/// Expands a function that invalidates.
///
/// ```text
/// async fn rename(id: u64, name: &str) -> Result<(), DbError> {
///     db.rename(id, name).await
/// }
/// // becomes
/// async fn rename(id: u64, name: &str) -> Result<(), DbError> {
///     use ::cached_core::__private::by_type::*;
///     let __prepared = ::cached_core::__private::Invalidation::new()
///         .pattern(::cached_core::__private::named!("user:{0}", false), |__key| { ::cached_core::__private::Argument(&id).__push(__key); })
///         .call(profile::key(::cached_core::__private::Argument(&id).__cloned()))
///         .prepare();
///     let __returned = {
///         let __returned = async move {
///             if false { return ::cached_core::__private::never::<Result<(), DbError>>(); }
///             db.rename(id, name).await
///         }.await;
///         match ::cached_core::__private::Returns::of(&__returned).__result().__option().__ended(__returned) {
///             ::cached_core::__private::Ended::Succeeded(__returned) => __returned,
///             ::cached_core::__private::Ended::Failed(__returned) => {
///                 __prepared.discard();
///                 return __returned;
///             }
///         }
///     };
///     __prepared.apply().await;
///     __returned.restore()
/// }
/// ```
pub(crate) fn expand_invalidating_fn(function: &InvalidatingFn) -> TokenStream {
    let InvalidatingFn {
        item,
        runtime,
        form,
        returns,
        ..
    } = function;
    let attributes = &item.attributes;
    let (visibility, signature) = (&item.visibility, &item.signature);
    let inner = &item.inner_attributes;
    let here = here();
    let known = quote_known(function);
    let prepared = quote_prepared(function);
    let more = quote_returned(function);
    let mutable = more.is_some().then(|| quote_spanned!(here=> mut));
    let [decide, apply] = quote_end(function);
    let made = quote_made(item, form, runtime);
    let allowed = allow_underscored(&prepared);
    let (named, prepared) = match form.future {
        None => (None, prepared),
        Some(_) => (
            Some(quote_spanned!(here=> #allowed let __named = #prepared;)),
            quote_spanned!(here=> __named),
        ),
    };
    let at_call = quote_spanned!(here=> #(#known)* #named #made);
    let body = quote_body(item, form, &at_call, runtime, returns);
    let at_poll = quote_spanned! {here=>
        #allowed
        let #mutable __prepared = #prepared.prepare();
        let __returned = {
            let __returned = #body.await;
            #more
            #decide
        };
        #apply
    };
    let around = quote_around(form, &at_call, &at_poll);
    quote_spanned! {here=>
        #(#attributes)*
        #visibility #signature {
            #(#inner)*
            use #runtime::__private::by_type::*;
            #around
        }
    }
}

/// Writes the components that parameters give to templates that the returned value completes: the body may take the
/// parameters.
///
/// ```text
/// let __known_0 = ::cached_core::__private::known(|__key| { ::cached_core::__private::Argument(&id).__push(__key); });
/// ```
fn quote_known(function: &InvalidatingFn) -> impl Iterator<Item = TokenStream> + '_ {
    let runtime = &function.runtime;
    let here = here();
    let templates = function.returned.iter().enumerate();
    templates
        .filter(|(_, template)| names_parameters(template))
        .map(move |(index, template)| {
            let name = name_known(index);
            let known = template
                .components
                .iter()
                .filter(|component| !component.is_returned);
            let pushes = quote_pushes(runtime, known);
            quote_spanned!(here=> let #name = #runtime::__private::known(|__key| { #pushes });)
        })
}

fn names_parameters(template: &CheckedTemplate) -> bool {
    let mut components = template.components.iter();
    components.any(|component| !component.is_returned)
}

fn name_known(index: usize) -> Ident {
    format_ident!("__known_{}", index, span = here())
}

/// Writes the invalidation as far as it is known before the body runs.
///
/// ```text
/// ::cached_core::__private::Invalidation::new()
///     .pattern(::cached_core::__private::named!("user:{0}", false), |__key| { … })
///     .call(profile::key(::cached_core::__private::Argument(&id).__cloned()))
/// ```
fn quote_prepared(function: &InvalidatingFn) -> TokenStream {
    let runtime = &function.runtime;
    let here = here();
    let begun = match &function.cache {
        None => quote_spanned!(here=> #runtime::__private::Invalidation::new()),
        Some(cache) => {
            let cache = quote_cache(runtime, cache);
            quote_spanned!(here=> #runtime::__private::Invalidation::new_in(#cache))
        }
    };
    let added = function.known.iter().map(|target| match target {
        CheckedTarget::Template(template) => {
            let pushes = quote_pushes(runtime, &template.components);
            quote_template(runtime, template, &pushes)
        }
        CheckedTarget::Call(call) => quote_typed_call(runtime, call),
    });
    quote_spanned!(here=> #begun #(#added)*)
}

/// Writes a pattern or a tag.
fn quote_template(
    runtime: &TokenStream,
    template: &CheckedTemplate,
    pushes: &TokenStream,
) -> TokenStream {
    let here = here();
    let text = &template.text;
    let is_tag = template.kind == TemplateKind::Tag;
    let method = Ident::new(if is_tag { "tag" } else { "pattern" }, here);
    let key = if template.components.is_empty() {
        quote_spanned!(here=> _)
    } else {
        quote_spanned!(here=> __key)
    };
    quote_spanned!(here=> .#method(#runtime::__private::named!(#text, #is_tag), |#key| { #pushes }))
}

/// Writes the statements that push components into `__key`.
fn quote_pushes<'a>(
    runtime: &TokenStream,
    components: impl IntoIterator<Item = &'a Component>,
) -> TokenStream {
    let pushes = components.into_iter().map(|component| {
        let value = &component.value;
        let at = here().located_at(component.span);
        let runtime = respan_at(runtime, at);
        let allowed = allow_underscored(value);
        quote_spanned!(at=> #allowed #runtime::__private::Argument(&#value).__push(__key);)
    });
    pushes.collect()
}

/// Writes a call of a companion.
fn quote_typed_call(runtime: &TokenStream, call: &TypedCall) -> TokenStream {
    let here = here();
    let companion = &call.companion;
    let Some(arguments) = &call.arguments else {
        return quote_spanned!(here=> .all(#companion()));
    };
    let arguments = arguments.iter().map(|argument| match argument {
        CallArgument::Name(name) => {
            let at = here.located_at(name.span());
            let runtime = respan_at(runtime, at);
            quote_spanned!(at=> #runtime::__private::Argument(&#name).__cloned())
        }
        CallArgument::Expression(expression) => quote_spanned!(here=> #expression),
    });
    let at = here.located_at(first_span(companion));
    let call = quote_spanned!(at=> #companion(#(#arguments),*));
    quote_spanned!(here=> .call(#call))
}

/// Writes the templates that name the returned value.
///
/// ```text
/// let __value = ::cached_core::__private::Returns::of(&__returned).__result().__option().__value(&__returned);
/// __prepared = __prepared.and(__value, |__invalidation, __ret| __invalidation.pattern(…));
/// ```
fn quote_returned(function: &InvalidatingFn) -> Option<TokenStream> {
    let runtime = &function.runtime;
    let here = here();
    if function.returned.is_empty() {
        return None;
    }
    let ret = name_returned();
    let added = function
        .returned
        .iter()
        .enumerate()
        .map(|(index, template)| {
            let name = name_known(index);
            let known = names_parameters(template).then(|| quote_spanned!(here=> *__key = #name;));
            let of_returned = template
                .components
                .iter()
                .filter(|component| component.is_returned);
            let pushes = quote_pushes(runtime, of_returned);
            quote_template(runtime, template, &quote_spanned!(here=> #known #pushes))
        });
    Some(quote_spanned! {here=>
        let __value = #runtime::__private::Returns::of(&__returned).__result().__option().__value(&__returned);
        __prepared = __prepared.and(__value, |__invalidation, #ret| __invalidation #(#added)*);
    })
}

/// Writes what decides as soon as the body has returned, and what then applies the invalidation.
///
/// An error is gone before the invalidation is sent, so that it need not be `Send` for the future to be.
/// A local that was borrowed counts as alive until its block ends, hence the block around the former.
fn quote_end(function: &InvalidatingFn) -> [TokenStream; 2] {
    let runtime = &function.runtime;
    let here = here();
    match &function.when {
        When::Ok => [
            quote_spanned! {here=>
                match #runtime::__private::Returns::of(&__returned).__result().__option().__ended(__returned) {
                    #runtime::__private::Ended::Succeeded(__returned) => __returned,
                    #runtime::__private::Ended::Failed(__returned) => {
                        __prepared.discard();
                        return __returned;
                    }
                }
            },
            quote_spanned! {here=>
                __prepared.apply().await;
                __returned.restore()
            },
        ],
        When::Always => [
            quote_spanned!(here=> __returned),
            quote_spanned! {here=>
                __prepared.apply().await;
                __returned
            },
        ],
        When::Closure(closure) => {
            let at = here.located_at(first_span(closure));
            let located = respan_at(runtime, at);
            let wanted = quote_spanned!(at=> #located::__private::asked(&__returned, #closure));
            [
                quote_spanned!(here=> __returned),
                quote_spanned! {here=>
                    let __wanted = #wanted;
                    __prepared.apply_if(__wanted).await;
                    __returned
                },
            ]
        }
    }
}
