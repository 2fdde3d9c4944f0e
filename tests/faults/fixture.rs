//! The fixture itself: a fault that does not happen would let every other test pass.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use tests::{Connection, Proxy, RedisServer, Reply, Way};

const PATIENCE: Duration = Duration::from_secs(10);

fn reached(proxy: &Proxy) -> Connection {
    Connection::open(proxy.port(), None).unwrap()
}

fn is_pong(reply: &std::io::Result<Reply>) -> bool {
    matches!(reply, Ok(Reply::Status(pong)) if pong == "PONG")
}

/// A connection for what a [`Connection`] cannot tell: how many bytes came, and how it ended.
fn raw(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn proxy_passes_what_is_said_and_counts_it() {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let mut one = reached(&proxy);
    for _ in 0..3 {
        assert!(is_pong(&one.send(&["PING"])));
    }
    let large = "x".repeat(1 << 20);
    assert_eq!(
        one.send(&["ECHO", &large]).unwrap(),
        Reply::Bytes(large.into())
    );
    assert_eq!(proxy.trips(), 4);
    let other = reached(&proxy);
    until("two connections", || proxy.open() == 2);
    drop((one, other));
    until("no connection", || proxy.open() == 0);
    assert_eq!(proxy.connections(), 2);
}

#[test]
fn slow_way_delays_all_that_passes_by_the_same_time() {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let mut stream = raw(&proxy);
    let (commands, replies) = (Duration::from_millis(150), Duration::from_millis(100));
    proxy.set(Way::Slow { commands, replies });
    let began = Instant::now();
    for _ in 0..50 {
        stream.write_all(b"PING\r\n").unwrap();
        thread::sleep(Duration::from_millis(1));
    }
    let mut answers = [0; 7 * 50];
    stream.read_exact(&mut answers[..7]).unwrap();
    assert!(began.elapsed() >= commands + replies);
    stream.read_exact(&mut answers[7..]).unwrap();
    let together = (commands + replies) * 50;
    assert!(began.elapsed() < together, "one does not wait for another");
}

#[test]
fn what_a_held_way_took_arrives_later() {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let mut stream = raw(&proxy);
    proxy.set(Way::Held);
    stream.write_all(b"INCR key\r\n").unwrap();
    thread::sleep(Duration::from_millis(50));
    assert_eq!(server.command(&["GET", "key"]), Reply::Nil);
    proxy.set(Way::Open);
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b":1\r\n");
}

#[test]
fn lost_way_is_silent_for_ever_on_each_connection_that_met_it() {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let mut before = raw(&proxy);
    // It is there, not on its way.
    before.write_all(b"PING\r\n").unwrap();
    before.read_exact(&mut [0; 7]).unwrap();
    proxy.set(Way::Lost);
    let mut during = raw(&proxy);
    until("both are taken", || proxy.connections() == 2);
    for stream in [&mut before, &mut during] {
        stream.write_all(b"INCR key\r\n").unwrap();
        stream
            .set_read_timeout(Some(Duration::from_millis(50)))
            .unwrap();
        let silence = stream.read(&mut [0]).unwrap_err();
        assert_eq!(silence.kind(), ErrorKind::WouldBlock);
    }
    proxy.set(Way::Open);
    assert!(is_pong(&reached(&proxy).send(&["PING"])));
    for stream in [&mut before, &mut during] {
        stream.write_all(b"INCR key\r\n").unwrap();
        let silence = stream.read(&mut [0]).unwrap_err();
        assert_eq!(silence.kind(), ErrorKind::WouldBlock);
    }
    assert_eq!(server.command(&["GET", "key"]), Reply::Nil);
}

#[test]
fn cut_way_resets_each_connection_inside_a_reply() {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let ask = |stream: &mut TcpStream| {
        let ask = format!("*2\r\n$4\r\nECHO\r\n$1000\r\n{}\r\n", "x".repeat(1000));
        stream.write_all(ask.as_bytes()).unwrap();
    };
    let reply = "$1000\r\n".len() + 1000 + 2;
    let mut before = raw(&proxy);
    ask(&mut before);
    before.read_exact(&mut vec![0; reply]).unwrap();
    proxy.set(Way::Cut(1500));
    for mut stream in [before, raw(&proxy), raw(&proxy)] {
        ask(&mut stream);
        stream.read_exact(&mut vec![0; reply]).unwrap();
        ask(&mut stream);
        let mut rest = Vec::new();
        let end = stream.read_to_end(&mut rest).unwrap_err();
        assert_eq!(end.kind(), ErrorKind::ConnectionReset);
        assert_eq!(rest.len(), 1500 - reply);
    }
}

#[test]
fn refused_way_resets_what_is_there_and_what_comes() {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let mut before = raw(&proxy);
    before.write_all(b"PING\r\n").unwrap();
    before.read_exact(&mut [0; 7]).unwrap();
    proxy.set(Way::Refused);
    let end = before.read(&mut [0]).unwrap_err();
    assert_eq!(end.kind(), ErrorKind::ConnectionReset);
    let refused = Connection::open(proxy.port(), None).and_then(|mut one| one.send(&["PING"]));
    refused.unwrap_err();
    proxy.set(Way::Open);
    assert!(is_pong(&reached(&proxy).send(&["PING"])));
}

#[test]
fn proxy_that_is_dropped_closes_its_connections() {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    let port = proxy.port();
    let mut stream = raw(&proxy);
    stream.write_all(b"PING\r\n").unwrap();
    stream.read_exact(&mut [0; 7]).unwrap();
    drop(proxy);
    assert!(!matches!(stream.read(&mut [0]), Ok(1..)));
    until("nothing listens", || {
        TcpStream::connect(("127.0.0.1", port)).is_err()
    });
}

#[test]
fn proxy_to_a_server_that_is_not_there_refuses() {
    let server = RedisServer::start();
    let proxy = Proxy::to(&server);
    server.kill();
    let refused = Connection::open(proxy.port(), None).and_then(|mut one| one.send(&["PING"]));
    refused.unwrap_err();
    server.restart();
    assert!(is_pong(&reached(&proxy).send(&["PING"])));
}

#[test]
fn proxy_can_lead_to_another_server() {
    let [one, other] = [(); 2].map(|()| RedisServer::start());
    let proxy = Proxy::to(&one);
    let mut before = reached(&proxy);
    assert!(is_pong(&before.send(&["PING"])));
    proxy.lead_to(&other);
    before.send(&["SET", "key", "one"]).unwrap();
    reached(&proxy).send(&["SET", "key", "other"]).unwrap();
    assert_eq!(
        [one, other].map(|server| server.cli(&["GET", "key"])),
        ["one", "other"]
    );
}

#[test]
fn server_comes_back_from_a_dump_or_empty() {
    let server = RedisServer::start();
    server.cli(&["SET", "key", "old"]);
    let dump = server.dump();
    server.cli(&["SET", "key", "new"]);
    server.restart_from(&dump);
    assert_eq!(server.cli(&["GET", "key"]), "old");
    server.restart();
    assert_eq!(server.command(&["GET", "key"]), Reply::Nil);
}

#[test]
fn server_that_loads_says_so_until_it_has() {
    let server = RedisServer::start();
    for number in 0..50 {
        server.cli(&["SET", &format!("key:{number}"), &"x".repeat(2_000)]);
    }
    let dump = server.dump();
    server.restart_loading(&dump);
    until("it has loaded", || server.cli(&["PING"]) == "PONG");
    assert_eq!(server.keys("*").len(), 50);
}

#[test]
fn server_can_be_demoted_and_promoted() {
    let [server, primary] = [(); 2].map(|()| RedisServer::start());
    primary.cli(&["SET", "key", "theirs"]);
    server.cli(&["SET", "key", "ours"]);
    server.follow(&primary);
    assert_eq!(server.cli(&["GET", "key"]), "theirs");
    assert!(server.cli(&["SET", "key", "ours"]).starts_with("READONLY"));
    server.promote();
    assert_eq!(server.cli(&["SET", "key", "ours"]), "OK");
}

#[test]
fn server_can_lose_its_disk_for_a_while() {
    let server = RedisServer::start();
    server.cli(&["SET", "key", "old"]);
    server.lose_disk();
    for write in [&["SET", "key", "new"][..], &["UNLINK", "key"]] {
        assert!(server.cli(write).starts_with("MISCONF"));
    }
    assert_eq!(server.cli(&["GET", "key"]), "old");
    server.regain_disk();
    assert_eq!(server.cli(&["SET", "key", "new"]), "OK");
    server.restart();
    assert_eq!(server.command(&["GET", "key"]), Reply::Nil);
}

#[test]
fn server_can_be_full_occupied_and_strict() {
    let server = RedisServer::start();
    server.limit_memory("1");
    assert!(server.cli(&["SET", "key", "value"]).starts_with("OOM"));
    server.limit_memory("0");
    assert_eq!(server.cli(&["SET", "key", "value"]), "OK");

    let occupied = server.occupy();
    assert!(server.cli(&["GET", "key"]).starts_with("BUSY"));
    drop(occupied);
    until("it has ended", || server.cli(&["GET", "key"]) == "value");

    let url = server.add_user("app", "before");
    assert_eq!(
        url,
        format!("redis://app:before@127.0.0.1:{}", server.port())
    );
    let mut app = server.connect();
    assert_eq!(
        app.send(&["AUTH", "app", "before"]).unwrap().to_string(),
        "OK"
    );
    server.change_password("app", "after");
    app.send(&["PING"]).unwrap_err();
    let refused = server.cli(&["AUTH", "app", "before"]);
    assert!(refused.starts_with("WRONGPASS"), "{refused}");

    let mut idle = server.connect();
    server.close_connections();
    idle.send(&["PING"]).unwrap_err();
    assert_eq!(server.calls("set"), 1, "the refused one does not count");
}
