//! [`Config`]: what a service has decided about its responses, and about what clients may ask for.

use std::{fmt, sync::Arc, time::Duration};

use cached_core::Cache;
use http::{
    HeaderName,
    header::{AUTHORIZATION, CACHE_CONTROL, COOKIE},
    request::Parts,
};

use super::cache_control::Cacheability;
use crate::extract::ClientCacheControl;

/// Headers of a request that say who asks. RFC 9111 §3.5 names the first; sessions use the other.
const CREDENTIALS: &[HeaderName] = &[AUTHORIZATION, COOKIE];

/// The settings of a [`CacheLayer`](super::CacheLayer).
#[derive(Clone)]
pub(crate) struct Config {
    pub(crate) cache: Option<Cache>,
    pub(crate) name: String,
    pub(crate) shared: Sharing,
    pub(crate) revalidate: bool,
    pub(crate) allow: Allow,
    pub(crate) allow_if: Option<AllowIf>,
}

type AllowIf = Arc<dyn Fn(&Parts) -> bool + Send + Sync>;

/// The requests whose responses shared caches, between the client and us, may keep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sharing {
    #[default]
    None,
    /// Requests that do not say who asks.
    Anonymous,
    All,
}

/// The directives of clients that are followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Allow {
    pub(crate) refresh: bool,
    pub(crate) bypass: bool,
    pub(crate) only_if_cached: bool,
}

/// The directives of one request, as far as they are followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AllowedDirectives {
    pub(crate) refresh: bool,
    pub(crate) max_age: Option<Duration>,
    pub(crate) bypass: bool,
    pub(crate) only_if_cached: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            cache: None,
            name: "cached".to_owned(),
            shared: Sharing::default(),
            revalidate: false,
            allow: Allow::default(),
            allow_if: None,
        }
    }
}

impl Config {
    /// Returns which caches may keep the response to this request.
    pub(crate) fn cacheability(&self, request: &Parts) -> Cacheability {
        match self.shared {
            Sharing::All => Cacheability::Public,
            Sharing::Anonymous if credentials(request).next().is_none() => Cacheability::Public,
            Sharing::Anonymous | Sharing::None => {
                Cacheability::Private(credentials(request).cloned().collect())
            }
        }
    }

    /// Reads the directives of this request that are followed. What is not allowed is not even read.
    pub(crate) fn allowed_directives(&self, request: &Parts) -> AllowedDirectives {
        let allows_any =
            self.allow != Allow::default() && request.headers.contains_key(CACHE_CONTROL);
        if !allows_any || self.allow_if.as_ref().is_some_and(|allow| !allow(request)) {
            return AllowedDirectives::default();
        }
        let asked = ClientCacheControl::read_lenient(&request.headers);
        AllowedDirectives {
            refresh: asked.no_cache && self.allow.refresh,
            max_age: asked.max_age.filter(|_| self.allow.refresh),
            bypass: asked.no_store && self.allow.bypass,
            only_if_cached: asked.only_if_cached && self.allow.only_if_cached,
        }
    }
}

/// Lists the headers of this request that say who asks.
fn credentials(request: &Parts) -> impl Iterator<Item = &'static HeaderName> {
    let names = CREDENTIALS.iter();
    names.filter(|name| request.headers.contains_key(*name))
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("cache", &self.cache)
            .field("name", &self.name)
            .field("shared", &self.shared)
            .field("revalidate", &self.revalidate)
            .field("allow", &self.allow)
            .field("allow_if", &self.allow_if.is_some())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::slice;

    use http::Request;

    use super::*;

    fn request(headers: &[(HeaderName, &'static str)]) -> Parts {
        let request = headers
            .iter()
            .fold(Request::get("/"), |request, (name, value)| {
                request.header(name, *value)
            });
        request.body(()).unwrap().into_parts().0
    }

    fn config(change: impl FnOnce(&mut Config)) -> Config {
        let mut config = Config::default();
        change(&mut config);
        config
    }

    const ALL: Allow = Allow {
        refresh: true,
        bypass: true,
        only_if_cached: true,
    };

    #[test]
    fn nothing_is_shared_or_allowed_unless_the_service_says_so() {
        let asks = request(&[(
            CACHE_CONTROL,
            "no-cache, no-store, max-age=0, only-if-cached",
        )]);
        let config = Config::default();
        assert_eq!(
            config.cacheability(&asks),
            Cacheability::Private(Vec::new())
        );
        assert_eq!(
            config.allowed_directives(&asks),
            AllowedDirectives::default()
        );
    }

    #[test]
    fn requests_with_credentials_are_private_unless_the_service_says_so_twice() {
        let shared = config(|config| config.shared = Sharing::Anonymous);
        let all = config(|config| config.shared = Sharing::All);
        assert_eq!(shared.cacheability(&request(&[])), Cacheability::Public);
        for name in [AUTHORIZATION, COOKIE] {
            let credentials = request(&[(name.clone(), "a=b")]);
            assert_eq!(
                shared.cacheability(&credentials),
                Cacheability::Private(vec![name])
            );
            assert_eq!(all.cacheability(&credentials), Cacheability::Public);
        }
    }

    #[test]
    fn each_directive_needs_its_own_permission() {
        let asks = request(&[(
            CACHE_CONTROL,
            "no-cache, no-store, max-age=5, only-if-cached",
        )]);
        let followed = |allow| config(|config| config.allow = allow).allowed_directives(&asks);
        let nothing = AllowedDirectives::default();
        let max_age = Some(Duration::from_secs(5));
        let refresh = Allow {
            refresh: true,
            ..Allow::default()
        };
        assert_eq!(
            followed(refresh),
            AllowedDirectives {
                refresh: true,
                max_age,
                ..nothing
            }
        );
        let bypass = Allow {
            bypass: true,
            ..Allow::default()
        };
        assert_eq!(
            followed(bypass),
            AllowedDirectives {
                bypass: true,
                ..nothing
            }
        );
        let only_if_cached = Allow {
            only_if_cached: true,
            ..Allow::default()
        };
        assert_eq!(
            followed(only_if_cached),
            AllowedDirectives {
                only_if_cached: true,
                ..nothing
            }
        );
    }

    #[test]
    fn permission_may_depend_on_the_request() {
        let some = config(|config| {
            config.allow = ALL;
            config.allow_if = Some(Arc::new(|request| {
                request.headers.contains_key(AUTHORIZATION)
            }));
        });
        let no_cache = (CACHE_CONTROL, "no-cache");
        assert!(
            !some
                .allowed_directives(&request(slice::from_ref(&no_cache)))
                .refresh
        );
        assert!(
            some.allowed_directives(&request(&[no_cache, (AUTHORIZATION, "Bearer x")]))
                .refresh
        );
    }

    #[test]
    fn malformed_directives_are_none() {
        let all = config(|config| config.allow = ALL);
        for wrong in ["max-age=-1", "max-age=", "\"", "no-cache=\"", ",,"] {
            assert_eq!(
                all.allowed_directives(&request(&[(CACHE_CONTROL, wrong)])),
                AllowedDirectives::default()
            );
        }
    }
}
