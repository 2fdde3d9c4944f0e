//! Paths in the tokens of a macro, which nobody parses.

use std::iter::Peekable;

use proc_macro2::{TokenStream, TokenTree, token_stream};

/// A path as it stands among tokens.
pub(crate) struct TokenPath {
    pub(crate) line: usize,
    pub(crate) names: Vec<String>,
}

/// Adds every `a::b` to `paths`, unless a macro's parameter stands before it: `$crate::b` and `#name::b` are whatever
/// the macro is given.
pub(crate) fn collect(tokens: TokenStream, paths: &mut Vec<TokenPath>) {
    let mut tokens = tokens.into_iter().peekable();
    let mut is_given = false;
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => collect(group.stream(), paths),
            TokenTree::Ident(first) => {
                let line = first.span().start().line;
                let mut names = vec![first.to_string()];
                while let Some(name) = next_name(&mut tokens) {
                    names.push(name);
                }
                if names.len() > 1 && !is_given {
                    paths.push(TokenPath { line, names });
                }
            }
            TokenTree::Punct(ref punct) if matches!(punct.as_char(), '$' | '#') => {
                is_given = true;
                continue;
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
        is_given = false;
    }
}

/// Takes `:: name`, if that comes next.
fn next_name(tokens: &mut Peekable<token_stream::IntoIter>) -> Option<String> {
    let mut ahead = tokens.clone();
    for _ in 0..2 {
        match ahead.next()? {
            TokenTree::Punct(punct) if punct.as_char() == ':' => {}
            _ => return None,
        }
    }
    let TokenTree::Ident(name) = ahead.next()? else {
        return None;
    };
    *tokens = ahead;
    Some(name.to_string())
}

#[test]
fn paths_are_found_in_groups_and_parameters_are_not() {
    let tokens = "a(crate::b::c, $crate::d::e, #given::f) x: y, ::g::h::<i::j>";
    let mut paths = Vec::new();
    collect(tokens.parse().unwrap(), &mut paths);
    let paths: Vec<_> = paths.iter().map(|path| path.names.join("::")).collect();
    assert_eq!(paths, ["crate::b::c", "g::h", "i::j"]);
}
