//! Patterns and the names that they bind.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{Ident, Pat};

/// Collects the names that a pattern binds, in order; a macro in a pattern hides them.
pub(crate) fn collect_bindings(pattern: &Pat, names: &mut Vec<Ident>) -> syn::Result<()> {
    match pattern {
        Pat::Ident(binding) => {
            names.push(binding.ident.clone());
            match &binding.subpat {
                Some((_, inner)) => collect_bindings(inner, names),
                None => Ok(()),
            }
        }
        Pat::Paren(inner) => collect_bindings(&inner.pat, names),
        Pat::Reference(inner) => collect_bindings(&inner.pat, names),
        Pat::Type(inner) => collect_bindings(&inner.pat, names),
        Pat::Tuple(inner) => inner
            .elems
            .iter()
            .try_for_each(|pattern| collect_bindings(pattern, names)),
        Pat::TupleStruct(inner) => inner
            .elems
            .iter()
            .try_for_each(|pattern| collect_bindings(pattern, names)),
        Pat::Slice(inner) => inner
            .elems
            .iter()
            .try_for_each(|pattern| collect_bindings(pattern, names)),
        Pat::Struct(inner) => inner
            .fields
            .iter()
            .try_for_each(|field| collect_bindings(&field.pat, names)),
        // Every alternative binds the same names.
        Pat::Or(inner) => inner
            .cases
            .first()
            .map_or(Ok(()), |pattern| collect_bindings(pattern, names)),
        Pat::Macro(_) => Err(syn::Error::new_spanned(
            pattern,
            "the names in a pattern made by a macro cannot be seen: write the pattern out",
        )),
        _ => Ok(()),
    }
}

/// Puts together again from its names what a pattern took apart; `None` where it let something go.
pub(crate) fn rebuild_value(pattern: &Pat) -> Option<TokenStream> {
    match pattern {
        Pat::Ident(binding) if binding.by_ref.is_none() => Some(binding.ident.to_token_stream()),
        Pat::Paren(inner) => rebuild_value(&inner.pat),
        Pat::Tuple(inner) => {
            let elements: Vec<_> = inner
                .elems
                .iter()
                .map(rebuild_value)
                .collect::<Option<_>>()?;
            Some(quote!((#(#elements,)*)))
        }
        Pat::TupleStruct(inner) if inner.qself.is_none() => {
            let path = &inner.path;
            let elements: Vec<_> = inner
                .elems
                .iter()
                .map(rebuild_value)
                .collect::<Option<_>>()?;
            Some(quote!(#path(#(#elements),*)))
        }
        Pat::Struct(inner) if inner.qself.is_none() && inner.rest.is_none() => {
            let path = &inner.path;
            let field = |field: &syn::FieldPat| {
                let (name, value) = (&field.member, rebuild_value(&field.pat)?);
                Some(quote!(#name: #value))
            };
            let fields: Vec<_> = inner.fields.iter().map(field).collect::<Option<_>>()?;
            Some(quote!(#path { #(#fields),* }))
        }
        _ => None,
    }
}

/// Takes `mut` out of a pattern, for a companion that only looks: it must not warn twice.
pub(crate) fn remove_mut(mut pattern: Pat) -> Pat {
    fn clear(pattern: &mut Pat) {
        match pattern {
            Pat::Ident(binding) => {
                if binding.by_ref.is_none() {
                    binding.mutability = None;
                }
                if let Some((_, inner)) = &mut binding.subpat {
                    clear(inner);
                }
            }
            Pat::Paren(inner) => clear(&mut inner.pat),
            Pat::Reference(inner) => clear(&mut inner.pat),
            Pat::Type(inner) => clear(&mut inner.pat),
            Pat::Tuple(inner) => inner.elems.iter_mut().for_each(clear),
            Pat::TupleStruct(inner) => inner.elems.iter_mut().for_each(clear),
            Pat::Slice(inner) => inner.elems.iter_mut().for_each(clear),
            Pat::Struct(inner) => inner
                .fields
                .iter_mut()
                .for_each(|field| clear(&mut field.pat)),
            Pat::Or(inner) => inner.cases.iter_mut().for_each(clear),
            _ => {}
        }
    }
    clear(&mut pattern);
    pattern
}

#[cfg(test)]
mod tests {
    use syn::parse::Parser as _;

    use super::*;

    #[test]
    fn a_value_is_put_together_from_all_its_parts() {
        let check = |written: &str, expected: Option<&str>| {
            let pattern = Pat::parse_single.parse_str(written).unwrap();
            let value = rebuild_value(&pattern).map(|value| value.to_string());
            let expected: Option<TokenStream> = expected.map(|text| text.parse().unwrap());
            assert_eq!(value, expected.map(|tokens| tokens.to_string()));
        };
        check("mut id", Some("id"));
        check("Path(id)", Some("Path(id)"));
        check("all @ (_, _)", Some("all"));
        check("((a), (mut b, c))", Some("(a, (b, c,),)"));
        check(
            "User { id, name: Name(name) }",
            Some("User { id: id, name: Name(name) }"),
        );
        for lost in [
            "_",
            "(a, _)",
            "(a, ..)",
            "User { id, .. }",
            "ref id",
            "(a, &b)",
            "[a, b]",
        ] {
            check(lost, None);
        }
    }
}
