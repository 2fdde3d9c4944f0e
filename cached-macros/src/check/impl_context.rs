//! The `impl` around a function, as far as its attribute can see.

use syn::{GenericParam, Generics, Path, Signature};

/// The `impl` that a function is in, as far as its attribute can see.
pub(crate) enum ImplContext {
    /// Any or none: `self` alone tells a method.
    Unseen,
    /// The annotated `impl` of a type.
    Inherent,
    /// The annotated `impl` of a trait.
    Trait {
        of: Path,
        /// Parameters of the `impl` that the type does not determine, with their bounds: its companions take them
        /// instead.
        free: Generics,
    },
}

impl ImplContext {
    /// Returns true in an annotated `impl`.
    pub(crate) fn is_seen(&self) -> bool {
        !matches!(self, ImplContext::Unseen)
    }

    /// Returns the generic parameters of a function's companions.
    pub(crate) fn companion_generics(&self, signature: &Signature) -> Generics {
        let mut generics = signature.generics.clone();
        let ImplContext::Trait { free, .. } = self else {
            return generics;
        };
        let (lifetimes, others): (Vec<_>, Vec<_>) = generics
            .params
            .into_iter()
            .partition(|parameter| matches!(parameter, GenericParam::Lifetime(_)));
        let free_params = free.params.iter().cloned();
        generics.params = lifetimes
            .into_iter()
            .chain(free_params)
            .chain(others)
            .collect();
        if let Some(bounds) = &free.where_clause {
            let predicates = &mut generics.make_where_clause().predicates;
            predicates.extend(bounds.predicates.iter().cloned());
        }
        generics
    }
}
