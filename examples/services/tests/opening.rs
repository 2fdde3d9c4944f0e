//! Opening comments: the requests in the first lines of each service are answered.

use reqwest::Method;
use tests::RedisServer;

use crate::harness::{Service, send};

const TOKEN: &str = "only-on-this-machine";

/// Splits a command line into words; those in quotes may hold spaces.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quote) = (vec![String::new()], None);
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            (None, ' ') => words.push(String::new()),
            _ => words.last_mut().expect("a word").push(letter),
        }
    }
    words
}

/// Sends each request of the opening comment, in its order; `$ID` is the one that the answer before had.
async fn check(binary: &str, source: &str, redis: &RedisServer) {
    let service = Service::of(binary)
        .redis(redis)
        .env("ADMIN_TOKEN", TOKEN)
        .env("MODEL_LATENCY", "1ms");
    let service = service.start().await;
    let commands = source
        .lines()
        .filter_map(|line| line.strip_prefix("//! curl "));
    let (mut id, mut sent) = (String::new(), 0);
    for command in commands {
        let line = command.replace("$ADMIN_TOKEN", TOKEN).replace("$ID", &id);
        let (mut method, mut path, mut headers, mut body) = (None, None, Vec::new(), None);
        let mut words = words(&line).into_iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "-i" => {}
                "-X" => method = words.next(),
                "-H" => headers.extend(words.next()),
                "--json" => body = words.next(),
                url => path = url.strip_prefix("localhost:3000").map(ToOwned::to_owned),
            }
        }
        let usual = if body.is_some() { "POST" } else { "GET" };
        let method = method.as_deref().unwrap_or(usual).parse::<Method>();
        let path = path.unwrap_or_else(|| panic!("where to? {line}"));
        let mut request = service.request(method.expect("a method"), &path);
        for header in headers {
            let (name, value) = header.split_once(": ").expect("a header");
            request = request.header(name, value);
        }
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body);
        }
        let answer = send(request).await;
        assert!((200..300).contains(&answer.status), "{line}: {answer:?}");
        if let Some(new) = answer.json()["id"].as_str() {
            new.clone_into(&mut id);
        }
        sent += 1;
    }
    assert!(sent > 1, "{binary} shows nothing to ask");
    service.stop().await;
}

#[tokio::test]
async fn requests_of_the_opening_comments_are_answered() {
    let redis = RedisServer::start();
    for (binary, source) in [
        (
            env!("CARGO_BIN_EXE_analytics"),
            include_str!("../analytics/main.rs"),
        ),
        (
            env!("CARGO_BIN_EXE_coach"),
            include_str!("../coach/main.rs"),
        ),
        (
            env!("CARGO_BIN_EXE_platform"),
            include_str!("../platform/main.rs"),
        ),
        (
            env!("CARGO_BIN_EXE_tutor"),
            include_str!("../tutor/main.rs"),
        ),
        (
            env!("CARGO_BIN_EXE_vocabulary"),
            include_str!("../vocabulary/main.rs"),
        ),
    ] {
        check(binary, source, &redis).await;
    }
}
