//! How `stale_while_revalidate` calls the function again: with arguments of its own.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::spanned::Spanned as _;
use syn::{Pat, ReceiverKind, Signature};

use super::parameters::Parameter;
use super::{Body, Companions, Form};
use crate::diagnostics::Errors;
use crate::syntax::binding::value;
use crate::syntax::borrows::{Borrow, find_borrow, is_lent, is_static};
use crate::syntax::duration::DurationExpr;
use crate::syntax::groups::peel_pattern;

/// A second call of the function, made from the arguments of the first.
pub(crate) struct Again {
    /// Where a message about the call as a whole belongs.
    pub(crate) keyword: Span,
    pub(crate) window: DurationExpr,
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
    (keyword, window): (Span, DurationExpr),
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
        && let Some(at) = find_borrow(ty)
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
            _ => Err((written, Borrow::Mutable)),
        };
        arguments.extend(given(value, lent, receiver.span(), errors));
    }
    for Parameter { pattern, ty, .. } in parameters {
        let lent = is_lent(ty);
        let value = match peel_pattern(pattern) {
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

fn given(
    value: TokenStream,
    lent: Result<bool, (TokenStream, Borrow)>,
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
                Borrow::Mutable => "when this call is over, and with it this `&mut`",
                Borrow::Inside => {
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
