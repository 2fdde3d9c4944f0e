//! What an operator sees: events, the span of a load, statistics; and what nobody sees.

use std::error::Error as _;
use std::fmt::{self, Debug, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cached_core::{Cache, Clock, Error, ErrorKind, Key, cached, invalidates};
use serde::ser::Error as _;
use serde::{Deserialize, Serialize, Serializer};
use tests::{CountingLoader, RedisServer, Store, every_store, namespace};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Metadata, Subscriber};

use crate::stored;

/// What must appear nowhere: it is in arguments, in values and in the password.
const SECRET: &str = "hunter2";

/// One event, or one step of a span.
#[derive(Clone, Debug, Default, PartialEq)]
struct Seen {
    level: String,
    target: String,
    message: String,
    fields: Vec<(&'static str, String)>,
}

impl Seen {
    fn of(metadata: &Metadata<'_>) -> Self {
        Self {
            level: metadata.level().to_string(),
            target: metadata.target().to_owned(),
            ..Self::default()
        }
    }

    fn field(&self, name: &str) -> &str {
        let field = self.fields.iter().find(|(field, _)| *field == name);
        &field.unwrap_or_else(|| panic!("no {name}: {self:?}")).1
    }

    fn names(&self) -> Vec<&'static str> {
        self.fields.iter().map(|(name, _)| *name).collect()
    }
}

impl Visit for Seen {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            self.fields.push((field.name(), format!("{value:?}")));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}

/// Hears everything that happens in the thread of one test.
#[derive(Clone, Default)]
struct Ears {
    heard: Arc<Mutex<Vec<Seen>>>,
}

impl Ears {
    /// From now on, until the guard is dropped.
    fn open() -> (Self, DefaultGuard) {
        let ears = Self::default();
        let guard = tracing::subscriber::set_default(ears.clone());
        (ears, guard)
    }

    /// What was heard since the last time, but for what tells of connections.
    fn take(&self) -> Vec<Seen> {
        let mut heard = std::mem::take(&mut *self.heard.lock().unwrap());
        heard.retain(|seen| seen.message != "connected to Redis");
        heard
    }

    fn messages(&self) -> Vec<String> {
        self.take().into_iter().map(|seen| seen.message).collect()
    }

    fn add(&self, seen: Seen) {
        self.heard.lock().unwrap().push(seen);
    }
}

impl Subscriber for Ears {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("cached")
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut seen = Seen::of(attributes.metadata());
        attributes.record(&mut seen);
        seen.message = format!("span {}", attributes.metadata().name());
        self.add(seen);
        Id::from_u64(1)
    }

    fn event(&self, event: &Event<'_>) {
        let mut seen = Seen::of(event.metadata());
        event.record(&mut seen);
        self.add(seen);
    }

    fn enter(&self, _: &Id) {
        self.add(Seen {
            message: "enter".to_owned(),
            ..Seen::default()
        });
    }

    fn exit(&self, _: &Id) {
        self.add(Seen {
            message: "exit".to_owned(),
            ..Seen::default()
        });
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}
}

#[cached(ttl = "90s", prefix = "half:{number}")]
async fn half(number: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    tracing::info!(target: "cached_test", "body");
    loader.load(number / 2).await
}

#[tokio::test]
async fn miss_load_store_and_hit_are_told_in_this_order() {
    let (ears, _guard) = Ears::open();
    every_store("events", async |cache| {
        let store = cache.health().await.store;
        ears.take();
        half(8, CountingLoader::new()).await;
        stored(&cache, 1).await;
        let heard = ears.take();
        let messages: Vec<&str> = heard.iter().map(|seen| seen.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "miss",
                "span load",
                "enter",
                "body",
                "exit",
                "load",
                "store"
            ]
        );
        let [miss, span, _, _, _, load, written] = &heard[..] else {
            unreachable!();
        };
        for seen in [miss, span, load, written] {
            assert_eq!(
                (seen.target.as_str(), seen.level.as_str()),
                ("cached_core", "DEBUG")
            );
            assert_eq!(seen.field("function"), "behaviour::telemetry::half");
        }
        assert_eq!(miss.names(), ["function", "store"]);
        assert_eq!(span.names(), ["function"]);
        assert_eq!(load.names(), ["function", "milliseconds"]);
        assert_eq!(
            written.names(),
            ["function", "store", "bytes", "ttl_seconds"]
        );
        assert_eq!(
            (miss.field("store"), written.field("store")),
            (store, store)
        );
        assert!(load.field("milliseconds").parse::<f64>().unwrap() >= 0.0);
        assert!(written.field("bytes").parse::<u64>().unwrap() > 0);
        assert_eq!(written.field("ttl_seconds"), "90.0");

        half(8, CountingLoader::new()).await;
        let heard = ears.take();
        assert_eq!(heard.len(), 1, "{heard:?}");
        assert_eq!(heard[0].message, "hit");
        assert_eq!(
            (heard[0].level.as_str(), heard[0].target.as_str()),
            ("TRACE", "cached_core")
        );
        assert_eq!(heard[0].names(), ["function", "store"]);
        assert_eq!(heard[0].field("store"), store);
    })
    .await;
}

#[tokio::test]
async fn calls_by_key_have_a_name_too() {
    let (ears, _guard) = Ears::open();
    every_store("by-key", async |cache| {
        cache.get::<u8>("a").await.unwrap();
        cache.set("a", &1_u8, None).await.unwrap();
        cache.get::<u8>("a").await.unwrap();
        cache.get::<String>("a").await.unwrap();
        let heard = ears.take();
        let told: Vec<&str> = heard.iter().map(|seen| seen.message.as_str()).collect();
        let undecodable = "an entry could not be read: treated as a miss";
        assert_eq!(told, ["miss", "store", "hit", undecodable]);
        assert!(heard.iter().all(|seen| seen.field("function") == "by key"));
    })
    .await;
}

#[tokio::test]
async fn shared_load_is_told() {
    let (ears, _guard) = Ears::open();
    every_store("shared", async |cache| {
        let loader = CountingLoader::held();
        let call = || cache.scope(half(8, loader.clone()));
        let release = async {
            while cache.stats().total.misses < 2 {
                tokio::task::yield_now().await;
            }
            loader.release();
        };
        tokio::join!(call(), call(), release);
        let shared = "shared another call's load";
        let count = ears
            .messages()
            .iter()
            .filter(|told| *told == shared)
            .count();
        assert_eq!(count, 1);
        assert_eq!(cache.stats().total.shared, 1);
    })
    .await;
}

#[tokio::test]
async fn connection_is_told_with_the_version() {
    let (ears, _guard) = Ears::open();
    let cache = Store::Redis.cache(&namespace("connected"));
    cache.ready(Duration::from_secs(10)).await.unwrap();
    let heard = ears.heard.lock().unwrap().clone();
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert_eq!(
        (heard[0].level.as_str(), heard[0].message.as_str()),
        ("INFO", "connected to Redis")
    );
    assert_eq!(heard[0].names(), ["version"]);
}

#[tokio::test]
async fn failures_are_told_and_each_change_of_state_once() {
    let (ears, _guard) = Ears::open();
    let server = RedisServer::start();
    let cache = Cache::builder()
        .redis_url(server.url())
        .op_timeout(Duration::from_secs(10))
        .build()
        .unwrap();
    let loader = CountingLoader::held();
    let call = tokio::spawn(cache.scope(half(8, loader.clone())));
    loader.started(1).await;
    // What was captured is there; the value finds no room.
    server.cli(&["CONFIG", "SET", "maxmemory", "1"]);
    loader.release();
    call.await.unwrap();
    while cache.stats().total.errors < 1 {
        tokio::task::yield_now().await;
    }
    server.kill();
    for _ in 0..100 {
        cache.scope(half(6, CountingLoader::new())).await;
    }
    server.restart();
    cache.ready(Duration::from_secs(30)).await.unwrap();
    let heard = ears.take();
    for message in [
        "store failed: the value is returned, not kept",
        "read failed: the body runs instead",
    ] {
        let seen = heard.iter().find(|seen| seen.message == message);
        let seen = seen.unwrap_or_else(|| panic!("{message}: {heard:?}"));
        assert_eq!(seen.level, "DEBUG");
        assert_eq!(seen.names(), ["function", "store", "error"]);
        assert_eq!(seen.field("function"), "behaviour::telemetry::half");
        assert_eq!(seen.field("store"), "redis");
    }
    let loud: Vec<_> = heard
        .iter()
        .filter(|seen| ["ERROR", "WARN", "INFO"].contains(&seen.level.as_str()))
        .filter(|seen| seen.target == "cached_core" && seen.message != "connected to Redis")
        .map(|seen| (seen.level.as_str(), seen.message.as_str()))
        .collect();
    assert_eq!(
        loud,
        [
            ("WARN", "Redis takes no writes: nothing new is cached"),
            (
                "WARN",
                "Redis is not asked any more until a look in the background finds it"
            ),
            ("INFO", "Redis is back"),
        ]
    );
}

/// Holds the secret, and shows it wherever it is asked to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Account {
    password: String,
    balance: Option<f64>,
}

/// Its error holds the secret.
#[derive(Clone, Copy, Debug)]
struct Broken;

impl Serialize for Broken {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom(SECRET))
    }
}

/// A value whose `Serialize` fails with the secret.
#[derive(Clone, Debug, Default)]
struct Unwritable;

impl Serialize for Unwritable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Broken.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Unwritable {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom(SECRET))
    }
}

#[cached(ttl = "1h", prefix = "account:{password}")]
async fn account(password: &str, balance: f64) -> Account {
    Account {
        password: password.to_owned(),
        balance: Some(balance),
    }
}

#[cached(ttl = "1h", prefix = "unwritable:{password}")]
async fn unwritable(password: &str) -> Unwritable {
    let _ = password;
    Unwritable
}

#[cached(ttl = "1h", prefix = "broken")]
async fn broken(argument: Broken, password: &str) -> String {
    let _ = argument;
    password.to_owned()
}

#[cached(ttl = "1h", cache_err = "1h", prefix = "refused:{password}")]
async fn refused(password: &str) -> Result<u8, String> {
    Err(password.to_owned())
}

#[tokio::test]
async fn hopeless_calls_are_told_once_per_function() {
    let (ears, _guard) = Ears::open();
    every_store("once", async |cache| {
        for balance in [f64::NAN, f64::INFINITY] {
            account("a", balance).await;
            unwritable("a").await;
            broken(Broken, "a").await;
        }
        let heard = ears.take();
        let unstorable = "value not stored: every call runs the body";
        let unkeyable = "an argument could not be encoded: the call runs uncached";
        let told = |function: &str| -> Vec<&Seen> {
            let name = format!("behaviour::telemetry::{function}");
            let warnings = heard.iter().filter(|seen| seen.level == "WARN");
            warnings
                .filter(|seen| seen.field("function") == name)
                .collect()
        };
        for (function, message) in [
            ("account", unstorable),
            ("unwritable", unstorable),
            ("broken", unkeyable),
        ] {
            let told = told(function);
            assert_eq!(told.len(), 1, "{told:?}");
            assert_eq!(told[0].message, message);
        }
        assert_eq!(
            told("account")[0].field("why"),
            "JSON cannot carry back a float that is not finite"
        );
        let total = cache.stats().total;
        assert_eq!((total.unstorable, total.unkeyable), (4, 2));
    })
    .await;
}

/// Everything that a program could print.
#[derive(Default)]
struct Printed(String);

impl Printed {
    fn debug(&mut self, shown: &dyn Debug) {
        writeln!(self.0, "{shown:?}\n{shown:#?}").unwrap();
    }

    fn error(&mut self, error: &Error) {
        self.debug(error);
        writeln!(self.0, "{error}").unwrap();
        let mut source = error.source();
        while let Some(error) = source {
            writeln!(self.0, "{error}\n{error:?}").unwrap();
            source = error.source();
        }
    }

    async fn cache(&mut self, cache: &Cache) {
        self.debug(cache);
        self.debug(&cache.stats());
        let health = cache.health().await;
        self.debug(&health);
        if let Some(problem) = &health.problem {
            self.error(problem);
        }
        match cache.server_info().await {
            Ok(info) => self.debug(&info),
            Err(error) => self.error(&error),
        }
    }
}

impl fmt::Display for Printed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Uses `cache` in every way that has something to say.
async fn use_it(cache: &Cache, printed: &mut Printed) {
    for _ in 0..2 {
        account(SECRET, 1.0).await;
        account(SECRET, f64::NAN).await;
        unwritable(SECRET).await;
        broken(Broken, SECRET).await;
        let _ = refused(SECRET).await;
        account::refresh(SECRET, 2.0).await;
        account::uncached(SECRET, 3.0).await;
        account::peek(SECRET, 4.0).await;
        account(SECRET, 1.0).await;
    }
    let secret = SECRET.to_owned();
    let unstorable = Account {
        password: secret.clone(),
        balance: Some(f64::NAN),
    };
    let huge = SECRET.repeat(2_000_000);
    let results = [
        cache.set(SECRET, &secret, None).await,
        cache.set(SECRET, &unstorable, None).await,
        cache.set(SECRET, &Unwritable, None).await,
        cache.set(SECRET, &huge, None).await,
        cache.set(SECRET, &secret, Duration::ZERO).await,
        cache.set(broken::key(Broken, SECRET), &secret, None).await,
        cache.get::<u64>(SECRET).await.map(drop),
        cache.get::<Unwritable>(SECRET).await.map(drop),
        cache.take::<String>(SECRET).await.map(drop),
        cache.purge(&format!("*{SECRET}*")).await.map(drop),
    ];
    for error in results.into_iter().filter_map(Result::err) {
        printed.error(&error);
    }
    let load = async || Err::<u8, _>(secret.clone());
    assert!(cache.get_or_load(SECRET, None, load).await.is_err());
    printed.debug(&Key::from(SECRET));
    printed.debug(&Key::from_segments([SECRET, "a"]));
    printed.debug(&account::key(SECRET, 1.0));
    printed.debug(&broken::key(Broken, SECRET));
    printed.cache(cache).await;
}

fn without_secret(printed: &Printed, ears: &Ears) {
    let heard = ears.take();
    assert!(heard.len() > 10, "{heard:?}");
    for seen in &heard {
        assert!(!format!("{seen:?}").contains(SECRET), "{seen:?}");
    }
    assert!(!printed.0.is_empty());
    for line in printed.0.lines() {
        assert!(!line.contains(SECRET), "{line}");
    }
}

#[tokio::test]
async fn arguments_and_values_appear_nowhere() {
    let (ears, _guard) = Ears::open();
    every_store("secret", async |cache| {
        let mut printed = Printed::default();
        use_it(&cache, &mut printed).await;
        without_secret(&printed, &ears);
    })
    .await;
}

#[tokio::test]
async fn password_appears_nowhere_whatever_happens_to_the_server() {
    let (ears, _guard) = Ears::open();
    let mut printed = Printed::default();
    let server = RedisServer::builder().password(SECRET).start();
    let builder = |url: String| {
        Cache::builder()
            .redis_url(url)
            .op_timeout(Duration::from_secs(2))
            .connect_timeout(Duration::from_secs(2))
    };
    printed.debug(&builder(server.url()));

    let cache = builder(server.url()).build().unwrap();
    cache.scope(use_it(&cache, &mut printed)).await;
    // Lists lie where entries are looked for.
    server.cli(&["RPUSH", &format!("cached:{SECRET}"), SECRET]);
    for key in [account::key(SECRET, 1.0), refused::key(SECRET)] {
        let name = format!("cached:{key}");
        server.cli(&["DEL", &name]);
        server.cli(&["RPUSH", &name, SECRET]);
    }
    cache.scope(use_it(&cache, &mut printed)).await;
    // This user may do nothing any more.
    server.cli(&["ACL", "SETUSER", "default", "-@all", "+acl"]);
    cache.scope(use_it(&cache, &mut printed)).await;
    server.kill();
    cache.scope(use_it(&cache, &mut printed)).await;
    without_secret(&printed, &ears);

    // The server wants another password than the address has.
    let server = RedisServer::builder().password("other").start();
    let url = server.url().replace("other", SECRET);
    let cache = builder(url).build().unwrap();
    cache.scope(use_it(&cache, &mut printed)).await;
    assert!(printed.0.contains("Refused"));
    without_secret(&printed, &ears);
}

#[test]
fn address_that_does_not_parse_is_not_echoed() {
    for url in [
        "hunter2",
        "htp://hunter2",
        "redis://:hunter2@host:port",
        "redis://user:hunter2@/",
        "redis://:hunter2@[::1",
        "redis://:hunter2@localhost/notanumber",
        "rediss://:hunter2@localhost",
        "redis://localhost/hunter2",
        "redis://localhost:6379/0?hunter2=hunter2",
        "",
    ] {
        let mut printed = Printed::default();
        let builder = Cache::builder().redis_url(url);
        printed.debug(&builder);
        match builder.build() {
            Ok(cache) => printed.debug(&cache),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Config);
                printed.error(&error);
            }
        }
        assert!(!printed.0.contains(SECRET), "{url}: {printed}");
    }
}

#[cached(ttl = "1h", prefix = "counted:one")]
async fn one(id: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    loader.load(id).await
}

#[cached(ttl = "1h", prefix = "counted:other")]
async fn other(id: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    loader.load(id).await
}

#[cached(ttl = "1h")]
#[allow(dead_code, reason = "it is never called")]
async fn never_called(id: u64) -> u64 {
    id
}

mod old {
    #[super::cached(ttl = "1h", id = "visible-same")]
    pub(super) async fn same() -> u8 {
        1
    }
}

mod new {
    #[super::cached(ttl = "1h", id = "visible-same")]
    pub(super) async fn same() -> u8 {
        1
    }
}

#[tokio::test]
async fn statistics_are_kept_per_function_and_in_total() {
    every_store("stats", async |cache| {
        let loader = CountingLoader::new();
        for id in [1, 2, 1, 1] {
            one(id, loader.clone()).await;
        }
        other(1, loader.clone()).await;
        cache.set("a", &1_u8, None).await.unwrap();
        cache.get::<u8>("a").await.unwrap();
        stored(&cache, 4).await;

        let stats = cache.stats();
        let counts = |name: &str| {
            stats
                .function(&format!("behaviour::telemetry::{name}"))
                .unwrap()
        };
        assert_eq!((counts("one").misses, counts("one").hits), (2, 2));
        assert_eq!((counts("one").loads, counts("one").stores), (2, 2));
        assert_eq!((counts("other").misses, counts("other").hits), (1, 0));
        let total = &stats.total;
        assert_eq!((total.misses, total.hits), (3, 3));
        assert_eq!((total.loads, total.stores), (3, 4));
        assert_eq!((total.errors, total.undecodable), (0, 0));
        assert!(total.load_time > Duration::ZERO);
        assert_eq!(
            total.load_time,
            counts("one").load_time + counts("other").load_time
        );
        assert!((counts("one").hit_rate() - 0.5).abs() < 1e-9);
        assert!((stats.hit_rate() - 0.5).abs() < 1e-9);
    })
    .await;
}

#[tokio::test]
async fn functions_not_called_yet_are_listed_with_zeros() {
    let cache = Cache::in_memory().unwrap();
    let stats = cache.stats();
    let counts = stats
        .function("behaviour::telemetry::never_called")
        .unwrap();
    assert_eq!(*counts, cached_core::Counts::default());
    assert!(stats.function("behaviour::telemetry::one").is_some());
    assert!(stats.function("behaviour::telemetry::nobody").is_none());
    assert!(counts.hit_rate().abs() < 1e-9);
    // In the order of their names.
    assert!(stats.functions.keys().is_sorted());
}

#[tokio::test]
async fn functions_of_one_id_are_counted_by_their_own_names() {
    every_store("same", async |cache| {
        old::same().await;
        stored(&cache, 1).await;
        new::same().await;
        new::same().await;
        let stats = cache.stats();
        let counts = |name: &str| {
            stats
                .function(&format!("behaviour::telemetry::{name}"))
                .unwrap()
        };
        assert_eq!(
            (counts("old::same").misses, counts("old::same").hits),
            (1, 0)
        );
        assert_eq!(
            (counts("new::same").misses, counts("new::same").hits),
            (0, 2)
        );
    })
    .await;
}

#[tokio::test]
async fn statistics_of_two_caches_are_apart() {
    let (one_cache, other_cache) = (Cache::in_memory().unwrap(), Cache::in_memory().unwrap());
    one_cache.scope(one(1, CountingLoader::new())).await;
    assert_eq!(one_cache.clone().stats().total.misses, 1);
    assert_eq!(other_cache.stats().total, cached_core::Counts::default());
}

#[invalidates("unseen:{id}:*", "visible:{id}:*", tags = ["visible", "invisible:{id}"])]
async fn reaches_some(id: u64) {}

#[cached(prefix = "visible:{id}", tags = ["visible"])]
async fn reached(id: u64) -> u64 {
    id
}

/// In two blocks of one function, nothing but an `id` tells them apart.
async fn twins(is_one: bool) -> u32 {
    if is_one {
        #[cached]
        async fn twin() -> u32 {
            1
        }
        twin().await
    } else {
        #[cached]
        async fn twin() -> u32 {
            2
        }
        twin().await
    }
}

/// Not a test: installing is for a whole process, so the next test starts one.
#[test]
#[ignore = "run by what_reaches_nothing_and_what_is_no_other_is_told_at_install"]
fn process_that_installs() {
    let (ears, _guard) = Ears::open();
    let cache = Cache::in_memory().unwrap();
    cache.install().unwrap();
    cache.install().unwrap();
    for seen in ears.take() {
        let is_here = |(_, value): &(&str, String)| value.starts_with("behaviour::telemetry");
        if seen.fields.iter().any(is_here) {
            println!("\n{} {:?} {}", seen.level, seen.fields, seen.message);
        }
    }
}

#[test]
fn what_reaches_nothing_and_what_is_no_other_is_told_at_install() {
    let (_, _, _) = (reaches_some, reached, twins);
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture"])
        .arg("telemetry::process_that_installs")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    // In whichever order the linker has put them.
    let mut warnings: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("WARN"))
        .collect();
    warnings.sort_unstable();
    let [twin, pattern, tag] = warnings.try_into().unwrap();
    assert_eq!(
        pattern,
        "WARN [(\"pattern\", \"unseen:{0}\"), (\"module\", \"behaviour::telemetry\")] an invalidation reaches \
         no cached function of this program: no key of one begins so"
    );
    assert_eq!(
        twin,
        "WARN [(\"function\", \"behaviour::telemetry::twin\")] two cached functions cannot be told apart and \
         share their entries: give each an `id`"
    );
    assert_eq!(
        tag,
        "WARN [(\"tag\", \"invisible:{0}\"), (\"module\", \"behaviour::telemetry\")] an invalidation reaches \
         no cached function of this program: none has such a tag"
    );
}

#[cached(ttl = "100s", stale_while_revalidate = "1m", stale_if_error = "2m")]
async fn quarter(n: u64, #[cached(skip)] fails: bool) -> Result<u64, fmt::Error> {
    if fails { Err(fmt::Error) } else { Ok(n / 4) }
}

#[tokio::test]
async fn values_past_their_ttl_are_told_and_counted() {
    let (ears, _guard) = Ears::open();
    let clock = Clock::manual();
    let cache = Cache::builder().clock(clock.clone()).build().unwrap();
    let relevant = || {
        let mut messages = ears.messages();
        messages.retain(|message| !["enter", "exit", "span load"].contains(&message.as_str()));
        messages
    };
    let calls = async {
        assert_eq!(quarter(8, false).await, Ok(2));
        ears.take();
        clock.advance(Duration::from_secs(130));
        assert_eq!(quarter(8, true).await, Ok(2));
        while cache.stats().total.loads < 2 {
            tokio::task::yield_now().await;
        }
        let stale = "stale: past its ttl, and loaded anew";
        let failed = "the body returned an error: the value past its ttl is kept";
        assert_eq!(relevant(), [stale, "load", failed]);
        clock.advance(Duration::from_secs(60));
        assert_eq!(quarter(8, true).await, Ok(2));
        let instead = "stale: past its ttl, in place of an error";
        assert_eq!(relevant(), ["miss", "load", failed, instead]);
    };
    cache.scope(calls).await;
    let counts = cache.stats().total;
    assert_eq!((counts.hits, counts.misses), (1, 2));
    assert_eq!((counts.stale, counts.refreshes, counts.loads), (2, 1, 3));
}
