//! The placeholders of a template, compared with the parameters.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote};
use syn::ext::IdentExt as _;
use syn::{Ident, LitStr, Receiver};

use super::Component;
use super::parameters::{Parameter, no_parameter};
use super::values::check_repeated;
use crate::diagnostics::Errors;
use crate::parse::args::Written;
use crate::syntax::template::{self, Kind, Piece, Place};

/// Resolves the placeholders of templates.
pub(crate) struct Reader<'a> {
    pub(crate) receiver: Option<&'a Receiver>,
    pub(crate) skips_self: bool,
    pub(crate) parameters: &'a [Parameter],
    /// What stands for the value that the body returned, if it can be named.
    pub(crate) returned: Option<&'a Ident>,
    pub(crate) components: &'a mut Vec<Component>,
    pub(crate) errors: &'a mut Errors,
}

impl Reader<'_> {
    /// The readable part of a key, and its tags.
    pub(crate) fn templates(
        &mut self,
        prefix: Option<Written<LitStr>>,
        tags: Option<Written<Vec<LitStr>>>,
    ) -> (Option<String>, Vec<String>) {
        let prefix = prefix.and_then(|prefix| self.template(Kind::Prefix, &prefix.value));
        let tags = tags.map(|tags| tags.value).unwrap_or_default();
        check_repeated("tag", &tags, self.errors);
        let tags = tags
            .iter()
            .filter_map(|tag| self.template(Kind::Tag, tag))
            .collect();
        (prefix, tags)
    }

    /// The template with the numbers of components in place of names: `user:{0}`.
    pub(crate) fn template(&mut self, kind: Kind, literal: &LitStr) -> Option<String> {
        let pieces = match template::parse(kind, &literal.value()) {
            Err(wrong) => {
                for message in wrong {
                    self.errors.report_on(literal, message);
                }
                return None;
            }
            Ok(pieces) => pieces,
        };
        // What the body returned is known last, and numbered last.
        let (last, first): (Vec<&Place>, Vec<&Place>) = pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Text(_) => None,
                Piece::Place(place) => Some(place),
            })
            .partition(|place| self.is_returned(place));
        for place in first.into_iter().chain(last) {
            self.place(place, literal)?;
        }
        pieces
            .into_iter()
            .map(|piece| match piece {
                Piece::Text(text) => Some(text),
                Piece::Place(place) => {
                    let index = self.place(&place, literal)?;
                    Some(format!("{{{index}}}"))
                }
            })
            .collect()
    }

    /// The number of the component that fills `place`.
    fn place(&mut self, place: &Place, literal: &LitStr) -> Option<usize> {
        let is_returned = self.is_returned(place);
        let root = if place.root == "self" {
            self.own(place, literal)?
        } else if is_returned {
            self.returned(place, literal)?
        } else {
            self.parameter(place, literal)?
        };
        let fields = place
            .fields
            .iter()
            .map(|field| member(field, literal.span()));
        let value = quote!(#root #(.#fields)*);
        let text = value.to_string();
        let known = self.components.iter().position(|component| {
            component.is_returned == is_returned && component.value.to_string() == text
        });
        Some(known.unwrap_or_else(|| {
            self.components.push(Component {
                value,
                span: literal.span(),
                is_returned,
            });
            self.components.len().saturating_sub(1)
        }))
    }

    /// Whether `place` is in the value that the body returned: a parameter called `ret` goes first.
    fn is_returned(&self, place: &Place) -> bool {
        let mut names = self
            .parameters
            .iter()
            .flat_map(|parameter| &parameter.names);
        place.root == "ret" && !names.any(|name| name == "ret")
    }

    fn returned(&mut self, place: &Place, literal: &LitStr) -> Option<TokenStream> {
        let Some(returned) = self.returned else {
            self.errors.report_on(literal, format!(
                "`{{{place}}}`: a key is made before the body runs: name a parameter; only `#[invalidates]` can name what was returned"
            ));
            return None;
        };
        let mut returned = returned.clone();
        returned.set_span(returned.span().located_at(literal.span()));
        Some(returned.to_token_stream())
    }

    fn own(&mut self, place: &Place, literal: &LitStr) -> Option<TokenStream> {
        match self.receiver {
            None => {
                self.errors.report_on(
                    literal,
                    format!(
                        "`{{{place}}}`: there is no `self` here; name a parameter, as in `{{id}}`"
                    ),
                );
                None
            }
            Some(_) if self.skips_self => {
                self.errors.report_on(
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
            self.errors
                .report_on(literal, format!("`{{{place}}}`: {message}"));
            return None;
        };
        if is_skipped && place.fields.is_empty() {
            self.errors.report_on(literal, format!(
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
