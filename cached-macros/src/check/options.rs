//! Arguments of `#[cached]` that are taken as they are written.

use proc_macro2::Span;
use syn::{Expr, LitStr};

use crate::parse::args::Args;

/// Arguments that are taken as they are written.
pub(crate) struct Options {
    pub(crate) ttl_env: Option<LitStr>,
    /// In hundredths of a per cent.
    pub(crate) jitter: Option<u16>,
    /// The place of `on_outage = "fail"`.
    pub(crate) on_outage: Option<Span>,
    pub(crate) version: Option<u64>,
    pub(crate) id: Option<LitStr>,
    pub(crate) cache_if: Option<Expr>,
    pub(crate) cache: Option<Expr>,
    /// The `ttl` for documentation.
    pub(crate) ttl: Option<Expr>,
}

impl Options {
    /// Takes the values without their keywords.
    pub(super) fn of(args: Args) -> Options {
        Options {
            ttl_env: args.ttl_env.map(|name| name.value),
            jitter: args.jitter.map(|share| share.value),
            on_outage: args.on_outage.map(|fail| fail.keyword.span()),
            version: args.version.map(|version| version.value),
            id: args.id.map(|id| id.value),
            cache_if: args.cache_if.map(|closure| closure.value),
            cache: args.cache.map(|cache| cache.value),
            ttl: args.ttl.map(|ttl| ttl.value),
        }
    }
}
