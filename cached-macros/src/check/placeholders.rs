//! The placeholders of templates, compared with the parameters.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote};
use syn::ext::IdentExt as _;
use syn::{Ident, LitStr, Receiver};

use super::key::Component;
use super::parameters::{Parameter, no_parameter_message};
use super::values::check_repeated;
use crate::diagnostics::Errors;
use crate::parse::args::Written;
use crate::syntax::template::{Piece, Placeholder, TemplateKind, parse_template};

/// Resolves the placeholders of templates.
pub(super) struct PlaceholderResolver<'a> {
    pub(crate) receiver: Option<&'a Receiver>,
    pub(crate) skips_self: bool,
    pub(crate) parameters: &'a [Parameter],
    /// The name of the value that the body returned, if it can be named.
    pub(crate) returned: Option<&'a Ident>,
    pub(crate) components: &'a mut Vec<Component>,
    pub(crate) errors: &'a mut Errors,
}

impl PlaceholderResolver<'_> {
    /// Resolves the readable part of a key, and its tags.
    pub(super) fn resolve_key(
        &mut self,
        prefix: Option<&Written<LitStr>>,
        tags: Option<&Written<Vec<LitStr>>>,
    ) -> (Option<String>, Vec<String>) {
        let prefix =
            prefix.and_then(|prefix| self.resolve_template(TemplateKind::Prefix, &prefix.value));
        let tags = tags.map_or(&[] as &[LitStr], |tags| &tags.value);
        check_repeated("tag", tags, self.errors);
        let tags = tags
            .iter()
            .filter_map(|tag| self.resolve_template(TemplateKind::Tag, tag))
            .collect();
        (prefix, tags)
    }

    /// Writes a template with the numbers of components in place of names: `user:{0}`.
    pub(super) fn resolve_template(
        &mut self,
        kind: TemplateKind,
        literal: &LitStr,
    ) -> Option<String> {
        let pieces = match parse_template(kind, &literal.value()) {
            Err(wrong) => {
                for message in wrong {
                    self.errors.report_on(literal, message);
                }
                return None;
            }
            Ok(pieces) => pieces,
        };
        // What the body returned is known last, and numbered last.
        let (last, first): (Vec<&Placeholder>, Vec<&Placeholder>) = pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Text(_) => None,
                Piece::Placeholder(placeholder) => Some(placeholder),
            })
            .partition(|placeholder| self.is_returned(placeholder));
        for placeholder in first.into_iter().chain(last) {
            self.resolve(placeholder, literal)?;
        }
        pieces
            .into_iter()
            .map(|piece| match piece {
                Piece::Text(text) => Some(text),
                Piece::Placeholder(placeholder) => {
                    let index = self.resolve(&placeholder, literal)?;
                    Some(format!("{{{index}}}"))
                }
            })
            .collect()
    }

    /// Returns the number of the component that fills the placeholder.
    fn resolve(&mut self, placeholder: &Placeholder, literal: &LitStr) -> Option<usize> {
        let is_returned = self.is_returned(placeholder);
        let root = if placeholder.root == "self" {
            self.resolve_self(placeholder, literal)?
        } else if is_returned {
            self.resolve_returned(placeholder, literal)?
        } else {
            self.resolve_parameter(placeholder, literal)?
        };
        let fields = placeholder
            .fields
            .iter()
            .map(|field| write_member(field, literal.span()));
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

    /// Returns true for a name in the value that the body returned: a parameter called `ret` goes first.
    fn is_returned(&self, placeholder: &Placeholder) -> bool {
        let mut names = self
            .parameters
            .iter()
            .flat_map(|parameter| &parameter.names);
        placeholder.root == "ret" && !names.any(|name| name == "ret")
    }

    fn resolve_returned(
        &mut self,
        placeholder: &Placeholder,
        literal: &LitStr,
    ) -> Option<TokenStream> {
        let Some(returned) = self.returned else {
            self.errors.report_on(literal, format!(
                "`{{{placeholder}}}`: a key is made before the body runs: name a parameter; only `#[invalidates]` can name what was returned"
            ));
            return None;
        };
        let mut returned = returned.clone();
        returned.set_span(returned.span().located_at(literal.span()));
        Some(returned.to_token_stream())
    }

    fn resolve_self(&mut self, placeholder: &Placeholder, literal: &LitStr) -> Option<TokenStream> {
        match self.receiver {
            None => {
                self.errors.report_on(
                    literal,
                    format!(
                        "`{{{placeholder}}}`: there is no `self` here; name a parameter, as in `{{id}}`"
                    ),
                );
                None
            }
            Some(_) if self.skips_self => {
                self.errors.report_on(
                    literal,
                    format!(
                        "`{{{placeholder}}}`: `self` is skipped; remove `skip(self)` or the placeholder"
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

    fn resolve_parameter(
        &mut self,
        placeholder: &Placeholder,
        literal: &LitStr,
    ) -> Option<TokenStream> {
        let wanted = placeholder
            .root
            .strip_prefix("r#")
            .unwrap_or(&placeholder.root);
        let found = self.parameters.iter().find_map(|parameter| {
            let name = parameter.names.iter().find(|name| name.unraw() == wanted)?;
            Some((name, parameter.skipped.contains(name)))
        });
        let Some((name, is_skipped)) = found else {
            let message = no_parameter_message(&placeholder.root, self.receiver, self.parameters);
            self.errors
                .report_on(literal, format!("`{{{placeholder}}}`: {message}"));
            return None;
        };
        if is_skipped && placeholder.fields.is_empty() {
            self.errors.report_on(literal, format!(
                "`{{{placeholder}}}`: `{name}` is skipped, so it is not part of the key; do not skip it, name a field as in `{{{name}.id}}`, or remove the placeholder"
            ));
            return None;
        }
        let mut name = name.clone();
        name.set_span(name.span().located_at(literal.span()));
        Some(name.to_token_stream())
    }
}

/// Writes the name or number of a field.
fn write_member(field: &str, span: Span) -> TokenStream {
    if let Ok(index) = field.parse::<u32>() {
        return syn::Index { index, span }.to_token_stream();
    }
    let raw = field.strip_prefix("r#");
    match syn::parse_str::<Ident>(field) {
        Ok(_) if raw.is_none() => Ident::new(field, span).to_token_stream(),
        _ => Ident::new_raw(raw.unwrap_or(field), span).to_token_stream(),
    }
}
