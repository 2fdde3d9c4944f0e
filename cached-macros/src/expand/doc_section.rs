//! The *Cache* section that a documented function gets.

use quote::ToTokens as _;
use syn::{Attribute, Expr, Meta, parse_quote};

use crate::check::Companions;
use crate::parse::item::Item;
use crate::syntax::groups::peel_expr;

/// Appends the section if the function has documentation of its own.
pub(crate) fn append(item: &mut Item, ttl: Option<&Expr>, companions: &Companions) {
    let is_text = |attribute: &Attribute| {
        attribute.path().is_ident("doc") && matches!(attribute.meta, Meta::NameValue(_))
    };
    if !item.attributes.iter().any(is_text) {
        return;
    }
    let lines = lines(&item.signature.ident.to_string(), ttl, companions);
    item.attributes.extend(
        lines
            .iter()
            .map(|line| -> Attribute { parse_quote!(#[doc = #line]) }),
    );
}

fn lines(name: &str, ttl: Option<&Expr>, companions: &Companions) -> Vec<String> {
    let kept = match ttl.map(peel_expr) {
        None => " The cache's default says for how long.".to_owned(),
        Some(Expr::Closure(_)) => " The result decides for how long.".to_owned(),
        Some(ttl) => format!(" Time to live: `{}`.", ttl.to_token_stream()),
    };
    let beside = match companions {
        Companions::Off => String::new(),
        Companions::Struct(module) => list(&format!("{module}::")),
        Companions::Methods(start) => list(&format!("{start}_")),
    };
    vec![
        String::new(),
        " # Cache".to_owned(),
        String::new(),
        format!(" The result of `{name}` is kept in the cache and shared.{kept}{beside}"),
    ]
}

fn list(start: &str) -> String {
    format!(
        " Beside it: `{start}key`, `{start}peek`, `{start}invalidate`, `{start}refresh` and `{start}uncached`."
    )
}
