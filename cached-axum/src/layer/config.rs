//! What a service has decided: whose answers may be kept, and which wishes are followed.

use std::{fmt, sync::Arc, time::Duration};

use cached_core::Cache;
use http::{
    HeaderName,
    header::{AUTHORIZATION, CACHE_CONTROL, COOKIE},
    request::Parts,
};

use super::cache_control::Keeper;
use crate::extract::ClientCacheControl;

/// Headers of a request that say who asks.
const PERSONAL: &[HeaderName] = &[AUTHORIZATION, COOKIE];

/// Everything that [`CacheLayer`](super::CacheLayer) can be told.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) cache: Option<Cache>,
    pub(crate) name: String,
    pub(crate) shared: Shared,
    pub(crate) revalidates: bool,
    pub(crate) allow: Allow,
    pub(crate) allow_if: Option<AllowIf>,
}

type AllowIf = Arc<dyn Fn(&Parts) -> bool + Send + Sync>;

/// Whose answers caches between the client and us may keep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Shared {
    #[default]
    None,
    /// Those to requests that say nothing of who asks.
    Anonymous,
    All,
}

/// Which wishes of a client are followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Allow {
    pub(crate) refresh: bool,
    pub(crate) bypass: bool,
    pub(crate) only_if_cached: bool,
}

/// What one request asks for and gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wishes {
    pub(crate) refresh: bool,
    pub(crate) max_age: Option<Duration>,
    pub(crate) bypass: bool,
    pub(crate) only_if_cached: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cache: None,
            name: "cached".to_owned(),
            shared: Shared::default(),
            revalidates: false,
            allow: Allow::default(),
            allow_if: None,
        }
    }
}

impl Settings {
    /// Who may keep the answer to this request.
    pub(crate) fn keeper(&self, request: &Parts) -> Keeper {
        match self.shared {
            Shared::All => Keeper::Anyone,
            Shared::Anonymous if personal(request).next().is_none() => Keeper::Anyone,
            Shared::Anonymous | Shared::None => {
                Keeper::Client(personal(request).cloned().collect())
            }
        }
    }

    /// The wishes of this request that are followed. What is not allowed is not even read.
    pub(crate) fn wishes(&self, request: &Parts) -> Wishes {
        let allows_any =
            self.allow != Allow::default() && request.headers.contains_key(CACHE_CONTROL);
        if !allows_any || self.allow_if.as_ref().is_some_and(|allow| !allow(request)) {
            return Wishes::default();
        }
        let asked = ClientCacheControl::lenient(&request.headers);
        Wishes {
            refresh: asked.no_cache && self.allow.refresh,
            max_age: asked.max_age.filter(|_| self.allow.refresh),
            bypass: asked.no_store && self.allow.bypass,
            only_if_cached: asked.only_if_cached && self.allow.only_if_cached,
        }
    }
}

/// What this request says of who asks.
fn personal(request: &Parts) -> impl Iterator<Item = &'static HeaderName> {
    let names = PERSONAL.iter();
    names.filter(|name| request.headers.contains_key(*name))
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("cache", &self.cache)
            .field("name", &self.name)
            .field("shared", &self.shared)
            .field("revalidates", &self.revalidates)
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

    fn settings(change: impl FnOnce(&mut Settings)) -> Settings {
        let mut settings = Settings::default();
        change(&mut settings);
        settings
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
        let settings = Settings::default();
        assert_eq!(settings.keeper(&asks), Keeper::Client(Vec::new()));
        assert_eq!(settings.wishes(&asks), Wishes::default());
    }

    #[test]
    fn personal_requests_are_private_unless_the_service_says_so_twice() {
        let shared = settings(|settings| settings.shared = Shared::Anonymous);
        let all = settings(|settings| settings.shared = Shared::All);
        assert_eq!(shared.keeper(&request(&[])), Keeper::Anyone);
        for name in [AUTHORIZATION, COOKIE] {
            let personal = request(&[(name.clone(), "a=b")]);
            assert_eq!(shared.keeper(&personal), Keeper::Client(vec![name]));
            assert_eq!(all.keeper(&personal), Keeper::Anyone);
        }
    }

    #[test]
    fn each_wish_needs_its_own_permission() {
        let asks = request(&[(
            CACHE_CONTROL,
            "no-cache, no-store, max-age=5, only-if-cached",
        )]);
        let followed = |allow| settings(|settings| settings.allow = allow).wishes(&asks);
        let nothing = Wishes::default();
        let max_age = Some(Duration::from_secs(5));
        let refresh = Allow {
            refresh: true,
            ..Allow::default()
        };
        assert_eq!(
            followed(refresh),
            Wishes {
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
            Wishes {
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
            Wishes {
                only_if_cached: true,
                ..nothing
            }
        );
    }

    #[test]
    fn permission_may_depend_on_the_request() {
        let some = settings(|settings| {
            settings.allow = ALL;
            settings.allow_if = Some(Arc::new(|request| {
                request.headers.contains_key(AUTHORIZATION)
            }));
        });
        let no_cache = (CACHE_CONTROL, "no-cache");
        assert!(!some.wishes(&request(slice::from_ref(&no_cache))).refresh);
        assert!(
            some.wishes(&request(&[no_cache, (AUTHORIZATION, "Bearer x")]))
                .refresh
        );
    }

    #[test]
    fn malformed_wishes_are_none() {
        let all = settings(|settings| settings.allow = ALL);
        for wrong in ["max-age=-1", "max-age=", "\"", "no-cache=\"", ",,"] {
            assert_eq!(
                all.wishes(&request(&[(CACHE_CONTROL, wrong)])),
                Wishes::default()
            );
        }
    }
}
