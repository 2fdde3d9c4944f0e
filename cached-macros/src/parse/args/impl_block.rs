//! The arguments of `#[cached(...)]` on an `impl`.

use proc_macro2::TokenStream;
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::{Ident, Path};

use super::cached::GRAMMAR;
use super::grammar::{Written, expect_equals, parse_arguments, set_once, skip_to_comma};
use super::values::parse_path;
use crate::diagnostics::Errors;

/// All arguments of `#[cached(...)]` on an `impl`.
#[derive(Default)]
pub(crate) struct ImplArgs {
    /// The path of the runtime for functions that give none.
    pub(crate) runtime: Option<Written<Path>>,
}

impl ImplArgs {
    /// Parses all it can, and reports what it cannot.
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> ImplArgs {
        let mut args = ImplArgs::default();
        parse_arguments(tokens, errors, |input, errors| {
            args.parse_argument(input, errors)
        });
        args
    }

    fn parse_argument(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let keyword = Ident::parse_any(input).map_err(|error| {
            syn::Error::new(
                error.span(),
                "on an `impl`, `#[cached]` stands alone: what it says belongs on the functions",
            )
        })?;
        let example = GRAMMAR.find_example(&keyword)?;
        if keyword == "crate" {
            expect_equals(input, &keyword, example)?;
            set_once(
                &mut self.runtime,
                keyword,
                parse_path(input, example)?,
                errors,
            );
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
