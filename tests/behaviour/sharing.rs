//! Processes that share one Redis, and what a process takes from its environment.
//!
//! The other processes are this binary, started for one ignored test that prints what it saw.

use std::collections::HashMap;
use std::process::Command;
use std::time::Duration;

use cached_core::{Cache, ErrorKind, HealthStatus, cached};
use tests::{CountingLoader, RedisServer, Store, namespace};

use crate::stored;

/// The value of a variable that must appear in no message.
const SECRET: &str = "soon-hunter2";

#[cached(ttl = "1h", prefix = "sharing:{id}")]
async fn triple(id: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    loader.load(id * 3).await
}

#[cached(ttl = "1h", ttl_env = "SHARING_TEST_TTL", prefix = "quadruple:{id}")]
async fn quadruple(id: u64, #[cached(skip)] loader: CountingLoader) -> u64 {
    loader.load(id * 4).await
}

/// The output of another process: lines of `name=value`.
struct Said(HashMap<String, String>);

impl Said {
    fn get(&self, name: &str) -> &str {
        self.0
            .get(name)
            .unwrap_or_else(|| panic!("no {name}: {:?}", self.0))
    }
}

/// Runs the ignored test `name` in a process of its own, with these variables and no others of ours.
fn process(name: &str, variables: &[(&str, &str)]) -> Said {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([
        "--ignored",
        "--exact",
        "--nocapture",
        &format!("sharing::{name}"),
    ]);
    for variable in [
        "REDIS_URL",
        "CACHE_ENABLED",
        "REDIS_ENABLED",
        "REDIS_CACHE_PREFIX",
        "REDIS_CACHE_TTL",
        "REDIS_TTL_DEFAULT",
        "REDIS_CACHE_TTL_DEFAULT",
        "SHARING_TEST_TTL",
    ] {
        command.env_remove(variable);
    }
    // A busy machine may take longer than the default deadline.
    command.envs([
        ("REDIS_SOCKET_TIMEOUT", "10"),
        ("REDIS_SOCKET_CONNECT_TIMEOUT", "10s"),
    ]);
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let said = text.lines().filter_map(|line| line.split_once('='));
    Said(
        said.map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
    )
}

fn say(name: &str, value: impl std::fmt::Display) {
    println!("\n{name}={value}");
}

fn redis(namespace: &str) -> [(&'static str, String); 2] {
    [
        ("REDIS_URL", RedisServer::shared().url()),
        ("REDIS_CACHE_PREFIX", namespace.to_owned()),
    ]
}

/// Not a test: a service that starts, calls and stops.
#[tokio::test]
#[ignore = "run by other tests, as a process of its own"]
async fn installed_process() {
    let cache = match Cache::from_env() {
        Ok(cache) => cache,
        Err(error) => {
            say("from_env", format!("{:?}", error.kind()));
            say("message", &error);
            say("debug", format!("{error:?}"));
            return;
        }
    };
    if let Err(error) = cache.install() {
        say("install", format!("{:?}", error.kind()));
        say("message", &error);
        say("debug", format!("{error:?}"));
        return;
    }
    let loader = CountingLoader::new();
    let first = triple(7, loader.clone()).await;
    say("value", first);
    say("runs", loader.runs());
    say("hits", cache.stats().total.hits);
    quadruple(7, loader.clone()).await;
    stored(&cache, loader.runs() as u64).await;
    let ttl = cache.ttl(quadruple::key(7)).await.unwrap();
    say("ttl", ttl.unwrap_or_default().as_secs());
    say("store", cache.health().await.store);
    cache.shutdown().await;
}

/// Not a test: a program that installs nothing.
#[tokio::test]
#[ignore = "run by other tests, as a process of its own"]
async fn bare_process() {
    let loader = CountingLoader::new();
    for _ in 0..3 {
        say("value", triple(7, loader.clone()).await);
    }
    say("runs", loader.runs());
    let cache = Cache::current();
    say("hits", cache.stats().total.hits);
    say(
        "calls",
        cache.stats().total.hits + cache.stats().total.misses,
    );
    let health = cache.health().await;
    say("store", health.store);
    say("status", health.status);
    if let Some(problem) = health.problem {
        say("kind", format!("{:?}", problem.kind()));
        say("problem", &problem);
        say("debug", format!("{problem:?}"));
    }
    let other = Cache::in_memory().unwrap();
    match other.install() {
        Ok(()) => say("install", "ok"),
        Err(error) => say("install", format!("{:?}", error.kind())),
    }
    say(
        "reinstall",
        format!("{:?}", cache.install().map_err(|error| error.kind())),
    );
    cache.shutdown().await;
}

fn run(name: &str, variables: &[(&str, String)]) -> Said {
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    process(name, &variables)
}

#[test]
fn first_call_of_a_second_process_is_a_hit() {
    let name = namespace("processes");
    let first = run("installed_process", &redis(&name));
    assert_eq!((first.get("value"), first.get("runs")), ("21", "1"));
    assert_eq!((first.get("hits"), first.get("store")), ("0", "redis"));
    let second = run("installed_process", &redis(&name));
    assert_eq!((second.get("value"), second.get("runs")), ("21", "0"));
    assert_eq!(second.get("hits"), "1");
}

#[tokio::test]
async fn process_finds_what_this_one_computed() {
    let name = namespace("this-process");
    let cache = Store::Redis.cache(&name);
    cache.scope(triple(7, CountingLoader::new())).await;
    cache.shutdown().await;
    let other = run("bare_process", &redis(&name));
    assert_eq!((other.get("runs"), other.get("hits")), ("0", "3"));
}

#[test]
fn variable_overrides_the_ttl_of_its_function() {
    let declared = process("installed_process", &[]);
    assert_eq!(declared.get("store"), "memory");
    let ttl: u64 = declared.get("ttl").parse().unwrap();
    assert!((3_590..=3_600).contains(&ttl), "{ttl}");
    for text in ["120", "2m", " 120s "] {
        let set = process("installed_process", &[("SHARING_TEST_TTL", text)]);
        let ttl: u64 = set.get("ttl").parse().unwrap();
        assert!((110..=120).contains(&ttl), "{text}: {ttl}");
    }
}

#[test]
fn wrong_ttl_variable_is_the_error_of_install_and_names_variable_and_function() {
    for wrong in [SECRET, "0", "0.0001", "5 parsecs", "-1"] {
        let said = process("installed_process", &[("SHARING_TEST_TTL", wrong)]);
        assert_eq!(said.get("install"), "Config");
        let message = said.get("message");
        assert!(message.contains("SHARING_TEST_TTL"), "{message}");
        assert!(
            message.contains("behaviour::sharing::quadruple"),
            "{message}"
        );
        assert!(!said.get("debug").contains(SECRET));
    }
}

#[test]
fn wrong_variable_is_the_error_of_from_env_and_is_not_echoed() {
    for (variable, value) in [
        ("REDIS_CACHE_TTL", "soon"),
        ("REDIS_CACHE_TTL", SECRET),
        ("REDIS_CACHE_TTL", "0"),
        ("REDIS_CACHE_TTL", "0.0001"),
        ("REDIS_URL", "htp://hunter2@x"),
        ("REDIS_URL", "redis://:hunter2@host:port"),
        ("REDIS_URL", "hunter2"),
        ("REDIS_CACHE_PREFIX", "hunter2*"),
        ("CACHE_ENABLED", "hunter2"),
        ("REDIS_POOL_SIZE", "0"),
        ("REDIS_SOCKET_TIMEOUT", "hunter2"),
    ] {
        let said = process("installed_process", &[(variable, value)]);
        assert_eq!(said.get("from_env"), "Config", "{variable}={value}");
        let message = said.get("message");
        assert!(message.contains(variable), "{variable}={value}: {message}");
        for text in [message, said.get("debug")] {
            assert!(
                !text.contains("hunter2") && !text.contains("soon"),
                "{text}"
            );
        }
    }
}

#[test]
fn call_without_anything_installed_uses_the_environment_once() {
    let name = namespace("bare");
    let said = run("bare_process", &redis(&name));
    assert_eq!((said.get("runs"), said.get("hits")), ("1", "2"));
    // One cache saw all three calls, and stays.
    assert_eq!((said.get("calls"), said.get("store")), ("3", "redis"));
    assert_eq!(
        (said.get("status"), said.get("install")),
        ("healthy", "Installed")
    );
    assert_eq!(said.get("reinstall"), "Ok(())");
}

#[test]
fn without_variables_the_cache_is_in_memory() {
    let said = process("bare_process", &[]);
    assert_eq!((said.get("runs"), said.get("hits")), ("1", "2"));
    assert_eq!(
        (said.get("store"), said.get("status")),
        ("memory", "healthy")
    );
    let said = process("bare_process", &[("CACHE_ENABLED", "false")]);
    assert_eq!((said.get("runs"), said.get("hits")), ("3", "0"));
    assert_eq!(said.get("status"), "disabled");
}

#[test]
fn with_a_broken_environment_functions_run_uncached_and_health_says_why() {
    for (variable, value) in [
        ("REDIS_CACHE_TTL", SECRET),
        ("REDIS_URL", "htp://hunter2@x"),
        ("SHARING_TEST_TTL", SECRET),
    ] {
        let said = process("bare_process", &[(variable, value)]);
        assert_eq!((said.get("value"), said.get("runs")), ("21", "3"));
        assert_eq!((said.get("hits"), said.get("status")), ("0", "disabled"));
        assert_eq!(said.get("kind"), "Config");
        assert!(
            said.get("problem").contains(variable),
            "{}",
            said.get("problem")
        );
        assert!(!said.get("debug").contains("hunter2"));
    }
}

#[test]
fn wrong_password_is_named_and_not_echoed() {
    let server = RedisServer::builder().password("hunter2-right").start();
    let url = server.url().replace("hunter2-right", "hunter2-wrong");
    let said = process("bare_process", &[("REDIS_URL", &url)]);
    // Nothing of it reaches the caller: the process keeps what it loads itself.
    assert_eq!((said.get("value"), said.get("runs")), ("21", "1"));
    assert_eq!(
        (said.get("status"), said.get("kind")),
        ("degraded", "Refused")
    );
    assert!(said.get("problem").contains("password"));
    assert!(!said.get("debug").contains("hunter2"));
}

#[tokio::test]
async fn ready_does_not_wait_for_a_password_to_become_right() {
    let server = RedisServer::builder().password("right").start();
    let url = server.url().replace("right", "wrong");
    let cache = Cache::builder()
        .redis_url(url)
        .op_timeout(Duration::from_secs(10))
        .build()
        .unwrap();
    let patience = Duration::from_secs(3_600);
    let error = tokio::time::timeout(patience / 60, cache.ready(patience))
        .await
        .expect("it waits")
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(cache.health().await.status, HealthStatus::Degraded);
}
