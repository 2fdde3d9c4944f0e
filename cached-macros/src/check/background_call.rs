//! The call that `stale_while_revalidate` makes in the background, with arguments of its own.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote};
use syn::spanned::Spanned as _;
use syn::{Pat, Receiver, ReceiverKind, Signature};

use super::companions::Companions;
use super::form::{Body, Form};
use super::parameters::Parameter;
use crate::diagnostics::Errors;
use crate::syntax::binding::rebuild_value;
use crate::syntax::borrows::{Borrow, find_borrow, is_lent, is_static};
use crate::syntax::groups::peel_pattern;

/// A second call of the function, made from the arguments of the first.
pub(crate) struct BackgroundCall {
    /// The place of a message about the call as a whole.
    pub(crate) keyword: Span,
    /// All arguments, the receiver first.
    pub(crate) arguments: Vec<BackgroundArgument>,
}

/// An argument as the function has it.
pub(crate) struct BackgroundArgument {
    pub(crate) value: TokenStream,
    /// A copy has to be kept.
    pub(crate) is_lent: bool,
    pub(crate) span: Span,
}

/// Checks that the function can be called a second time, from arguments of the first.
pub(super) fn check_background_call(
    keyword: Span,
    companions: &Companions,
    form: Option<&Form>,
    signature: &Signature,
    parameters: &[Parameter],
    errors: &mut Errors,
) -> BackgroundCall {
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
    let receiver = signature
        .receiver()
        .and_then(|receiver| check_receiver(receiver, errors));
    let others = parameters
        .iter()
        .filter_map(|parameter| check_argument(parameter, errors));
    BackgroundCall {
        keyword,
        arguments: receiver.into_iter().chain(others).collect(),
    }
}

fn check_receiver(receiver: &Receiver, errors: &mut Errors) -> Option<BackgroundArgument> {
    let value = receiver.self_token.to_token_stream();
    let written = receiver.to_token_stream();
    let lent = match &receiver.kind {
        ReceiverKind::Value => Ok(false),
        ReceiverKind::Reference(_, lifetime, None) => Ok(!is_static(lifetime.as_ref())),
        ReceiverKind::Typed(_, ty) => is_lent(ty),
        _ => Err((written, Borrow::Mutable)),
    };
    keep_argument(value, lent, receiver.span(), errors)
}

fn check_argument(
    Parameter { pattern, ty, .. }: &Parameter,
    errors: &mut Errors,
) -> Option<BackgroundArgument> {
    let lent = is_lent(ty);
    let value = match peel_pattern(pattern) {
        // What stood behind the reference is here now, and lent from here: not for ever.
        Pat::Reference(inner) if matches!(lent, Ok(true)) => {
            rebuild_value(&inner.pat).map(|value| quote!(&#value))
        }
        pattern => rebuild_value(pattern),
    };
    if let Some(value) = value {
        return keep_argument(value, lent, ty.span(), errors);
    }
    let message = match pattern {
        Pat::Wild(_) => "give it a name, such as `_name`",
        _ => "give it a name, and take it apart in the body",
    };
    errors.report_on(
        pattern,
        format!("`stale_while_revalidate` passes this argument on: {message}"),
    );
    None
}

/// Returns the argument; an error if it borrows so that it cannot be kept.
fn keep_argument(
    value: TokenStream,
    lent: Result<bool, (TokenStream, Borrow)>,
    span: Span,
    errors: &mut Errors,
) -> Option<BackgroundArgument> {
    let (at, borrow) = match lent {
        Ok(is_lent) => {
            return Some(BackgroundArgument {
                value,
                is_lent,
                span,
            });
        }
        Err(refused) => refused,
    };
    let wrong = match borrow {
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
