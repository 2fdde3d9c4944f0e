//! What stands beside a cached function, and where there is a place for it.

use proc_macro2::Span;
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::{GenericParam, Generics, Ident, Path, Signature};

use super::Generic;
use super::parameters::{Parameter, is_opaque};
use crate::diagnostics::Errors;
use crate::enclosing::{Place, find_place};
use crate::parse::args::Written;
use crate::parse::item::Item;
use crate::syntax::tokens::{find, ours};

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

/// Returns true if the companions may stand beside the function, as far as can be seen; else reports an error.
pub(crate) fn check_place(
    within: &Within,
    companions: &Companions,
    item: &Item,
    errors: &mut Errors,
) -> bool {
    if within.is_seen() || matches!(companions, Companions::Off) {
        return true;
    }
    let name = &item.signature.ident;
    let has_self = item.signature.receiver().is_some();
    let message = match find_place(&item.signature) {
        Some(Place::TraitImpl) => format!(
            "`{name}` is in the `impl` of a trait, which has no place for companions: write `#[cached]` above the `impl` as well, or `companions = off` here"
        ),
        Some(Place::Impl) if !has_self => format!(
            "`{name}` has no `self`, and companions of such a function have no place in an `impl`: write `#[cached]` above the `impl` as well, or `companions = off` here"
        ),
        Some(Place::Trait) => format!(
            "`{name}` is in a `trait`, which has no place for companions: write `companions = off`"
        ),
        Some(Place::Beside(what)) if matches!(companions, Companions::Struct(own) if own == name) =>
        {
            format!(
                "{what} is called `{name}` as well, and so is the type whose functions the companions are: write `companions = {name}_cache`"
            )
        }
        None if !has_self => return check_self(item, errors),
        _ => return true,
    };
    errors.report_on(name, message);
    false
}

/// Looks for a use of `Self`, which alone tells that a function without `self` is in an `impl` where its place cannot be
/// seen.
fn check_self(item: &Item, errors: &mut Errors) -> bool {
    let is_self = |ident: &Ident| ident == "Self";
    let is_item =
        |ident: &Ident| ident == "impl" || ident == "trait" || ident == "struct" || ident == "enum";
    let in_signature = find(item.signature.to_token_stream(), &is_self);
    let found = in_signature.or_else(|| {
        let body = &item.body;
        find(body.clone(), &is_self).filter(|_| find(body.clone(), &is_item).is_none())
    });
    let Some(found) = found else {
        return true;
    };
    errors.report_on(found, "companions of a function without `self` have no place in an `impl`: write `#[cached]` above the `impl` as well, or `companions = off` here");
    false
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
