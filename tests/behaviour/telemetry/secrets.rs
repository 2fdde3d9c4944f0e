//! Arguments, values, passwords and addresses, which nothing shows, least of all where calls fail.

use std::error::Error as _;
use std::fmt::{self, Debug, Write as _};
use std::time::Duration;

use cached_core::{Cache, Error, ErrorKind, Key, cached};
use serde::ser::Error as _;
use serde::{Deserialize, Serialize, Serializer};
use tests::{RedisServer, every_store};

use super::{Ears, Seen};

/// The text that must appear nowhere: it is in arguments, in values and in the password.
const SECRET: &str = "hunter2";

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
            let name = format!("behaviour::telemetry::secrets::{function}");
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
