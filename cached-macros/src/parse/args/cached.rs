//! What was written between the parentheses of `#[cached(...)]`, every keyword with its span.

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitStr, Meta, Path, Token};

use super::grammar::{Grammar, Written, equals, put, read};
use super::values::{literal, path, runtime, text, texts, value};
use crate::diagnostics::Errors;
use crate::parse::attribute::is_named;
use crate::syntax::duration;
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
    /// Says `"fail"`.
    pub(crate) on_outage: Option<Written<()>>,
    pub(crate) cache: Option<Written<Expr>>,
    pub(crate) runtime: Option<Written<Path>>,
    /// `off`, or another name.
    pub(crate) companions: Option<Written<Ident>>,
    /// Whether there are companions, what their name is or where the runtime is could not be read.
    pub(crate) is_unclear: bool,
}

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
    /// Reads all it can, and notes what it cannot.
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Args {
        let mut args = Args::default();
        read(tokens, errors, |input, errors| {
            let keyword = input.fork().call(Ident::parse_any);
            args.argument(input, errors).inspect_err(|_| {
                let meant = keyword.ok().and_then(|keyword| GRAMMAR.meant(&keyword));
                args.is_unclear |= matches!(meant, Some("companions" | "crate"));
            })
        });
        args
    }

    /// Where the expansion finds the runtime.
    pub(crate) fn runtime(&self) -> TokenStream {
        runtime(self.runtime.as_ref())
    }

    /// What the names of the companions of a function called `name` begin with, if it has any.
    pub(crate) fn companions_of<'a>(&'a self, name: &'a Ident) -> Option<&'a Ident> {
        match &self.companions {
            None => Some(name),
            Some(written) => Some(&written.value).filter(|name| *name != "off"),
        }
    }

    fn argument(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let Ok(keyword) = Ident::parse_any(input) else {
            return Err(nameless(input));
        };
        let example = GRAMMAR.example(&keyword)?;
        if keyword != "skip" {
            equals(input, &keyword, example)?;
        } else if !input.peek(syn::token::Paren) {
            let message = format!("`skip` takes names in parentheses: write `{example}`");
            return Err(syn::Error::new(keyword.span(), message));
        }
        match keyword.to_string().as_str() {
            "ttl" => put(&mut self.ttl, keyword, value(input, example)?, errors),
            "ttl_env" => put(&mut self.ttl_env, keyword, text(input, example)?, errors),
            "prefix" => put(&mut self.prefix, keyword, text(input, example)?, errors),
            "tags" => {
                let tags = texts(input, &keyword, example, errors)?;
                put(&mut self.tags, keyword, tags, errors);
            }
            "skip" => put(&mut self.skip, keyword, names(input, example)?, errors),
            "key" => put(&mut self.key, keyword, value(input, example)?, errors),
            "version" => put(&mut self.version, keyword, version(input, example)?, errors),
            "id" => put(&mut self.id, keyword, text(input, example)?, errors),
            "cache_if" => put(&mut self.cache_if, keyword, value(input, example)?, errors),
            "cache_none" => put(
                &mut self.cache_none,
                keyword,
                value(input, example)?,
                errors,
            ),
            "cache_err" => put(&mut self.cache_err, keyword, value(input, example)?, errors),
            "stale_if_error" => put(
                &mut self.stale_if_error,
                keyword,
                value(input, example)?,
                errors,
            ),
            "stale_while_revalidate" => {
                let window = value(input, example)?;
                put(&mut self.stale_while_revalidate, keyword, window, errors);
            }
            "on_outage" => put(&mut self.on_outage, keyword, fail(input, example)?, errors),
            "jitter" => put(&mut self.jitter, keyword, jitter(input, example)?, errors),
            "cache" => put(&mut self.cache, keyword, value(input, example)?, errors),
            "crate" => put(&mut self.runtime, keyword, path(input, example)?, errors),
            _ => put(
                &mut self.companions,
                keyword,
                name_of_companions(input)?,
                errors,
            ),
        }
        Ok(())
    }
}

/// What was written without a keyword.
fn nameless(input: ParseStream<'_>) -> syn::Error {
    let written = input.fork().parse::<Expr>().ok();
    let time = written
        .as_ref()
        .filter(|written| duration::read("ttl", written).is_ok());
    let text = written.as_ref().and_then(literal);
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

/// Whether `attribute` is `#[cached(...)]` on a parameter; an error if it says anything but `skip`.
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

fn version(input: ParseStream<'_>, example: &str) -> syn::Result<u64> {
    let written = value(input, example)?;
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

fn jitter(input: ParseStream<'_>, example: &str) -> syn::Result<u16> {
    let written = value(input, example)?;
    match peel_expr(&written) {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => hundredths(&text.value()),
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

/// The one thing that a function can ask for in an outage.
fn fail(input: ParseStream<'_>, example: &str) -> syn::Result<()> {
    let written = text(input, example)?;
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

/// `"2.5%"` is 250.
fn hundredths(text: &str) -> Option<u16> {
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

fn names(input: ParseStream<'_>, example: &str) -> syn::Result<Vec<Ident>> {
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

fn name_of_companions(input: ParseStream<'_>) -> syn::Result<Ident> {
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
        assert_eq!(hundredths("10%"), Some(1000));
        assert_eq!(hundredths("2.5 %"), Some(250));
        assert_eq!(hundredths("0.01%"), Some(1));
        assert_eq!(hundredths("99.99%"), Some(9999));
        for wrong in [
            "10", "0%", "100%", "-1%", "1.234%", "%", ".5%", "999999%", "ten%",
        ] {
            assert_eq!(hundredths(wrong), None, "{wrong}");
        }
    }
}
