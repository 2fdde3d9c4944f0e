//! Expressions, types, patterns and tokens without the parentheses around them, and without the invisible groups
//! that a `macro_rules!` puts around what it was given.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::{Expr, Pat, Type};

/// Takes parentheses and invisible groups off an expression.
pub(crate) fn peel_expr(expr: &Expr) -> &Expr {
    match expr {
        Expr::Group(group) => peel_expr(&group.expr),
        Expr::Paren(paren) => peel_expr(&paren.expr),
        other => other,
    }
}

/// Takes parentheses and invisible groups off a type.
pub(crate) fn peel_type(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => peel_type(&group.elem),
        Type::Paren(paren) => peel_type(&paren.elem),
        other => other,
    }
}

/// Takes parentheses off a pattern.
pub(crate) fn peel_pattern(pattern: &Pat) -> &Pat {
    match pattern {
        Pat::Paren(inner) => peel_pattern(&inner.pat),
        other => other,
    }
}

/// Takes invisible groups off tokens.
pub(crate) fn peel_tokens(tokens: TokenStream) -> Vec<TokenTree> {
    let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
    while let [TokenTree::Group(group)] = tokens.as_slice()
        && group.delimiter() == Delimiter::None
    {
        tokens = group.stream().into_iter().collect();
    }
    tokens
}
