//! Functions that an attribute can stand on.

use syn::Signature;

use super::form::Form;
use super::return_type::check_return_type;
use crate::diagnostics::Errors;
use crate::parse::item::Item;

/// Returns the form of a function; an error if it has no future.
pub(super) fn check_form(attribute: &str, item: &Item, errors: &mut Errors) -> Option<Form> {
    let form = Form::of(item);
    if form.is_none() {
        let signature = &item.signature;
        let name = &signature.ident;
        errors.report_on(
            signature.fn_token,
            format!("`#[{attribute}]` needs an async function: write `async fn {name}`, or return `impl Future<Output = …>`, `Pin<Box<dyn Future<…>>>` or a type whose name ends in `Future`"),
        );
    }
    form
}

/// Returns the form of a function that may be cached; errors for one that may not.
pub(super) fn check_signature(item: &Item, errors: &mut Errors) -> Option<Form> {
    let Signature {
        constness,
        safety,
        variadic,
        ..
    } = &item.signature;
    let form = if let Some(constness) = constness {
        errors.report_on(constness, "a `const fn` runs in the compiler, where there is no cache: remove `const` or the attribute");
        None
    } else {
        check_form("cached", item, errors)
    };
    if let syn::Safety::Unsafe(token) = safety {
        errors.report_on(token, "an unsafe function cannot be cached: a hit would skip what its caller promised; annotate a safe function that calls it");
    }
    if let Some(variadic) = variadic {
        errors.report_on(
            variadic,
            "variadic arguments cannot be part of a cache key: take a slice",
        );
    }
    if let Some(ty) = form.as_ref().and_then(|form| form.output.as_ref()) {
        check_return_type(ty, errors);
    }
    form
}
