//! The placeholders of a prefix, compared with the parameters.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote};
use syn::ext::IdentExt as _;
use syn::{Ident, LitStr, Receiver};

use super::Component;
use super::parameters::{Parameter, no_parameter};
use crate::mistakes::Mistakes;
use crate::template::{self, Place};

/// Resolves the placeholders of a prefix.
pub(crate) struct Reader<'a> {
    pub(crate) receiver: Option<&'a Receiver>,
    pub(crate) skips_self: bool,
    pub(crate) parameters: &'a [Parameter],
    pub(crate) components: &'a mut Vec<Component>,
    pub(crate) mistakes: &'a mut Mistakes,
}

impl Reader<'_> {
    pub(crate) fn prefix(&mut self, literal: &LitStr) -> Option<String> {
        match template::parse("prefix", &literal.value()) {
            Err(wrong) => {
                for message in wrong {
                    self.mistakes.on(literal, message);
                }
                None
            }
            Ok(pieces) => pieces
                .into_iter()
                .map(|piece| match piece {
                    template::Piece::Text(text) => Some(text),
                    template::Piece::Place(place) => {
                        let index = self.place(&place, literal)?;
                        Some(format!("{{{index}}}"))
                    }
                })
                .collect(),
        }
    }

    fn place(&mut self, place: &Place, literal: &LitStr) -> Option<usize> {
        let root = if place.root == "self" {
            self.own(place, literal)?
        } else {
            self.parameter(place, literal)?
        };
        let fields = place
            .fields
            .iter()
            .map(|field| member(field, literal.span()));
        let value = quote!(#root #(.#fields)*);
        let text = value.to_string();
        let known = self
            .components
            .iter()
            .position(|component| component.value.to_string() == text);
        Some(known.unwrap_or_else(|| {
            self.components.push(Component {
                value,
                span: literal.span(),
            });
            self.components.len().saturating_sub(1)
        }))
    }

    fn own(&mut self, place: &Place, literal: &LitStr) -> Option<TokenStream> {
        match self.receiver {
            None => {
                self.mistakes
                    .on(literal, format!("`{{{place}}}`: there is no `self` here"));
                None
            }
            Some(_) if self.skips_self => {
                self.mistakes.on(
                    literal,
                    format!(
                        "`{{{place}}}`: `self` is skipped; remove `skip(self)` or the placeholder"
                    ),
                );
                None
            }
            Some(receiver) => {
                let mut token = receiver.self_token;
                token.span = token.span.located_at(literal.span());
                Some(token.to_token_stream())
            }
        }
    }

    fn parameter(&mut self, place: &Place, literal: &LitStr) -> Option<TokenStream> {
        let wanted = place.root.strip_prefix("r#").unwrap_or(&place.root);
        let found = self.parameters.iter().find_map(|parameter| {
            let name = parameter.names.iter().find(|name| name.unraw() == wanted)?;
            Some((name, parameter.skipped.contains(name)))
        });
        let Some((name, is_skipped)) = found else {
            let message = no_parameter(&place.root, self.receiver, self.parameters);
            self.mistakes
                .on(literal, format!("`{{{place}}}`: {message}"));
            return None;
        };
        if is_skipped && place.fields.is_empty() {
            self.mistakes.on(literal, format!(
                "`{{{place}}}`: `{name}` is skipped, so it is not part of the key; do not skip it, name a field as in `{{{name}.id}}`, or remove the placeholder"
            ));
            return None;
        }
        let mut name = name.clone();
        name.set_span(name.span().located_at(literal.span()));
        Some(name.to_token_stream())
    }
}

fn member(field: &str, span: Span) -> TokenStream {
    if let Ok(index) = field.parse::<u32>() {
        return syn::Index { index, span }.to_token_stream();
    }
    let raw = field.strip_prefix("r#");
    match syn::parse_str::<Ident>(field) {
        Ok(_) if raw.is_none() => Ident::new(field, span).to_token_stream(),
        _ => Ident::new_raw(raw.unwrap_or(field), span).to_token_stream(),
    }
}
