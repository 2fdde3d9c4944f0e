//! What patterns bind.

use syn::{Ident, Pat};

/// The names a pattern binds, in order; a macro in a pattern hides them.
pub(crate) fn bindings(pattern: &Pat, names: &mut Vec<Ident>) -> syn::Result<()> {
    match pattern {
        Pat::Ident(binding) => {
            names.push(binding.ident.clone());
            match &binding.subpat {
                Some((_, inner)) => bindings(inner, names),
                None => Ok(()),
            }
        }
        Pat::Paren(inner) => bindings(&inner.pat, names),
        Pat::Reference(inner) => bindings(&inner.pat, names),
        Pat::Type(inner) => bindings(&inner.pat, names),
        Pat::Tuple(inner) => inner
            .elems
            .iter()
            .try_for_each(|pattern| bindings(pattern, names)),
        Pat::TupleStruct(inner) => inner
            .elems
            .iter()
            .try_for_each(|pattern| bindings(pattern, names)),
        Pat::Slice(inner) => inner
            .elems
            .iter()
            .try_for_each(|pattern| bindings(pattern, names)),
        Pat::Struct(inner) => inner
            .fields
            .iter()
            .try_for_each(|field| bindings(&field.pat, names)),
        // Every alternative binds the same names.
        Pat::Or(inner) => inner
            .cases
            .first()
            .map_or(Ok(()), |pattern| bindings(pattern, names)),
        Pat::Macro(_) => Err(syn::Error::new_spanned(
            pattern,
            "the names in a pattern made by a macro cannot be seen: write the pattern out",
        )),
        _ => Ok(()),
    }
}

/// The pattern without `mut`, for a companion that only looks: it must not warn twice.
pub(crate) fn without_mut(mut pattern: Pat) -> Pat {
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
