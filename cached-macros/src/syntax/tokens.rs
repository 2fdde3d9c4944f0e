//! Names in tokens that nobody has parsed.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::quote_spanned;
use syn::ext::IdentExt as _;

/// Returns true if the tokens begin with this name.
pub(crate) fn starts_with(tokens: &TokenStream, name: &Ident) -> bool {
    matches!(tokens.clone().into_iter().next(), Some(TokenTree::Ident(first)) if first == *name)
}

/// Returns a name of the caller's, located there for messages, as one that the macro made: the caller's lints on
/// names and unused items do not apply.
pub(crate) fn to_ours(name: &Ident) -> Ident {
    respan_name(name, Span::call_site().located_at(name.span()))
}

/// Returns the name with another span.
pub(crate) fn respan_name(name: &Ident, span: Span) -> Ident {
    // A keyword in this crate's edition, a name in the one before, where `r#` means the same.
    if name == "gen" {
        return Ident::new_raw("gen", span);
    }
    let mut name = name.clone();
    name.set_span(span);
    name
}

/// Finds the first identifier that is `wanted`, anywhere in the tokens.
pub(crate) fn find_ident(tokens: TokenStream, wanted: &dyn Fn(&Ident) -> bool) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if wanted(&ident) => Some(ident),
        TokenTree::Group(group) => find_ident(group.stream(), wanted),
        _ => None,
    })
}

/// Spells `Self::Row` as `<Self as Users>::Row`, for each of `names`.
pub(crate) fn qualify_self(tokens: TokenStream, names: &[Ident], of: &TokenStream) -> TokenStream {
    let is_colon =
        |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':');
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut rest = tokens.as_slice();
    let mut spelled = TokenStream::new();
    while let [token, after @ ..] = rest {
        match (token, after) {
            (TokenTree::Ident(own), [first, second, TokenTree::Ident(name), ..])
                if own == "Self" && is_colon(first) && is_colon(second) && names.contains(name) =>
            {
                spelled.extend(quote_spanned!(own.span()=> <#own as #of>));
            }
            (TokenTree::Group(group), _) => {
                let mut inside =
                    Group::new(group.delimiter(), qualify_self(group.stream(), names, of));
                inside.set_span(group.span());
                spelled.extend([TokenTree::from(inside)]);
            }
            _ => spelled.extend([token.clone()]),
        }
        rest = after;
    }
    spelled
}

/// Finds the first use of one of `names` as a variable, also inside a format string. May see a use where there is
/// none (a local variable of the same name), never the other way round.
pub(crate) fn find_use(tokens: TokenStream, names: &[Ident]) -> Option<Ident> {
    let mut after_dot = false;
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let found = match &token {
            TokenTree::Ident(ident) if !after_dot && names.contains(ident) => {
                let is_path = matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == ':' && next.spacing() == proc_macro2::Spacing::Joint);
                (!is_path).then(|| ident.clone())
            }
            TokenTree::Group(group) => find_use(group.stream(), names),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                names
                    .iter()
                    .find(|name| text.contains(&format!("{{{}", name.unraw())))
                    .map(|name| {
                        let mut name = name.clone();
                        name.set_span(name.span().located_at(literal.span()));
                        name
                    })
            }
            _ => None,
        };
        if found.is_some() {
            return found;
        }
        after_dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
    }
    None
}
