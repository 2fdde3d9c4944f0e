//! What was written between the parentheses of `#[invalidates(...)]`.

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::spanned::Spanned as _;
use syn::{Expr, ExprCall, ExprLit, ExprMethodCall, Ident, Lit, LitStr, Path, Token};

use super::grammar::{Grammar, Written, equals, put, read, valueless};
use super::values::{path, runtime, texts, value};
use crate::diagnostics::Errors;
use crate::syntax::groups::peel_expr;

/// All arguments of `#[invalidates(...)]`, not yet compared with the function.
#[derive(Default)]
pub(crate) struct InvalidatesArgs {
    /// In the order in which they were written.
    pub(crate) targets: Vec<Target>,
    pub(crate) tags: Option<Written<Vec<LitStr>>>,
    pub(crate) on: Option<Written<On>>,
    pub(crate) cache: Option<Written<Expr>>,
    pub(crate) runtime: Option<Written<Path>>,
}

/// What has no keyword.
pub(crate) enum Target {
    Pattern(LitStr),
    /// `profile(id)`, `users::profile(..)`, `Users::find(&users, id)`.
    Function(ExprCall),
    /// `self.find(id)`.
    Method(ExprMethodCall),
}

/// When a body that has ended invalidates.
pub(crate) enum On {
    Ok,
    Always,
    /// It looks at what the body returned.
    Asked(Expr),
}

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
const WHEN: &str =
    "expected `on = \"ok\"`, `on = \"always\"`, or a closure such as `on = |ret| ret.is_some()`";

impl InvalidatesArgs {
    /// Reads all it can, and notes what it cannot.
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> InvalidatesArgs {
        let mut args = InvalidatesArgs::default();
        let is_quiet = errors.is_empty();
        read(tokens, errors, |input, errors| args.argument(input, errors));
        if is_quiet && errors.is_empty() && args.targets.is_empty() && args.tags.is_none() {
            let message = "nothing is named that could be invalidated: write `#[invalidates(\"user:{id}:*\")]`";
            errors.report_at(Span::call_site(), message);
        }
        args
    }

    /// Where the expansion finds the runtime.
    pub(crate) fn runtime(&self) -> TokenStream {
        runtime(self.runtime.as_ref())
    }

    fn argument(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let has_keyword = input.peek(Ident::peek_any) && input.peek2(Token![=]);
        if !has_keyword || input.peek2(Token![==]) {
            self.targets.push(target(input)?);
            return Ok(());
        }
        let keyword = Ident::parse_any(input)?;
        let example = GRAMMAR.example(&keyword)?;
        equals(input, &keyword, example)?;
        match keyword.to_string().as_str() {
            "tags" => {
                let tags = texts(input, &keyword, example, errors)?;
                put(&mut self.tags, keyword, tags, errors);
            }
            "on" => put(&mut self.on, keyword, on(input)?, errors),
            "cache" => put(&mut self.cache, keyword, value(input, example)?, errors),
            _ => put(&mut self.runtime, keyword, path(input, example)?, errors),
        }
        Ok(())
    }
}

fn target(input: ParseStream<'_>) -> syn::Result<Target> {
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
                && let Ok(example) = GRAMMAR.example(keyword)
            {
                return Err(valueless(keyword, example));
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

fn on(input: ParseStream<'_>) -> syn::Result<On> {
    let start = input.span();
    let written: Expr = input.parse().map_err(|_| syn::Error::new(start, WHEN))?;
    let name = match peel_expr(&written) {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text.value()),
        Expr::Path(path) => match path.path.get_ident() {
            Some(name) if name == "ok" || name == "always" => None,
            _ => return Ok(On::Asked(written)),
        },
        Expr::Closure(_) => return Ok(On::Asked(written)),
        _ => None,
    };
    match name.as_deref() {
        Some("ok") => Ok(On::Ok),
        Some("always") => Ok(On::Always),
        _ => Err(syn::Error::new_spanned(&written, WHEN)),
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
        assert!(matches!(args.on.unwrap().value, On::Asked(_)));
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
