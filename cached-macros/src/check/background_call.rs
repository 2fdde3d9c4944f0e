//! How `stale_while_revalidate` calls the function again: with arguments of its own.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::spanned::Spanned as _;
use syn::{
    AngleBracketedGenericArguments, GenericArgument, Lifetime, Pat, Path, PathArguments,
    ReceiverKind, Signature, Type, TypeParamBound,
};

use super::parameters::Parameter;
use super::{Body, Companions, Form, Ttl};
use crate::diagnostics::Errors;
use crate::syntax::binding::value;
use crate::syntax::types::{arguments, bare as bare_type};

/// A second call of the function, made from the arguments of the first.
pub(crate) struct Again {
    /// Where a message about the call as a whole belongs.
    pub(crate) keyword: Span,
    pub(crate) window: Ttl,
    /// All of them, the receiver first.
    pub(crate) arguments: Vec<Given>,
}

/// An argument as the function has it.
pub(crate) struct Given {
    pub(crate) value: TokenStream,
    /// A copy has to be kept.
    pub(crate) is_lent: bool,
    pub(crate) span: Span,
}

pub(crate) fn again(
    (keyword, window): (Span, Ttl),
    companions: &Companions,
    form: Option<&Form>,
    signature: &Signature,
    parameters: &[Parameter],
    errors: &mut Errors,
) -> Again {
    if matches!(companions, Companions::Off) {
        errors.report_at(keyword, "`stale_while_revalidate` calls the function again from among its companions: leave `companions = off` out, and in the `impl` of a trait write `#[cached]` above the `impl` as well");
    }
    let future = form.and_then(|form| form.future.as_ref());
    if future.is_some_and(|future| matches!(future.body, Body::Made(_))) {
        errors.report_at(keyword, "`stale_while_revalidate` calls the function again, and what this one does before its future is polled may have used its arguments up: write an `async fn`, or let the body be one `async move { … }`");
    }
    if let Some(ty) = form.and_then(|form| form.output.as_ref())
        && let Some(at) = borrowed(ty)
    {
        errors.report_on(at, "`stale_while_revalidate` calls the function again when this call is over, and with it all that can be borrowed from: return an owned error");
    }
    let mut arguments = Vec::new();
    if let Some(receiver) = signature.receiver() {
        let value = receiver.self_token.to_token_stream();
        let written = receiver.to_token_stream();
        let lent = match &receiver.kind {
            ReceiverKind::Value => Ok(false),
            ReceiverKind::Reference(_, lifetime, None) => Ok(!is_static(lifetime.as_ref())),
            ReceiverKind::Typed(_, ty) => is_lent(ty),
            _ => Err((written, Wrong::Mutable)),
        };
        arguments.extend(given(value, lent, receiver.span(), errors));
    }
    for Parameter { pattern, ty, .. } in parameters {
        let lent = is_lent(ty);
        let value = match bare(pattern) {
            // What stood behind the reference is here now, and lent from here: not for ever.
            Pat::Reference(inner) if matches!(lent, Ok(true)) => {
                value(&inner.pat).map(|value| quote!(&#value))
            }
            pattern => value(pattern),
        };
        let Some(value) = value else {
            let message = match pattern {
                Pat::Wild(_) => "give it a name, such as `_name`",
                _ => "give it a name, and take it apart in the body",
            };
            errors.report_on(
                pattern,
                format!("`stale_while_revalidate` passes this argument on: {message}"),
            );
            continue;
        };
        arguments.extend(given(value, lent, ty.span(), errors));
    }
    Again {
        keyword,
        window,
        arguments,
    }
}

fn bare(pattern: &Pat) -> &Pat {
    match pattern {
        Pat::Paren(inner) => bare(&inner.pat),
        pattern => pattern,
    }
}

/// Why an argument cannot be kept.
enum Wrong {
    Mutable,
    Inside,
}

fn given(
    value: TokenStream,
    lent: Result<bool, (TokenStream, Wrong)>,
    span: Span,
    errors: &mut Errors,
) -> Option<Given> {
    match lent {
        Ok(is_lent) => Some(Given {
            value,
            is_lent,
            span,
        }),
        Err((at, wrong)) => {
            let wrong = match wrong {
                Wrong::Mutable => "when this call is over, and with it this `&mut`",
                Wrong::Inside => {
                    "when this call is over, and keeps a copy of a parameter that is a `&T`, but not of a borrow inside a type"
                }
            };
            errors.report_on(at, format!(
                "`stale_while_revalidate` calls the function again {wrong}: take it by value, or in an `Arc`"
            ));
            None
        }
    }
}

/// Whether an argument of this type is lent as a whole. What is lent for ever is as good as owned.
fn is_lent(ty: &Type) -> Result<bool, (TokenStream, Wrong)> {
    let ty = bare_type(ty);
    match ty {
        Type::Reference(reference) if reference.mutability.is_some() => {
            Err((ty.to_token_stream(), Wrong::Mutable))
        }
        Type::Reference(reference) => {
            inside(&reference.elem)?;
            Ok(!is_static(reference.lifetime.as_ref()))
        }
        _ => inside(ty).map(|()| false),
    }
}

fn is_static(lifetime: Option<&Lifetime>) -> bool {
    lifetime.is_some_and(|lifetime| lifetime.ident == "static")
}

/// What is borrowed in a return type: only its error can be.
pub(super) fn borrowed(returned: &Type) -> Option<TokenStream> {
    // Of a future with a name: how long that lives says nothing of what it gives.
    if let Type::Path(output) = returned
        && let Some(Type::Path(future)) = output.qself.as_ref().map(|of| &*of.ty)
        && let Some(found) = future
            .path
            .segments
            .last()
            .map(|last| arguments(last).find_map(borrowed))
    {
        return found;
    }
    inside(returned).err().map(|(at, _)| at)
}

/// Nothing in a type is lent, as far as its spelling shows.
fn inside(ty: &Type) -> Result<(), (TokenStream, Wrong)> {
    match ty {
        Type::Group(group) => inside(&group.elem),
        Type::Paren(paren) => inside(&paren.elem),
        Type::Array(array) => inside(&array.elem),
        Type::Slice(slice) => inside(&slice.elem),
        Type::Tuple(tuple) => tuple.elems.iter().try_for_each(inside),
        Type::Reference(reference) => {
            if reference.mutability.is_some() || !is_static(reference.lifetime.as_ref()) {
                return Err((ty.to_token_stream(), Wrong::Inside));
            }
            inside(&reference.elem)
        }
        Type::Path(path) => inside_path(&path.path),
        Type::TraitObject(object) => object.bounds.iter().try_for_each(inside_bound),
        Type::ImplTrait(opaque) => opaque.bounds.iter().try_for_each(inside_bound),
        _ => Ok(()),
    }
}

fn inside_path(path: &Path) -> Result<(), (TokenStream, Wrong)> {
    let arguments = |arguments: &AngleBracketedGenericArguments| {
        arguments
            .args
            .iter()
            .try_for_each(|argument| match argument {
                GenericArgument::Lifetime(lifetime) => not_lent(lifetime),
                GenericArgument::Type(ty) => inside(ty),
                GenericArgument::AssocType(associated) => inside(&associated.ty),
                _ => Ok(()),
            })
    };
    path.segments
        .iter()
        .try_for_each(|segment| match &segment.arguments {
            PathArguments::AngleBracketed(written) => arguments(written),
            // What a closure is shown is borrowed while it runs.
            PathArguments::None | PathArguments::Parenthesized(_) => Ok(()),
        })
}

fn inside_bound(bound: &TypeParamBound) -> Result<(), (TokenStream, Wrong)> {
    match bound {
        TypeParamBound::Trait(bound) if bound.lifetimes.is_none() => inside_path(&bound.path),
        TypeParamBound::Lifetime(lifetime) => not_lent(lifetime),
        _ => Ok(()),
    }
}

fn not_lent(lifetime: &Lifetime) -> Result<(), (TokenStream, Wrong)> {
    if is_static(Some(lifetime)) {
        return Ok(());
    }
    Err((lifetime.to_token_stream(), Wrong::Inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ty: &str) -> Option<bool> {
        is_lent(&syn::parse_str(ty).unwrap()).ok()
    }

    #[test]
    fn a_borrow_as_a_whole_is_kept() {
        for lent in [
            "&str", "&'a [u8]", "(&Db)", "&Arc<Db>", "&impl Db", "&dyn Db",
        ] {
            assert_eq!(check(lent), Some(true), "{lent}");
        }
    }

    #[test]
    fn what_is_owned_is_moved() {
        for owned in [
            "u64",
            "&'static str",
            "Option<&'static [&'static str]>",
            "Arc<dyn Fn(&str) -> &str + Send + Sync + 'static>",
            "impl for<'a> Load<'a>",
            "for<'a> fn(&'a str) -> u8",
            "[(u8, Vec<T>); 4]",
            "impl Iterator<Item = u8>",
        ] {
            assert_eq!(check(owned), Some(false), "{owned}");
        }
    }

    #[test]
    fn a_borrowed_error_is_seen() {
        for (returned, expected) in [
            ("Result<u64, &str>", true),
            ("Option<Result<u64, E<'_>>>", true),
            ("R<'a>", true),
            ("<Load<'a, Result<u64, &'a str>> as Future>::Output", true),
            ("<Load<'a, Result<u64, String>> as Future>::Output", false),
            ("Result<Cow<'static, str>, &'static str>", false),
            ("()", false),
        ] {
            let found = borrowed(&syn::parse_str(returned).unwrap());
            assert_eq!(found.is_some(), expected, "{returned}");
        }
    }

    #[test]
    fn other_borrows_cannot_be_kept() {
        for borrow in [
            "&mut Db",
            "&&str",
            "&'static &str",
            "Option<&str>",
            "Ctx<'_>",
            "&Ctx<'a>",
            "(u8, &str)",
            "[&str; 2]",
            "&[&str]",
            "Box<dyn Load + 'a>",
            "impl Iterator<Item = &str>",
            "Pin<&mut Self>",
        ] {
            assert_eq!(check(borrow), None, "{borrow}");
        }
    }
}
