//! The fixture itself: a server that stays behind, or a dead one that answers, would make every other test lie.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tests::{CountingLoader, RedisServer, Reply};

fn listens(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

#[test]
fn server_answers_and_keeps_keys() {
    let server = RedisServer::shared();
    assert_eq!(server.cli(&["SET", "fixture:a", "one two"]), "OK");
    assert_eq!(server.cli(&["GET", "fixture:a"]), "one two");
    assert_eq!(server.command(&["GET", "fixture:b"]), Reply::Nil);
    assert_eq!(server.cli(&["LPUSH", "fixture:list", "x", "y"]), "2");
    assert_eq!(server.cli(&["LRANGE", "fixture:list", "0", "-1"]), "y\nx");
    assert_eq!(server.keys("fixture:*"), ["fixture:a", "fixture:list"]);
    assert!(
        matches!(server.command(&["GET", "fixture:list"]), Reply::Error(error) if error.starts_with("WRONGTYPE"))
    );
}

#[test]
fn dropped_server_is_gone() {
    let server = RedisServer::start();
    let port = server.port();
    assert!(listens(port));
    drop(server);
    assert!(!listens(port));
}

#[test]
fn restarted_server_is_empty_and_on_the_same_port() {
    let server = RedisServer::start();
    server.cli(&["SET", "key", "value"]);
    let port = server.port();

    server.kill();
    assert!(!listens(port));

    server.restart();
    assert_eq!(server.port(), port);
    assert_eq!(server.command(&["GET", "key"]), Reply::Nil);
}

#[test]
fn frozen_server_answers_only_once_thawed() {
    let server = RedisServer::start();
    server.freeze();
    let mut stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    std::io::Write::write_all(&mut stream, b"PING\r\n").unwrap();
    let mut answer = [0; 7];
    assert!(stream.read_exact(&mut answer).is_err());

    server.thaw();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"+PONG\r\n");
}

#[test]
fn frozen_server_can_be_dropped() {
    let server = RedisServer::start();
    let port = server.port();
    server.freeze();
    drop(server);
    assert!(!listens(port));
}

#[test]
fn server_takes_a_password_and_a_memory_limit() {
    let server = RedisServer::builder()
        .password("open-sesame")
        .max_memory("5mb")
        .argument("--maxmemory-policy", "allkeys-lru")
        .start();
    assert_eq!(
        server.cli(&["CONFIG", "GET", "maxmemory"]),
        "maxmemory\n5242880"
    );
    assert_eq!(
        server.url(),
        format!("redis://:open-sesame@127.0.0.1:{}", server.port())
    );
}

/// Not a test: the process that the next test kills.
#[test]
#[ignore = "run by killed_test_process_leaves_no_server"]
fn process_to_be_killed() {
    let server = RedisServer::start();
    println!("\nport {}", server.port());
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn killed_test_process_leaves_no_server() {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "--nocapture",
            "fixture::process_to_be_killed",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let port: u16 = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .find_map(|line| line.unwrap().strip_prefix("port ")?.parse().ok())
        .unwrap();
    assert!(listens(port));

    child.kill().unwrap();
    child.wait().unwrap();

    let killed = Instant::now();
    while listens(port) {
        assert!(
            killed.elapsed() < Duration::from_secs(10),
            "the server is still there"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn missing_server_is_a_failure_that_says_how_to_get_one() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "fixture::server_answers_and_keeps_keys"])
        .env("REDIS_SERVER", "/nowhere/redis-server")
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stdout);
    for hint in ["REDIS_SERVER", "redis-server", "tests/run.sh"] {
        assert!(said.contains(hint), "{hint} is not in: {said}");
    }
}

#[tokio::test]
async fn held_loader_waits_for_release() {
    let loader = CountingLoader::held();
    let load = tokio::spawn({
        let loader = loader.clone();
        async move { loader.load(7).await }
    });
    loader.started(1).await;
    assert!(!load.is_finished());
    loader.release();
    assert_eq!(load.await.unwrap(), 7);
    assert_eq!(loader.load(8).await, 8);
    assert_eq!(loader.runs(), 2);
}
