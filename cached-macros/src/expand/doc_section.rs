//! The *Cache* section that a documented function gets.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{Attribute, Expr, Meta};

use crate::check::{CachedFn, Companions};
use crate::syntax::groups::peel_expr;

/// Writes the section if the function has documentation of its own.
///
/// ```text
/// /// Loads a profile.
/// // is followed by
/// ///
/// /// # Cache
/// ///
/// /// The result of `profile` is kept in the cache and shared. Time to live: `"5m"`. Beside it: `profile::key`, …
/// ```
pub(super) fn quote_doc_section(function: &CachedFn) -> Option<TokenStream> {
    let is_text = |attribute: &Attribute| {
        attribute.path().is_ident("doc") && matches!(attribute.meta, Meta::NameValue(_))
    };
    if !function.item.attributes.iter().any(is_text) {
        return None;
    }
    let lines = write_lines(
        &function.item.signature.ident.to_string(),
        function.options.ttl.as_ref(),
        &function.companions,
    );
    Some(quote!(#(#[doc = #lines])*))
}

fn write_lines(name: &str, ttl: Option<&Expr>, companions: &Companions) -> [String; 4] {
    let kept = match ttl.map(peel_expr) {
        None => " The cache's default says for how long.".to_owned(),
        Some(Expr::Closure(_)) => " The result decides for how long.".to_owned(),
        Some(ttl) => format!(" Time to live: `{}`.", ttl.to_token_stream()),
    };
    let beside = match companions {
        Companions::Off => String::new(),
        Companions::Struct(name) => list_companions(&format!("{name}::")),
        Companions::Methods(start) => list_companions(&format!("{start}_")),
    };
    [
        String::new(),
        " # Cache".to_owned(),
        String::new(),
        format!(" The result of `{name}` is kept in the cache and shared.{kept}{beside}"),
    ]
}

fn list_companions(start: &str) -> String {
    format!(
        " Beside it: `{start}key`, `{start}peek`, `{start}invalidate`, `{start}refresh` and `{start}uncached`."
    )
}
