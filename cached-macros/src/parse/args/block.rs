//! What was written between the parentheses of `#[cached(...)]` on an `impl`.

use proc_macro2::TokenStream;
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::{Ident, Path};

use super::cached::GRAMMAR;
use super::grammar::{Written, equals, put, read, skip_to_comma};
use super::values::path;
use crate::diagnostics::Errors;

/// All arguments of `#[cached(...)]` on an `impl`.
#[derive(Default)]
pub(crate) struct BlockArgs {
    /// For functions that do not say it themselves.
    pub(crate) runtime: Option<Written<Path>>,
}

impl BlockArgs {
    /// Reads all it can, and notes what it cannot.
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> BlockArgs {
        let mut args = BlockArgs::default();
        read(tokens, errors, |input, errors| args.argument(input, errors));
        args
    }

    fn argument(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let keyword = Ident::parse_any(input).map_err(|error| {
            syn::Error::new(
                error.span(),
                "on an `impl`, `#[cached]` stands alone: what it says belongs on the functions",
            )
        })?;
        let example = GRAMMAR.example(&keyword)?;
        if keyword == "crate" {
            equals(input, &keyword, example)?;
            put(&mut self.runtime, keyword, path(input, example)?, errors);
        } else {
            errors.report_at(
                keyword.span(),
                format!("`{keyword}` belongs on the functions of the `impl`: write `#[cached({example})]` above each that is to be cached"),
            );
            skip_to_comma(input);
        }
        Ok(())
    }
}
