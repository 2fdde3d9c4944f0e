//! The parameters of the companions.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote};
use syn::{Expr, Ident, Pat, Receiver, ReceiverKind};

use super::Component;
use super::parameters::{Parameter, is_opaque};
use crate::syntax::binding::without_mut;
use crate::syntax::tokens::{find, mentioned, respanned, starts_with};

/// The parameters of the companions.
pub(crate) struct Signatures {
    /// Of `key` and `peek`: the receiver borrowed, unless an expression may need it whole, and patterns kept where something needs their names.
    pub(crate) looking: Vec<TokenStream>,
    /// The names by which `peek` passes all of `looking` on to `key`, if they have such names.
    pub(crate) looked: Option<Vec<TokenStream>>,
    /// Names in `looking` that may be unused there.
    pub(crate) idle: Vec<Ident>,
    /// Of `refresh` and `uncached`, with the names to pass on.
    pub(crate) calling: Vec<TokenStream>,
    pub(crate) passed: Vec<TokenStream>,
}

pub(crate) fn signatures(
    receiver: Option<&Receiver>,
    parameters: &[Parameter],
    components: &[Component],
    mentions: &[Option<Expr>; 2],
) -> Signatures {
    let mut looking = Vec::new();
    // What `cache = …` names must not be moved into `key`.
    let [_, cache] = mentions;
    let mut looked = cache.is_none().then(Vec::new);
    let mut idle = Vec::new();
    let mut calling = Vec::new();
    let mut passed = Vec::new();
    let written: TokenStream = mentions
        .iter()
        .flatten()
        .map(quote::ToTokens::to_token_stream)
        .collect();
    if let Some(receiver) = receiver {
        let is_self = |ident: &Ident| ident == "self";
        let is_mentioned = find(written.clone(), &is_self).is_some();
        let is_typed = matches!(receiver.kind, ReceiverKind::Typed(..)) && is_mentioned;
        let mut plain = receiver.clone();
        plain.mutability = plain
            .mutability
            .filter(|_| matches!(plain.kind, ReceiverKind::Reference(..)));
        let token = receiver.self_token;
        looking.push(if is_typed {
            plain.to_token_stream()
        } else {
            quote!(&#token)
        });
        if let Some(names) = &mut looked {
            names.push(token.to_token_stream());
        }
        calling.push(plain.to_token_stream());
        passed.push(token.to_token_stream());
    }
    // A `macro_rules!` can give two parameters the same name.
    let is_unique = |name: &Ident| {
        let names = parameters.iter().flat_map(|parameter| &parameter.names);
        names.filter(|other| *other == name).count() == 1
    };
    for (index, parameter) in parameters.iter().enumerate() {
        let Parameter {
            pattern, ty, names, ..
        } = parameter;
        let is_component = |name: &Ident| {
            is_opaque(parameter)
                || components
                    .iter()
                    .any(|component| starts_with(&component.value, name))
        };
        let is_named = |name: &Ident| {
            is_component(name) || mentioned(written.clone(), std::slice::from_ref(name)).is_some()
        };
        if names.iter().any(is_named) {
            let pattern = without_mut(pattern.clone());
            match (&pattern, &mut looked) {
                (Pat::Ident(binding), Some(names))
                    if binding.subpat.is_none()
                        && binding.by_ref.is_none()
                        && !binding.ident.to_string().starts_with('_') =>
                {
                    names.push(binding.ident.to_token_stream());
                }
                _ => looked = None,
            }
            looking.push(quote!(#pattern: #ty));
            idle.extend(names.iter().filter(|name| !is_component(name)).cloned());
        } else if !parameter.is_skipped {
            looking.push(quote!(_: #ty));
            looked = None;
        }
        // Hidden from the name of the function, which may be the same.
        let name = match pattern {
            Pat::Ident(binding) if binding.subpat.is_none() && is_unique(&binding.ident) => {
                let name = &binding.ident;
                respanned(name, Span::mixed_site().located_at(name.span()))
            }
            _ => format_ident!("argument_{}", index, span = Span::mixed_site()),
        };
        calling.push(quote!(#name: #ty));
        passed.push(name.to_token_stream());
    }
    Signatures {
        looking,
        looked,
        idle,
        calling,
        passed,
    }
}
