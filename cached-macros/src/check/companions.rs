//! What stands beside a cached function, and where there is a place for it.

use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::{GenericParam, Generics, Ident, Path, Signature};

use super::Generic;
use super::parameters::{Parameter, is_opaque};
use crate::diagnostics::Errors;
use crate::enclosing;
use crate::parse::args::Written;
use crate::parse::item::Item;
use crate::syntax::tokens::ours;

/// What a function is in, as far as its attribute can see.
pub(crate) enum Within {
    /// Whatever surrounds it: `self` alone tells a method.
    Unseen,
    /// The annotated `impl` of a type.
    Type,
    /// The annotated `impl` of a trait.
    Trait {
        of: Path,
        /// Parameters of the `impl` that the type does not determine, with what is said of them: its companions
        /// take them instead.
        free: Generics,
    },
}

impl Within {
    fn is_seen(&self) -> bool {
        !matches!(self, Within::Unseen)
    }

    /// The parameters of the companions.
    pub(crate) fn generics(&self, signature: &Signature) -> Generics {
        let mut generics = signature.generics.clone();
        let Within::Trait { free, .. } = self else {
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

pub(crate) enum Companions {
    Off,
    /// Functions of a struct of this name.
    Struct(Ident),
    /// Functions whose names begin so, among those of `Self`.
    Methods(String),
}

pub(crate) fn companions(
    written: Option<Written<Ident>>,
    signature: &Signature,
    within: &Within,
) -> Companions {
    let name = written.map_or_else(|| signature.ident.clone(), |name| name.value);
    if name == "off" {
        Companions::Off
    } else if signature.receiver().is_some() || within.is_seen() {
        Companions::Methods(name.unraw().to_string())
    } else {
        Companions::Struct(ours(&name))
    }
}

/// Whether the companions may stand beside the function, as far as can be seen; else it is a mistake.
pub(crate) fn check_place(
    within: &Within,
    companions: &Companions,
    item: &Item,
    errors: &mut Errors,
) -> bool {
    within.is_seen()
        || matches!(companions, Companions::Off)
        || enclosing::check(item, companions, errors)
}

pub(crate) fn generics(
    signature: &Signature,
    parameters: &[Parameter],
    within: &Within,
    companions: &Companions,
) -> Vec<Generic> {
    let mut generics = Vec::new();
    if signature.receiver().is_some() || within.is_seen() {
        generics.push(Generic::Type(Ident::new("Self", Span::mixed_site())));
    }
    // The parameters of an `impl` that `self` does not determine.
    if matches!(companions, Companions::Off) {
        generics.push(Generic::Surroundings);
    }
    for parameter in &within.generics(signature).params {
        match parameter {
            GenericParam::Type(parameter) => generics.push(Generic::Type(parameter.ident.clone())),
            GenericParam::Const(parameter) => {
                generics.push(Generic::Const(parameter.ident.clone()));
            }
            GenericParam::Lifetime(_) => {}
        }
    }
    for parameter in parameters.iter().filter(|parameter| is_opaque(parameter)) {
        generics.extend(parameter.names.iter().cloned().map(Generic::Of));
    }
    generics
}
