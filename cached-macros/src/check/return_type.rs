//! The type that a call gives, and the stored type in it.

use proc_macro2::Span;
use quote::ToTokens as _;
use syn::spanned::Spanned as _;
use syn::{GenericArgument, PathArguments, ReturnType, Signature, Type, parse_quote};

use super::form::Form;
use crate::diagnostics::Errors;
use crate::syntax::groups::peel_type;
use crate::syntax::tokens::find_ident;

/// Reports an error if nothing of this type can be stored.
pub(super) fn check_return_type(ty: &Type, errors: &mut Errors) {
    if let Some(token) = find_ident(ty.to_token_stream(), &|ident| ident == "impl") {
        let is_response =
            find_ident(ty.to_token_stream(), &|ident| ident == "IntoResponse").is_some();
        errors.report_at(token.span(), if is_response {
            "a cached handler returns what is stored: write `Json<T>`, `Html<T>`, or a `Result` of one, instead of `impl IntoResponse`"
        } else {
            "a cached value needs a type that can be named: write the type itself instead of `impl Trait`"
        });
    } else if matches!(ty, Type::Never(_)) {
        errors.report_on(
            ty,
            "a function that never returns has nothing to cache: leave the attribute out",
        );
    } else if let Type::Reference(reference) = find_held(ty) {
        errors.report_on(
            reference,
            "a reference cannot be cached, because a hit has nothing to borrow from: return an owned value, such as `String`",
        );
    }
}

/// Returns the type that a call gives, as far as the function says so, and the span of the stored type in it.
pub(super) fn find_return_type(form: Option<&Form>, signature: &Signature) -> (Type, Span) {
    let declared = match (form, &signature.output) {
        (Some(form), _) => form.output.as_ref(),
        (None, ReturnType::Type(_, ty)) => Some(&**ty),
        (None, ReturnType::Default) => None,
    };
    match declared {
        None => (parse_quote!(()), signature.ident.span()),
        Some(ty) => (ty.clone(), find_stored(ty).span()),
    }
}

/// Finds what seems to be the stored type: only messages hang on it.
fn find_stored(ty: &Type) -> &Type {
    descend(ty, &|name| name == "Option" || name.ends_with("Result"))
}

/// Finds the same, without what makes a response of it.
fn find_held(ty: &Type) -> &Type {
    descend(find_stored(ty), &|name| matches!(name, "Json" | "Html"))
}

/// Descends into the first type argument of types that are `named` so.
fn descend<'a>(ty: &'a Type, named: &dyn Fn(&str) -> bool) -> &'a Type {
    let ty = peel_type(ty);
    if let Type::Path(path) = ty
        && let Some(last) = path.path.segments.last()
        && named(&last.ident.to_string())
        && let PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(GenericArgument::Type(inner)) = arguments.args.first()
    {
        return descend(inner, named);
    }
    ty
}
