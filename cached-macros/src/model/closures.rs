//! Closures that decide: what they may take and name.

use quote::ToTokens as _;
use syn::spanned::Spanned as _;
use syn::{Expr, Ident};

use crate::duration::bare;
use crate::mistakes::Mistakes;
use crate::tokens::find;

/// What a closure is shown, and how an example calls it.
pub(crate) type Shown = (&'static str, &'static str);

/// The stored value.
pub(crate) const VALUE: Shown = ("the value", "value");

/// Whatever the function returned.
pub(crate) const RETURNED: Shown = ("the returned value", "ret");

/// A closure is shown one thing and sees nothing else.
pub(crate) fn check_closure(
    keyword: &Ident,
    closure: &Expr,
    (shown, name): Shown,
    mistakes: &mut Mistakes,
) {
    match bare(closure) {
        Expr::Closure(closure) if closure.inputs.len() != 1 => {
            mistakes.at(
                closure.inputs_begin.span(),
                format!("`{keyword}` is asked about {shown} alone: write `{keyword} = |{name}| …`"),
            );
        }
        Expr::Closure(closure) => {
            if let Some(found) = find(closure.body.to_token_stream(), &|ident| ident == "self") {
                mistakes.on(
                    found,
                    format!("`{keyword}` sees {shown} alone and cannot name `self`"),
                );
            }
        }
        Expr::Path(_) => {}
        other => mistakes.on(
            other,
            format!("`{keyword}` takes a closure: write `{keyword} = |{name}| …`"),
        ),
    }
}
