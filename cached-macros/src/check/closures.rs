//! Closures that decide, and the names that they may use.

use proc_macro2::{Spacing, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::spanned::Spanned as _;
use syn::{Expr, ExprClosure, Ident};

use super::parameters::Parameter;
use crate::diagnostics::Errors;
use crate::syntax::binding::collect_bindings;
use crate::syntax::groups::peel_expr;
use crate::syntax::tokens::find_ident;

/// The one value that a closure is shown.
pub(super) struct ClosureInput {
    what: &'static str,
    /// The name of it in an example.
    name: &'static str,
    /// Advice for one to whom it is not enough.
    instead: &'static str,
}

/// The stored value.
pub(super) const VALUE: ClosureInput = ClosureInput {
    what: "the value",
    name: "value",
    instead: "let the value have what decides",
};

/// The value that the function returned.
pub(super) const RETURNED: ClosureInput = ClosureInput {
    what: "the returned value",
    name: "ret",
    instead: "return what decides, or call `Cache::invalidate` in the body",
};

/// Reports a closure that sees anything but the one value that it is shown.
pub(super) fn check_closure(
    keyword: &Ident,
    closure: &Expr,
    shown: &ClosureInput,
    parameters: &[Parameter],
    errors: &mut Errors,
) {
    let ClosureInput {
        what,
        name,
        instead,
    } = shown;
    match peel_expr(closure) {
        Expr::Closure(closure) if closure.inputs.len() != 1 => {
            errors.report_at(
                closure.inputs_begin.span(),
                format!("`{keyword}` is asked about {what} alone: write `{keyword} = |{name}| …`"),
            );
        }
        Expr::Closure(closure) => {
            let own = find_ident(closure.body.to_token_stream(), &|ident| ident == "self");
            let captured = find_captured(closure, parameters);
            if let Some(found) = own.or(captured) {
                let message =
                    format!("`{keyword}` sees {what} alone and cannot name `{found}`: {instead}");
                errors.report_on(found, message);
            }
        }
        Expr::Path(_) => {}
        other => errors.report_on(
            other,
            format!("`{keyword}` takes a closure: write `{keyword} = |{name}| …`"),
        ),
    }
}

/// Finds a parameter that the closure certainly means: where it binds names of its own, the compiler has to tell.
fn find_captured(closure: &ExprClosure, parameters: &[Parameter]) -> Option<Ident> {
    let mut own = Vec::new();
    for input in &closure.inputs {
        collect_bindings(input, &mut own).ok()?;
    }
    let body = closure.body.to_token_stream();
    let all = parameters.iter().flat_map(|parameter| &parameter.names);
    let names: Vec<&Ident> = all.filter(|name| !own.contains(name)).collect();
    if may_bind(body.clone()) {
        return None;
    }
    find_certain_use(body, &names)
}

/// Returns true if there may be names in an expression that are not from outside.
fn may_bind(tokens: TokenStream) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is = |token: Option<&TokenTree>, character: char| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == character);
    tokens.iter().enumerate().any(|(index, token)| {
        let before = index.checked_sub(1).and_then(|index| tokens.get(index));
        let after = tokens.get(index.saturating_add(1));
        match token {
            TokenTree::Ident(word) => ["let", "match", "for", "fn", "const", "static", "async"]
                .iter()
                .any(|keyword| word == keyword),
            // One `|` is a closure's, two are an operator.
            TokenTree::Punct(punct) if punct.as_char() == '|' => {
                !is(before, '|') && !is(after, '|')
            }
            // A macro may do anything with names.
            TokenTree::Group(group) => {
                is(before, '!')
                    && index
                        .checked_sub(2)
                        .is_some_and(|name| matches!(tokens.get(name), Some(TokenTree::Ident(_))))
                    || may_bind(group.stream())
            }
            _ => false,
        }
    })
}

/// Finds the first of `names` that certainly stands there as a variable.
fn find_certain_use(tokens: TokenStream, names: &[&Ident]) -> Option<Ident> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let punct = |index: usize| match tokens.get(index) {
        Some(TokenTree::Punct(punct)) => Some((punct.as_char(), punct.spacing())),
        _ => None,
    };
    let is_type = |index: usize| {
        let before = |back| index.checked_sub(back).and_then(punct);
        matches!((before(2), before(1)), (Some((':', _)), Some(('<', _))))
    };
    tokens
        .iter()
        .enumerate()
        .find_map(|(index, token)| match token {
            TokenTree::Ident(ident) if names.contains(&ident) => {
                let before = index.checked_sub(1).and_then(punct);
                let is_other = matches!(before, Some(('.' | ':' | '\'', _)))
                    || matches!(
                        punct(index.saturating_add(1)),
                        Some((':', _) | ('!', Spacing::Alone))
                    )
                    || is_type(index);
                (!is_other).then(|| ident.clone())
            }
            TokenTree::Group(group) => find_certain_use(group.stream(), names),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_certain_use_of_a_parameter_is_one() {
        let check = |closure: &str, expected: Option<&str>| {
            let id = Parameter {
                pattern: syn::parse_quote!(_),
                ty: syn::parse_quote!(u64),
                names: vec![syn::parse_quote!(id)],
                skipped: Vec::new(),
                is_skipped: false,
            };
            let found = find_captured(&syn::parse_str(closure).unwrap(), &[id]);
            let found = found.map(|found| found.to_string());
            assert_eq!(found.as_deref(), expected, "{closure}");
        };
        for captures in [
            "|value| *value == id",
            "|value| value.a || !id",
            "|value| value.all(|| User { id })",
            "|value| if value.is(id) { 1 } else { 2 }",
            "|value| value[id]",
            "|value| id != *value",
            "|value| *value < id",
        ] {
            check(captures, Some("id"));
        }
        for other in [
            "|value| value.id > 5",
            "|User { id, .. }| id > 5",
            "|value| value.any(|id| id > 5)",
            "|value| { let id = value.id; id > 5 }",
            "|value| matches!(value, Some(id) if id > 5)",
            "|value| value == User { id: 5 }",
            "|value| id::is(value)",
            "|value| users::id(value)",
            "|value| value.is::<id>() && id!(5)",
            "|value| match value { id => id > 5 }",
            "|value| value.name == \"{id}\"",
        ] {
            check(other, None);
        }
    }
}
