//! Bodies of functions that are `async`, and of those that return a future.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote_spanned;
use syn::Type;

use super::spans::{first_span, here, respan_at};
use crate::check::{AsyncBlock, Body, Form};
use crate::parse::item::Item;
use crate::syntax::tokens::find_use;

/// Writes a body. `at_call` makes what the arguments are needed for, `at_poll` the result.
///
/// ```text
/// at_call; at_poll                                   // async fn
/// at_call; Box::pin(async move { at_poll })          // fn -> Pin<Box<dyn Future<Output = R>>>
/// ```
pub(super) fn quote_around(
    form: &Form,
    at_call: &TokenStream,
    at_poll: &TokenStream,
) -> TokenStream {
    let here = here();
    let Some(future) = &form.future else {
        return quote_spanned!(here=> #at_call #at_poll);
    };
    let polled = quote_spanned!(here=> async move { #at_poll });
    match &future.body {
        Body::Block(AsyncBlock { by, then, .. }) if by.is_empty() => {
            quote_spanned!(here=> #at_call #polled #then)
        }
        Body::Block(AsyncBlock { by, .. }) => quote_spanned!(here=> #at_call #by(#polled)),
        Body::Made(ty) if future.is_boxed => {
            // Where the compiler says that the type is no box.
            let at = here.located_at(first_span(ty));
            let boxed = quote_spanned!(at=> ::std::boxed::Box::pin(#polled));
            quote_spanned!(here=> #at_call #boxed)
        }
        Body::Made(_) => quote_spanned!(here=> #at_call #polled),
    }
}

/// Writes what has to run when the function is called: all of the body that makes its future.
///
/// The runtime's `made` says that it calls its closure once: what that gives may then borrow again from a `&mut`
/// that it took.
///
/// ```text
/// let found = self.db.find(name); Box::pin(found)
/// // becomes
/// let __body = ::cached_core::__private::made(move || -> BoxFuture<'_, User> { let found = self.db.find(name); Box::pin(found) });
/// ```
pub(super) fn quote_made(item: &Item, form: &Form, runtime: &TokenStream) -> Option<TokenStream> {
    let Body::Made(ty) = &form.future.as_ref()?.body else {
        return None;
    };
    let here = here();
    let body = &item.body;
    let declared = ty.iter().map(|ty| quote_spanned!(here=> -> #ty));
    Some(quote_spanned! {here=>
        let __body = #runtime::__private::made(move || #(#declared)* { #body });
    })
}

/// Writes the body as a future. A branch that is never taken tells the compiler its type.
///
/// ```text
/// db.load(id).await
/// // becomes
/// async move { if false { return ::cached_core::__private::never::<Profile>(); } db.load(id).await }
/// ```
pub(super) fn quote_body(
    item: &Item,
    form: &Form,
    at_call: &TokenStream,
    runtime: &TokenStream,
    returns: &Type,
) -> TokenStream {
    let here = here();
    let body = match form.future.as_ref().map(|future| &future.body) {
        None => item.body.clone(),
        Some(Body::Block(block)) => use_moved(&block.inside, at_call),
        Some(Body::Made(_)) => return quote_spanned!(here=> __body),
    };
    // Where the compiler puts "return type inferred to be this here".
    let at = here.located_at(first_span(returns));
    let runtime = respan_at(runtime, at);
    let typed = quote_spanned!(at=> if false { return #runtime::__private::never::<#returns>(); });
    quote_spanned! {here=>
        async move {
            #typed
            #body
        }
    }
}

/// Uses each `id` of `let id = id;`, with which `#[async_trait]` begins a body: it would be unused where only the
/// attribute uses the parameter.
fn use_moved(body: &TokenStream, at_call: &TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = body.clone().into_iter().collect();
    let mut using = TokenStream::new();
    for (index, token) in tokens.iter().enumerate() {
        using.extend([token.clone()]);
        let before = tokens.get(..index).unwrap_or_default();
        if let [
            ..,
            first,
            TokenTree::Ident(new),
            equals,
            TokenTree::Ident(old),
        ] = before
            && token.to_string() == ";"
            && equals.to_string() == "="
            && matches!(first.to_string().as_str(), "let" | "mut")
            && new == old
            && find_use(at_call.clone(), std::slice::from_ref(old)).is_some()
        {
            using.extend(quote_spanned!(here()=> let _ = &#new;));
        }
    }
    using
}
