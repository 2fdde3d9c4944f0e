//! The arguments of `#[invalidates(...)]`.

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::spanned::Spanned as _;
use syn::{Expr, ExprCall, ExprLit, ExprMethodCall, Ident, Lit, LitStr, Path, Token};

use super::grammar::{
    Grammar, Written, expect_equals, missing_value_error, parse_arguments, set_once,
};
use super::values::{parse_path, parse_texts, parse_value, quote_runtime};
use crate::diagnostics::Errors;
use crate::syntax::groups::peel_expr;

/// All arguments of `#[invalidates(...)]`, not yet compared with the function.
#[derive(Default)]
pub(crate) struct InvalidatesArgs {
    /// In the order in which they were written.
    pub(crate) targets: Vec<Target>,
    pub(crate) tags: Option<Written<Vec<LitStr>>>,
    pub(crate) on: Option<Written<When>>,
    pub(crate) cache: Option<Written<Expr>>,
    pub(crate) runtime: Option<Written<Path>>,
}

/// A target of an invalidation, as it is written.
pub(crate) enum Target {
    Pattern(LitStr),
    /// `profile(id)`, `users::profile(..)`, `Users::find(&users, id)`.
    Function(ExprCall),
    /// `self.find(id)`.
    Method(ExprMethodCall),
}

/// The condition on which a body that has ended invalidates.
pub(crate) enum When {
    Ok,
    Always,
    /// Decides by what the body returned.
    Closure(Expr),
}

/// The grammar of `#[invalidates(...)]`.
const GRAMMAR: Grammar<'_> = Grammar {
    known: &[
        ("tags", "tags = [\"course:{course}\"]"),
        ("on", "on = \"always\""),
        ("cache", "cache = self.cache"),
        ("crate", "crate = my_facade::cached_core"),
    ],
    elsewhere: &[
        ("pattern", PATTERN),
        ("patterns", PATTERN),
        ("prefix", PATTERN),
        ("prefixes", PATTERN),
        ("key", PATTERN),
        ("keys", PATTERN),
        ("name", PATTERN),
        ("group", "`tags`"),
        ("groups", "`tags`"),
        ("function", CALL),
        ("functions", CALL),
        ("fn", CALL),
        ("call", CALL),
        ("calls", CALL),
        ("if", "`on`"),
        ("when", "`on`"),
        ("condition", "`on`"),
        ("invalidate_if", "`on`"),
    ],
    besides: "patterns such as `\"user:{id}:*\"`, calls such as `profile(id)`, ",
};

const PATTERN: &str = "the pattern by itself, `\"user:{id}:*\"`";
const CALL: &str = "the call by itself, `profile(id)`";

const EXPECTED: &str = "expected a pattern such as `\"user:{id}:*\"`, the call of a cached function such as `profile(id)`, or `tags = [\"course:{course}\"]`";
const EXPECTED_WHEN: &str =
    "expected `on = \"ok\"`, `on = \"always\"`, or a closure such as `on = |ret| ret.is_some()`";

impl InvalidatesArgs {
    /// Parses all it can, and reports what it cannot.
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> InvalidatesArgs {
        let mut args = InvalidatesArgs::default();
        let is_quiet = errors.is_empty();
        parse_arguments(tokens, errors, |input, errors| {
            args.parse_argument(input, errors)
        });
        if is_quiet && errors.is_empty() && args.targets.is_empty() && args.tags.is_none() {
            let message = "nothing is named that could be invalidated: write `#[invalidates(\"user:{id}:*\")]`";
            errors.report_at(Span::call_site(), message);
        }
        args
    }

    /// Writes the path at which the expansion finds the runtime.
    pub(crate) fn quote_runtime(&self) -> TokenStream {
        quote_runtime(self.runtime.as_ref())
    }

    fn parse_argument(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let has_keyword = input.peek(Ident::peek_any) && input.peek2(Token![=]);
        if !has_keyword || input.peek2(Token![==]) {
            self.targets.push(parse_target(input)?);
            return Ok(());
        }
        let keyword = Ident::parse_any(input)?;
        let example = GRAMMAR.find_example(&keyword)?;
        expect_equals(input, &keyword, example)?;
        match keyword.to_string().as_str() {
            "tags" => {
                let tags = parse_texts(input, &keyword, example, errors)?;
                set_once(&mut self.tags, keyword, tags, errors);
            }
            "on" => set_once(&mut self.on, keyword, parse_when(input)?, errors),
            "cache" => set_once(
                &mut self.cache,
                keyword,
                parse_value(input, example)?,
                errors,
            ),
            _ => set_once(
                &mut self.runtime,
                keyword,
                parse_path(input, example)?,
                errors,
            ),
        }
        Ok(())
    }
}

fn parse_target(input: ParseStream<'_>) -> syn::Result<Target> {
    let start = input.span();
    let written: Expr = input
        .parse()
        .map_err(|_| syn::Error::new(start, EXPECTED))?;
    let fail = |message: String| Err(syn::Error::new_spanned(&written, message));
    match peel_expr(&written) {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Ok(Target::Pattern(text.clone())),
        Expr::Call(call) if matches!(peel_expr(&call.func), Expr::Path(_)) => {
            Ok(Target::Function(call.clone()))
        }
        Expr::MethodCall(call) => Ok(Target::Method(call.clone())),
        Expr::Path(path) => {
            if let Some(keyword) = path.path.get_ident()
                && let Ok(example) = GRAMMAR.find_example(keyword)
            {
                return Err(missing_value_error(keyword, example));
            }
            let name = path.path.segments.last().map(|last| last.ident.to_string());
            let name = name.unwrap_or_default();
            fail(format!(
                "write `{name}(..)` for all that `{name}` has cached, or its arguments for one call"
            ))
        }
        Expr::Macro(call) if call.mac.path.is_ident("format") => {
            let text = call.mac.tokens.clone().into_iter().next();
            let text = text.map(|text| text.to_string());
            let text = text.filter(|text| text.starts_with('"') && !text.contains("{}"));
            let text = text.as_deref().unwrap_or("\"user:{id}:*\"");
            fail(format!(
                "a pattern fills in the parameters that it names by itself: write `{text}`"
            ))
        }
        Expr::Await(call) => Err(syn::Error::new(
            call.await_token.span(),
            "the function is only named here, not called: leave `.await` out",
        )),
        _ => fail(EXPECTED.to_owned()),
    }
}

fn parse_when(input: ParseStream<'_>) -> syn::Result<When> {
    let start = input.span();
    let written: Expr = input
        .parse()
        .map_err(|_| syn::Error::new(start, EXPECTED_WHEN))?;
    let name = match peel_expr(&written) {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text.value()),
        Expr::Path(path) => match path.path.get_ident() {
            Some(name) if name == "ok" || name == "always" => None,
            _ => return Ok(When::Closure(written)),
        },
        Expr::Closure(_) => return Ok(When::Closure(written)),
        _ => None,
    };
    match name.as_deref() {
        Some("ok") => Ok(When::Ok),
        Some("always") => Ok(When::Always),
        _ => Err(syn::Error::new_spanned(&written, EXPECTED_WHEN)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &str) -> (InvalidatesArgs, usize) {
        let mut errors = Errors::default();
        let args = InvalidatesArgs::parse(arguments.parse().unwrap(), &mut errors);
        let text = errors.into_tokens().to_string();
        (args, text.matches("compile_error").count())
    }

    #[test]
    fn every_example_in_the_grammar_parses() {
        let all = GRAMMAR.known.iter().map(|(_, example)| *example);
        let all = all.collect::<Vec<_>>().join(", ");
        assert_eq!(parse(&all).1, 0);
    }

    #[test]
    fn targets_keep_their_order() {
        let (args, errors) = parse(
            "\"a\", profile(id), self.find(..), on = |ret| ret.is_ok(), (\"b\"), a::b::<T>(x == y)",
        );
        assert_eq!(errors, 0);
        let kinds = args.targets.iter().map(|target| match target {
            Target::Pattern(_) => 'p',
            Target::Function(_) => 'f',
            Target::Method(_) => 'm',
        });
        assert_eq!(kinds.collect::<String>(), "pfmpf");
        assert!(matches!(args.on.unwrap().value, When::Closure(_)));
    }

    #[test]
    fn one_mistake_hides_no_other() {
        assert_eq!(
            parse("pattern = \"a\", profile, tags, on = 5, tags = \"a\", 7").1,
            6
        );
        assert_eq!(parse("\"a\" \"b\", profile(id).await, on = always").1, 3);
        assert_eq!(parse("").1, 1);
        assert_eq!(parse("on = \"ok\"").1, 1);
        assert_eq!(parse("on = \"ok\", on = \"ok\"").1, 1);
    }
}
