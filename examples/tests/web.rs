//! Transcript of `web`: it answers what its first lines, and the README, say it answers.
// A test says what is wrong by panicking.
#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

use tests::RedisServer;

/// The service, which ends with the test.
struct Service {
    process: Child,
    address: String,
}

impl Service {
    fn start(redis_url: Option<&str>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_web"));
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("REDIS_") || text.starts_with("CACHE_") {
                command.env_remove(&name);
            }
        }
        command
            .env("LISTEN", "127.0.0.1:0")
            // A busy machine may need longer than the default deadline.
            .env("REDIS_SOCKET_TIMEOUT", "5s")
            .envs(redis_url.map(|url| ("REDIS_URL", url)))
            .stdout(Stdio::piped());
        let mut process = command.spawn().expect("the service starts");
        let mut line = String::new();
        let output = process.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("a line");
        let address = line.trim().strip_prefix("listening on http://");
        let address = address.expect("where it listens").to_owned();
        Self { process, address }
    }

    /// Prints as `curl` does, for the arguments that the transcript uses.
    fn curl(&self, arguments: &[String]) -> String {
        let (mut method, mut headers, mut body, mut path) = ("GET", Vec::new(), "", "");
        let mut words = arguments.iter().map(String::as_str);
        while let Some(word) = words.next() {
            match word {
                "-i" => {}
                "-X" => method = words.next().expect("a method"),
                "-H" => headers.push(words.next().expect("a header")),
                "-d" => body = words.next().expect("a body"),
                url => path = url.strip_prefix("localhost:3000").expect("our service"),
            }
        }
        let length = body.len().to_string();
        let mut lines = vec![format!("{method} {path} HTTP/1.1")];
        lines.push("host: localhost:3000\r\nconnection: close".to_owned());
        lines.extend(headers.into_iter().map(ToOwned::to_owned));
        lines.push(format!("content-length: {length}\r\n\r\n{body}"));
        let request = lines.join("\r\n");
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        stream.write_all(request.as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer.replace("\r\n", "\n")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns the commands of the fenced block that begins with the first request, with what each prints.
fn transcript(text: &str) -> Vec<(String, String)> {
    let (_, rest) = text
        .split_once("```console\n$ curl -i ")
        .expect("a transcript");
    let (block, _) = rest.split_once("```").expect("the end of the block");
    let parts = block.split("\n$ curl ");
    let parts = parts.filter_map(|part| part.split_once('\n'));
    parts
        .map(|(command, printed)| (command.to_owned(), printed.to_owned()))
        .collect()
}

/// Returns the opening comment of the example, as its page shows it.
fn comment() -> String {
    let lines = include_str!("../web.rs").lines();
    let lines = lines.map_while(|line| line.strip_prefix("//!"));
    let lines = lines.map(|line| line.strip_prefix(' ').unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// Splits a command line into words; those in single quotes may hold spaces.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (number, part) in command.split('\'').enumerate() {
        if number % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(ToOwned::to_owned));
        }
    }
    words
}

/// Replaces what depends on the time of the request: the order and the presence of headers stay.
fn comparable(printed: &str) -> String {
    let line = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap_or((line, ""));
        match name {
            "date" | "age" => format!("{name}: …"),
            "connection" => String::new(),
            "cache-status" => match value.split_once(";ttl=") {
                Some((status, ttl)) => {
                    let ttl: u64 = ttl.parse().expect("a ttl");
                    assert!((30..=60).contains(&ttl), "{line}");
                    format!("{name}: {status};ttl=…")
                }
                None => line.to_owned(),
            },
            _ => line.to_owned(),
        }
    };
    let lines = printed.trim().lines().map(line);
    lines.collect::<Vec<_>>().join("\n").replace("\n\n", "\n")
}

#[track_caller]
fn check(service: &Service, transcript: &[(String, String)]) {
    assert_eq!(transcript.len(), 6, "{transcript:?}");
    for (command, promised) in transcript {
        let printed = service.curl(&words(command));
        assert_eq!(
            comparable(&printed),
            comparable(promised),
            "curl {command} printed\n{printed}"
        );
    }
}

#[test]
fn web_answers_what_it_says() {
    check(&Service::start(None), &transcript(&comment()));
}

#[test]
fn web_is_the_program_of_the_readme_and_answers_what_that_says() {
    let readme = include_str!("../../README.md");
    let (_, program) = include_str!("../web.rs")
        .split_once("//! ```\n\n")
        .expect("the program after the comment");
    assert!(readme.contains(program), "the README has another program");
    check(&Service::start(None), &transcript(readme));
}

#[test]
fn web_on_redis_answers_the_same() {
    let server = RedisServer::start();
    let service = Service::start(Some(&server.url()));
    check(&service, &transcript(&comment()));
}
