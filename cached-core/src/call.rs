//! One call of an annotated function: the look-up.
//!
//! What depends on the caller's types is here and in [`load`](crate::load), and short; the rest is
//! [`Cache`]'s.

use std::time::Instant;

use crate::{
    Cache, Key, clock,
    codec::Codec,
    function::Function,
    hit::{self, Accepts, Miss},
    load::{Call, Load, Plan},
    scope::{self, Mode, Surroundings},
    store::Reply,
};

/// What a look-up found: a value, or what it takes to load one.
#[derive(Debug)]
#[must_use]
pub enum Found<R, T> {
    /// The call is answered.
    Hit(R),
    /// The body has to run, or another call's.
    Miss(Load<R, T>),
}

/// What has to be known of a call before its read is sent.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    pub(crate) began: Instant,
    pub(crate) trusted: bool,
}

impl Look {
    pub(crate) fn now(cache: &Cache, key: &Key) -> Self {
        Self {
            began: clock::instant(),
            trusted: cache.trusts(key),
        }
    }
}

/// What a read showed one call.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) reply: Reply,
    /// Whether that may be a hit: not if an invalidation that covers the key was on its way to the store
    /// when the read was sent, also if it is confirmed by now.
    pub(crate) trusted: bool,
}

impl Seen {
    /// What a store inside the process shows is always true.
    fn local() -> Box<Self> {
        Box::new(Self {
            reply: Reply::local(None, None),
            trusted: true,
        })
    }
}

/// What a look inside the process found.
enum Looked<R> {
    Hit(R),
    /// Run the body alone.
    Alone,
    Miss(Cache, Plan),
    /// The store has to be asked.
    Ask(Cache),
}

// A return type need not be `Send` for its function's future to be: an error may hold an `Rc`. So
// no `R` is alive here across an `await`, not even inside a scrutinee or an argument.
impl<R, T> Codec<R, T> {
    /// Looks `key` up in the cache of this task. On a miss the key is taken.
    ///
    /// The key is borrowed, not moved, and the way to a store outside the process is boxed: a hit
    /// in memory copies neither.
    pub async fn find(&self, key: &mut Key) -> Found<R, T> {
        let cache = match scope::with_current(|cache, around| self.look(cache, around, key)) {
            Looked::Hit(value) => return Found::Hit(value),
            Looked::Alone => return self.alone(),
            Looked::Miss(cache, plan) => return self.miss(cache, key.take(), plan),
            Looked::Ask(cache) => cache,
        };
        Box::pin(self.ask(cache, key.take())).await
    }

    /// As [`find`](Self::find), in `cache`.
    pub async fn find_in(&self, cache: &Cache, key: &mut Key) -> Found<R, T> {
        let cache = match scope::with_surroundings(|around| self.look(cache, around, key)) {
            Looked::Hit(value) => return Found::Hit(value),
            Looked::Alone => return self.alone(),
            Looked::Miss(cache, plan) => return self.miss(cache, key.take(), plan),
            Looked::Ask(cache) => cache,
        };
        Box::pin(self.ask(cache, key.take())).await
    }

    /// What a call would return now without loading.
    pub async fn peek(&self, key: &mut Key) -> Option<R> {
        self.find(key).await.hit()
    }

    /// As [`peek`](Self::peek), in `cache`.
    pub async fn peek_in(&self, cache: &Cache, key: &mut Key) -> Option<R> {
        self.find_in(cache, key).await.hit()
    }

    fn look(&self, cache: &Cache, around: Surroundings<'_>, key: &Key) -> Looked<R> {
        let function = key.function();
        if !cache.is_on() {
            return Looked::Alone;
        }
        let mode = around.mode(function, cache);
        if mode == Some(Mode::Bypass) {
            return Looked::Alone;
        }
        if key.fault().is_some() {
            cache.count_unkeyable(function);
            return Looked::Alone;
        }
        if mode == Some(Mode::Refresh) {
            return Looked::Miss(cache.clone(), Plan::Refresh);
        }
        let mut found = Err(hit::Miss::Absent);
        let accepts = Accepts::of(function);
        let looked = cache
            .store()
            .look(key, &mut |shared| found = hit::typed(self, accepts, shared));
        match (looked, found) {
            (None, _) => Looked::Ask(cache.clone()),
            (Some(_), Ok(value)) => {
                cache.count_hit(function);
                Looked::Hit(value)
            }
            (Some(_), Err(miss)) => {
                cache.count_miss(function, miss);
                Looked::Miss(cache.clone(), Plan::Share(Some(Seen::local())))
            }
        }
    }

    async fn ask(&self, cache: Cache, key: Key) -> Found<R, T> {
        let began = clock::instant();
        let function = key.function();
        let seen = match self.read(&cache, &key, began).await {
            Ok(value) => {
                cache.count_hit(function);
                return Found::Hit(value);
            }
            Err((miss, seen)) => {
                cache.count_miss(function, miss);
                seen
            }
        };
        let call = Call::new(cache, key, Plan::Share(seen), began);
        Found::Miss(Load::new(*self, call))
    }

    /// One read of the store for one call: its value, or why there is none, and what the store showed, if
    /// it answered.
    pub(crate) async fn read(
        &self,
        cache: &Cache,
        key: &Key,
        began: Instant,
    ) -> Result<R, (Miss, Option<Box<Seen>>)> {
        // Decided before the read is sent: what is invalidated later is none of this read's business,
        // and what is known to be applied later does not make its reply any newer.
        let trusted = cache.trusts(key);
        let function = key.function();
        let reply = match cache.store().read(key).await {
            Ok(reply) => reply,
            Err(error) => {
                cache.count_read_error(function, &error);
                return Err((Miss::Absent, None));
            }
        };
        let look = Look { began, trusted };
        self.found(cache, key, &reply, look, Accepts::of(function))
            .map_err(|miss| (miss, Some(Box::new(Seen { reply, trusted }))))
    }

    /// What `reply` holds, or what is on its way to the store.
    pub(crate) fn found(
        &self,
        cache: &Cache,
        key: &Key,
        reply: &Reply,
        look: Look,
        accepts: Accepts,
    ) -> Result<R, Miss> {
        self.answer(cache, reply, look.trusted, accepts)
            .or_else(|miss| {
                let coming = cache.on_its_way(key, look.began, reply);
                coming
                    .and_then(|shared| hit::typed(self, accepts, &shared).ok())
                    .ok_or(miss)
            })
    }

    /// The hit test.
    pub(crate) fn answer(
        &self,
        cache: &Cache,
        reply: &Reply,
        trusted: bool,
        accepts: Accepts,
    ) -> Result<R, Miss> {
        if !trusted {
            return Err(Miss::Absent);
        }
        hit::judge(self, accepts, reply, cache.max_entry_size())
    }

    fn miss(&self, cache: Cache, key: Key, plan: Plan) -> Found<R, T> {
        let call = Call::new(cache, key, plan, clock::instant());
        Found::Miss(Load::new(*self, call))
    }

    fn alone(&self) -> Found<R, T> {
        Found::Miss(Load::alone(*self))
    }
}

impl<R, T> Found<R, T> {
    fn hit(self) -> Option<R> {
        match self {
            Self::Hit(value) => Some(value),
            Self::Miss(_) => None,
        }
    }
}

/// The next call of `function` inside `call` loads and stores, whatever is there.
pub fn refresh<F: Future>(function: &'static Function, call: F) -> impl Future<Output = F::Output> {
    scope::once(function, Mode::Refresh, call)
}

/// The next call of `function` inside `call` runs the body and touches no cache.
pub fn uncached<F: Future>(
    function: &'static Function,
    call: F,
) -> impl Future<Output = F::Output> {
    scope::once(function, Mode::Bypass, call)
}
