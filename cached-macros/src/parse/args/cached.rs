//! The arguments of `#[cached(...)]`.

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitStr, Meta, Path, Token};

use super::grammar::{Grammar, Written, expect_equals, parse_arguments, set_once};
use super::values::{as_text, parse_path, parse_text, parse_texts, parse_value, quote_runtime};
use crate::diagnostics::Errors;
use crate::parse::attribute::is_named;
use crate::syntax::duration::parse_duration;
use crate::syntax::groups::peel_expr;

/// All arguments of `#[cached(...)]`, not yet compared with the function.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) ttl: Option<Written<Expr>>,
    pub(crate) ttl_env: Option<Written<LitStr>>,
    pub(crate) prefix: Option<Written<LitStr>>,
    pub(crate) tags: Option<Written<Vec<LitStr>>>,
    pub(crate) skip: Option<Written<Vec<Ident>>>,
    pub(crate) key: Option<Written<Expr>>,
    pub(crate) version: Option<Written<u64>>,
    pub(crate) id: Option<Written<LitStr>>,
    pub(crate) cache_if: Option<Written<Expr>>,
    pub(crate) cache_none: Option<Written<Expr>>,
    pub(crate) cache_err: Option<Written<Expr>>,
    pub(crate) stale_if_error: Option<Written<Expr>>,
    pub(crate) stale_while_revalidate: Option<Written<Expr>>,
    /// In hundredths of a per cent.
    pub(crate) jitter: Option<Written<u16>>,
    /// `"fail"` is its only value.
    pub(crate) on_outage: Option<Written<()>>,
    pub(crate) cache: Option<Written<Expr>>,
    pub(crate) runtime: Option<Written<Path>>,
    /// `off`, or another name.
    pub(crate) companions: Option<Written<Ident>>,
    /// The name of the companions, or the path of the runtime, could not be parsed.
    pub(crate) is_unclear: bool,
}

/// The grammar of `#[cached(...)]`.
pub(super) const GRAMMAR: Grammar<'_> = Grammar {
    known: &[
        ("ttl", "ttl = \"5m\""),
        ("ttl_env", "ttl_env = \"PROFILE_TTL\""),
        ("prefix", "prefix = \"user:{id}\""),
        ("tags", "tags = [\"course:{course}\"]"),
        ("skip", "skip(db)"),
        ("key", "key = (id, language)"),
        ("version", "version = 2"),
        ("id", "id = \"profile\""),
        ("cache_if", "cache_if = |value| value.complete"),
        ("cache_none", "cache_none = \"30s\""),
        ("cache_err", "cache_err = \"5s\""),
        ("stale_if_error", "stale_if_error = \"1h\""),
        ("stale_while_revalidate", "stale_while_revalidate = \"30s\""),
        ("jitter", "jitter = \"10%\""),
        ("on_outage", "on_outage = \"fail\""),
        ("cache", "cache = self.cache"),
        ("crate", "crate = my_facade::cached_core"),
        ("companions", "companions = off"),
    ],
    elsewhere: &[
        ("time", "`ttl`"),
        ("time_to_live", "`ttl`"),
        ("ttl_seconds", "`ttl`"),
        ("ttl_secs", "`ttl`"),
        ("seconds", "`ttl`"),
        ("duration", "`ttl`"),
        ("timeout", "`ttl`"),
        ("max_age", "`ttl`"),
        ("expire", "`ttl`"),
        ("expires", "`ttl`"),
        ("expiry", "`ttl`"),
        ("expiration", "`ttl`"),
        ("name", "`prefix`, or `id`"),
        ("key_prefix", "`prefix`"),
        ("convert", "`key`"),
        ("ignore", "`skip`"),
        ("exclude", "`skip`"),
        ("condition", "`cache_if`"),
        ("when", "`cache_if`"),
        ("stale", "`stale_while_revalidate`, or `stale_if_error`"),
        ("max_stale", "`stale_while_revalidate`, or `stale_if_error`"),
        ("grace", "`stale_while_revalidate`, or `stale_if_error`"),
        ("swr", "`stale_while_revalidate`"),
        ("refresh", "`stale_while_revalidate`"),
        ("refresh_ahead", "`stale_while_revalidate`"),
        ("revalidate", "`stale_while_revalidate`"),
        ("on_error", "`stale_if_error`, or `cache_err`"),
        ("fail_safe", "`stale_if_error`"),
        ("fallback", "`stale_if_error`"),
        ("result_fallback", "`stale_if_error`"),
        ("required", "`on_outage = \"fail\"`"),
        ("group", "`tags`"),
        ("groups", "`tags`"),
    ],
    besides: "",
};

impl Args {
    /// Parses all it can, and reports what it cannot.
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Args {
        let mut args = Args::default();
        parse_arguments(tokens, errors, |input, errors| {
            let keyword = input.fork().call(Ident::parse_any);
            args.parse_argument(input, errors).inspect_err(|_| {
                let meant = keyword
                    .ok()
                    .and_then(|keyword| GRAMMAR.find_meant(&keyword));
                args.is_unclear |= matches!(meant, Some("companions" | "crate"));
            })
        });
        args
    }

    /// Writes the path at which the expansion finds the runtime.
    pub(crate) fn quote_runtime(&self) -> TokenStream {
        quote_runtime(self.runtime.as_ref())
    }

    /// Returns the beginning of the names of the companions of a function called `name`, if it has any.
    pub(crate) fn name_companions<'a>(&'a self, name: &'a Ident) -> Option<&'a Ident> {
        match &self.companions {
            None => Some(name),
            Some(written) => Some(&written.value).filter(|name| *name != "off"),
        }
    }

    fn parse_argument(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let Ok(keyword) = Ident::parse_any(input) else {
            return Err(missing_keyword_error(input));
        };
        let example = GRAMMAR.find_example(&keyword)?;
        if keyword != "skip" {
            expect_equals(input, &keyword, example)?;
        } else if !input.peek(syn::token::Paren) {
            let message = format!("`skip` takes names in parentheses: write `{example}`");
            return Err(syn::Error::new(keyword.span(), message));
        }
        let name = keyword.to_string();
        if let Some(place) = self.expression_mut(&name) {
            set_once(place, keyword, parse_value(input, example)?, errors);
            return Ok(());
        }
        if let Some(place) = self.text_mut(&name) {
            set_once(place, keyword, parse_text(input, example)?, errors);
            return Ok(());
        }
        match name.as_str() {
            "tags" => {
                let tags = parse_texts(input, &keyword, example, errors)?;
                set_once(&mut self.tags, keyword, tags, errors);
            }
            "skip" => {
                let names = parse_names(input, example)?;
                set_once(&mut self.skip, keyword, names, errors);
            }
            "version" => {
                let version = parse_version(input, example)?;
                set_once(&mut self.version, keyword, version, errors);
            }
            "on_outage" => {
                parse_fail(input, example)?;
                set_once(&mut self.on_outage, keyword, (), errors);
            }
            "jitter" => {
                let share = parse_jitter(input, example)?;
                set_once(&mut self.jitter, keyword, share, errors);
            }
            "crate" => {
                let path = parse_path(input, example)?;
                set_once(&mut self.runtime, keyword, path, errors);
            }
            _ => {
                let name = parse_companions(input)?;
                set_once(&mut self.companions, keyword, name, errors);
            }
        }
        Ok(())
    }

    /// Returns the place of an argument that is an expression.
    fn expression_mut(&mut self, name: &str) -> Option<&mut Option<Written<Expr>>> {
        Some(match name {
            "ttl" => &mut self.ttl,
            "key" => &mut self.key,
            "cache_if" => &mut self.cache_if,
            "cache_none" => &mut self.cache_none,
            "cache_err" => &mut self.cache_err,
            "stale_if_error" => &mut self.stale_if_error,
            "stale_while_revalidate" => &mut self.stale_while_revalidate,
            "cache" => &mut self.cache,
            _ => return None,
        })
    }

    /// Returns the place of an argument that is a string.
    fn text_mut(&mut self, name: &str) -> Option<&mut Option<Written<LitStr>>> {
        Some(match name {
            "ttl_env" => &mut self.ttl_env,
            "prefix" => &mut self.prefix,
            "id" => &mut self.id,
            _ => return None,
        })
    }
}

/// Returns the error for what is written without a keyword.
fn missing_keyword_error(input: ParseStream<'_>) -> syn::Error {
    let written = input.fork().parse::<Expr>().ok();
    let time = written
        .as_ref()
        .filter(|written| parse_duration("ttl", written).is_ok());
    let text = written.as_ref().and_then(as_text);
    let example = match (time, text) {
        (Some(time), _) => format!("ttl = {}", time.to_token_stream()),
        (None, Some(text)) if !text.value().is_empty() => {
            format!("prefix = {}", text.to_token_stream())
        }
        _ => "ttl = \"5m\"".to_owned(),
    };
    let message = format!("expected the name of an argument: write `{example}`");
    input.error(message)
}

/// Returns true for `#[cached(skip)]` on a parameter; an error if the attribute says anything else.
pub(crate) fn is_skip(attribute: &Attribute) -> syn::Result<bool> {
    if !is_named(&attribute.meta, "cached") {
        return Ok(false);
    }
    match &attribute.meta {
        Meta::List(list) if list.tokens.to_string() == "skip" => Ok(true),
        _ => Err(syn::Error::new_spanned(
            &attribute.meta,
            "a parameter can only be left out of the key: write `#[cached(skip)]`",
        )),
    }
}

fn parse_version(input: ParseStream<'_>, example: &str) -> syn::Result<u64> {
    let written = parse_value(input, example)?;
    match peel_expr(&written) {
        Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        }) => number.base10_parse().ok(),
        _ => None,
    }
    .ok_or_else(|| {
        syn::Error::new_spanned(
            &written,
            format!("expected a whole number below 2^64: write `{example}`"),
        )
    })
}

fn parse_jitter(input: ParseStream<'_>, example: &str) -> syn::Result<u16> {
    let written = parse_value(input, example)?;
    match peel_expr(&written) {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => parse_hundredths(&text.value()),
        _ => None,
    }
    .ok_or_else(|| {
        syn::Error::new_spanned(
            &written,
            format!(
                "expected a share of the ttl, more than 0% and less than 100%: write `{example}`"
            ),
        )
    })
}

/// Parses the one thing that a function can ask for in an outage.
fn parse_fail(input: ParseStream<'_>, example: &str) -> syn::Result<()> {
    let written = parse_text(input, example)?;
    if written.value() == "fail" {
        return Ok(());
    }
    Err(syn::Error::new(
        written.span(),
        format!(
            "a function can only ask to fail: write `{example}`, or leave it out; what other calls do, `Builder::outage` decides"
        ),
    ))
}

/// Parses a share in hundredths of a per cent: `"2.5%"` is 250.
fn parse_hundredths(text: &str) -> Option<u16> {
    let (whole, fraction) = text
        .strip_suffix('%')?
        .trim()
        .split_once('.')
        .unwrap_or((text.strip_suffix('%')?.trim(), "0"));
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 2 {
        return None;
    }
    let parts = format!("{whole}{fraction:0<2}").parse().ok()?;
    (1..10_000).contains(&parts).then_some(parts)
}

fn parse_names(input: ParseStream<'_>, example: &str) -> syn::Result<Vec<Ident>> {
    let content;
    let parentheses = syn::parenthesized!(content in input);
    let names = Punctuated::<Ident, Token![,]>::parse_terminated_with(&content, Ident::parse_any)
        .map_err(|error| {
        syn::Error::new(
            error.span(),
            format!("expected the names of parameters: write `{example}`"),
        )
    })?;
    if names.is_empty() {
        return Err(syn::Error::new(
            parentheses.span.join(),
            format!("`skip` names no parameter: write `{example}`"),
        ));
    }
    Ok(names.into_iter().collect())
}

fn parse_companions(input: ParseStream<'_>) -> syn::Result<Ident> {
    let name: Ident = input.parse().map_err(|error: syn::Error| {
        syn::Error::new(
            error.span(),
            "expected `off` or a name: write `companions = off` or `companions = profile_cache`",
        )
    })?;
    if name == "on" {
        return Err(syn::Error::new(
            name.span(),
            "companions are on unless `companions = off` is written: leave this out",
        ));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(arguments: &str) -> usize {
        let mut errors = Errors::default();
        Args::parse(arguments.parse().unwrap(), &mut errors);
        let text = errors.into_tokens().to_string();
        text.matches("compile_error").count()
    }

    #[test]
    fn every_example_in_the_grammar_parses() {
        let all = GRAMMAR.known.iter().map(|(_, example)| *example);
        let all = all.collect::<Vec<_>>().join(", ");
        assert_eq!(errors(&all), 0);
        assert_eq!(errors(""), 0);
        assert_eq!(errors("ttl = 5,"), 0);
    }

    #[test]
    fn one_mistake_hides_no_other() {
        assert_eq!(
            errors("tll = 5, skip, version = \"2\", ttl = 5 id = \"a\", cache = , id"),
            6
        );
        assert_eq!(errors("ttl = 5, ttl = 6, , jitter = 10"), 3);
    }

    #[test]
    fn shares_are_read_exactly() {
        assert_eq!(parse_hundredths("10%"), Some(1000));
        assert_eq!(parse_hundredths("2.5 %"), Some(250));
        assert_eq!(parse_hundredths("0.01%"), Some(1));
        assert_eq!(parse_hundredths("99.99%"), Some(9999));
        for wrong in [
            "10", "0%", "100%", "-1%", "1.234%", "%", ".5%", "999999%", "ten%",
        ] {
            assert_eq!(parse_hundredths(wrong), None, "{wrong}");
        }
    }
}
