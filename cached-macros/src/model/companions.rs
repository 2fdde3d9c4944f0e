//! What stands beside a cached function, and where there is a place for it.

use proc_macro2::Span;
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::{GenericParam, Ident, Path, Receiver, Signature};

use super::Generic;
use super::parameters::{Parameter, is_opaque};
use crate::args::Written;
use crate::item::Item;
use crate::mistakes::Mistakes;
use crate::tokens::find;

/// What a function is in, as far as its attribute can see.
pub(crate) enum Within {
    /// Whatever surrounds it: `self` alone tells a method.
    Unseen,
    /// The annotated `impl` of a type.
    Type,
    /// The annotated `impl` of this trait.
    Trait(Path),
}

impl Within {
    fn is_seen(&self) -> bool {
        !matches!(self, Within::Unseen)
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
        // Located at the name for messages, but made by the macro: the caller's lints on names and
        // unused items do not apply.
        let span = Span::call_site().located_at(name.span());
        let mut name = name;
        name.set_span(span);
        Companions::Struct(name)
    }
}

/// Where only the function is annotated, one without `self` in an `impl` can only be told by its use of
/// `Self`.
pub(crate) fn check_self(
    receiver: Option<&Receiver>,
    within: &Within,
    companions: &Companions,
    item: &Item,
    mistakes: &mut Mistakes,
) {
    if receiver.is_some() || within.is_seen() || matches!(companions, Companions::Off) {
        return;
    }
    let is_self = |ident: &Ident| ident == "Self";
    let is_item =
        |ident: &Ident| ident == "impl" || ident == "trait" || ident == "struct" || ident == "enum";
    let in_signature = find(item.signature.to_token_stream(), &is_self);
    let found = in_signature.or_else(|| {
        let body = &item.body;
        find(body.clone(), &is_self).filter(|_| find(body.clone(), &is_item).is_none())
    });
    if let Some(found) = found {
        mistakes.on(found, "a cached function without `self` cannot have companions inside an `impl`: write `#[cached]` above the `impl` as well, or `companions = off` here");
    }
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
    } else if matches!(companions, Companions::Off) {
        generics.push(Generic::Surroundings);
    }
    for parameter in &signature.generics.params {
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
