//! Errors, collected so that all that is wrong with one attribute is reported at once; and the name that a misspelt
//! one most likely meant.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::Attribute;

/// The errors of one attribute, each on the token it is about.
#[derive(Default)]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    /// Adds an error at a place.
    pub(crate) fn report_at(&mut self, span: Span, message: impl std::fmt::Display) {
        self.report(syn::Error::new(span, message));
    }

    /// Adds an error on tokens, from the first to the last of them.
    pub(crate) fn report_on(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.report(syn::Error::new_spanned(tokens, message));
    }

    /// Adds an error, or several that were combined.
    pub(crate) fn report(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(all) => all.combine(error),
            none => *none = Some(error),
        }
    }

    /// Returns the value; or `None`, and adds its error.
    pub(crate) fn ok_or_report<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.report(error)).ok()
    }

    /// Returns true if nothing was wrong so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// One `compile_error!` per error, each behind `conditions`: code that is not compiled has no errors.
    pub(crate) fn into_tokens_if(self, conditions: &[Attribute]) -> TokenStream {
        let errors = self.0.into_iter().flatten().map(|error| {
            let message = error.into_compile_error();
            quote!(#(#conditions)* #message)
        });
        errors.collect()
    }

    /// One `compile_error!` per error.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.0
            .map(syn::Error::into_compile_error)
            .unwrap_or_default()
    }
}

/// Finds the candidate that `written` most likely meant, if one is close enough.
pub(crate) fn find_closest<'a>(
    written: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (count_edits(written, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Counts the edits between two words, a swap of neighbours as one (optimal string alignment).
#[expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "rows are as long as `right` plus one, and words are short"
)]
fn count_edits(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    let mut last_left = None;
    for (row, a) in left.chars().enumerate() {
        let mut current = vec![row + 1];
        for (column, &b) in right.iter().enumerate() {
            let replaced = above[column] + usize::from(a != b);
            let mut best = replaced.min(above[column + 1] + 1).min(current[column] + 1);
            if column > 0 && last_left == Some(b) && right[column - 1] == a {
                best = best.min(before[column - 1] + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut above, current);
        last_left = Some(a);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_slip_finds_the_argument() {
        let known = ["ttl", "prefix", "skip", "version", "cache_if"];
        assert_eq!(find_closest("tll", known), Some("ttl"));
        assert_eq!(find_closest("prefx", known), Some("prefix"));
        assert_eq!(find_closest("cacheif", known), Some("cache_if"));
        assert_eq!(find_closest("colour", known), None);
    }

    #[test]
    fn distance_counts_edits_and_swaps() {
        assert_eq!(count_edits("", "abc"), 3);
        assert_eq!(count_edits("ttl", "ttl"), 0);
        assert_eq!(count_edits("tlt", "ttl"), 1);
        assert_eq!(count_edits("kitten", "sitting"), 3);
    }
}
