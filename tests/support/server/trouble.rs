//! Troubles of a server, besides being killed or frozen.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::{Process, RedisServer, binary};
use crate::resp::{Connection, Reply};

/// The time that a server may take to do what it was told.
const PATIENCE: Duration = Duration::from_secs(20);

/// The content of a server at one moment, as it would lie on disk.
#[derive(Clone, Debug)]
pub struct Dump(Vec<u8>);

impl RedisServer {
    /// Returns all that is in the server now.
    pub fn dump(&self) -> Dump {
        self.done(&["CONFIG", "SET", "rdbcompression", "no"]);
        self.done(&["SAVE"]);
        let file = self.folder.join("dump.rdb");
        let dump = fs::read(&file).expect("a dump");
        // So that a restart is one without it.
        fs::remove_file(&file).expect("a dump");
        Dump(dump)
    }

    /// Starts the server again on its port, with what was in it then. A running one is killed first.
    pub fn restart_from(&self, dump: &Dump) {
        self.kill();
        let file = self.folder.join("dump.rdb");
        fs::write(&file, &dump.0).expect("a dump");
        self.run(&[])
            .unwrap_or_else(|error| panic!("redis-server did not come back: {error}"));
        fs::remove_file(&file).expect("a dump");
    }

    /// Starts the server as [`restart_from`](Self::restart_from) does, with 20 ms for each key to load, and returns
    /// while it answers with `LOADING`.
    pub fn restart_loading(&self, dump: &Dump) {
        self.kill();
        fs::write(self.folder.join("dump.rdb"), &dump.0).expect("a dump");
        let slowly = ["--key-load-delay", "20000"];
        let often = ["--loading-process-events-interval-bytes", "1024"];
        let process = Process::start(binary(), self, &[slowly, often].concat())
            .unwrap_or_else(|error| panic!("redis-server did not come back: {error}"));
        *self.process() = Some(process);
        self.until("LOADING", |said| said.starts_with("LOADING"));
    }

    /// Makes it a replica of `primary`, and waits until it has copied what is there.
    pub fn follow(&self, primary: &RedisServer) {
        self.done(&["REPLICAOF", "127.0.0.1", &primary.port().to_string()]);
        let began = Instant::now();
        while self.info("master_link_status").as_deref() != Some("up") {
            assert!(began.elapsed() < PATIENCE, "it copies nothing");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Makes it a primary.
    pub fn promote(&self) {
        self.done(&["REPLICAOF", "NO", "ONE"]);
    }

    /// Makes the server refuse writes beyond this much memory: `1` for all of them, `0` for none.
    pub fn limit_memory(&self, limit: &str) {
        self.done(&["CONFIG", "SET", "maxmemory", limit]);
    }

    /// Takes the disk from the server, which refuses all writes for that: `MISCONF`.
    pub fn lose_disk(&self) {
        // What is to be the dump is a folder with something in it.
        let in_the_way = self.folder.join("dump.rdb").join("something");
        fs::create_dir_all(in_the_way).expect("a folder");
        self.done(&["CONFIG", "SET", "save", "3600 1000000"]);
        self.done(&["CONFIG", "SET", "stop-writes-on-bgsave-error", "yes"]);
        self.cli(&["BGSAVE"]);
        self.until("MISCONF", |said| said.starts_with("MISCONF"));
    }

    /// Gives back what [`lose_disk`](Self::lose_disk) took, and the server takes writes again.
    pub fn regain_disk(&self) {
        fs::remove_dir_all(self.folder.join("dump.rdb")).expect("a folder");
        self.done(&["CONFIG", "SET", "save", ""]);
        self.done(&["SAVE"]);
        fs::remove_file(self.folder.join("dump.rdb")).expect("a dump");
    }

    /// Adds a user who may do everything, and returns the address for a client.
    pub fn add_user(&self, name: &str, password: &str) -> String {
        self.add_user_who_may(name, password, &["~*", "&*", "+@all"])
    }

    /// Adds a user with these rules of an access list, and returns the address for a client.
    pub fn add_user_who_may(&self, name: &str, password: &str, rules: &[&str]) -> String {
        let password_rule = format!(">{password}");
        let user = ["ACL", "SETUSER", name, "on", &password_rule];
        self.done(&[&user, rules].concat());
        format!("redis://{name}:{password}@127.0.0.1:{}", self.port)
    }

    /// Gives a user another password, and closes its connections.
    pub fn change_password(&self, name: &str, password: &str) {
        let password_rule = format!(">{password}");
        self.done(&["ACL", "SETUSER", name, "resetpass", &password_rule]);
        self.cli(&["CLIENT", "KILL", "USER", name]);
    }

    /// Closes all connections of clients.
    pub fn close_connections(&self) {
        self.cli(&["CLIENT", "KILL", "TYPE", "normal"]);
    }

    /// Occupies the server with a script: it answers with `BUSY` until what this returns is dropped.
    pub fn occupy(&self) -> Occupied<'_> {
        self.done(&["CONFIG", "SET", "busy-reply-threshold", "1"]);
        let mut connection = self.connect();
        thread::spawn(move || connection.send(&["EVAL", "while true do end", "0"]));
        self.until("BUSY", |said| said.starts_with("BUSY"));
        Occupied(self)
    }

    /// Returns a field of `INFO everything`, such as `total_connections_received` or `cmdstat_mget`.
    pub fn info(&self, field: &str) -> Option<String> {
        let Reply::Bytes(info) = self.command(&["INFO", "everything"]) else {
            panic!("INFO did not answer with text");
        };
        let info = String::from_utf8_lossy(&info);
        info.lines()
            .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))
            .map(ToOwned::to_owned)
    }

    /// Returns the number of times that the server has run this command, its name in small letters.
    pub fn calls(&self, command: &str) -> u64 {
        let Some(statistics) = self.info(&format!("cmdstat_{command}")) else {
            return 0;
        };
        let calls = statistics
            .split(',')
            .find_map(|field| field.strip_prefix("calls="));
        calls.expect("a count").parse().expect("a number")
    }

    fn done(&self, command: &[&str]) {
        assert_eq!(self.cli(command), "OK", "{command:?}");
    }

    /// Waits until `PING` is answered with what was expected.
    fn until(&self, what: &str, expected: impl Fn(&str) -> bool) {
        let began = Instant::now();
        loop {
            let said = Connection::open(self.port, self.password.as_deref())
                .and_then(|mut connection| connection.send(&["PING"]));
            match said {
                Ok(Reply::Error(said)) if expected(&said) => return,
                said => assert!(began.elapsed() < PATIENCE, "no {what}, but {said:?}"),
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// A server that runs a script without end, until this is dropped.
#[derive(Debug)]
#[must_use = "dropped, it ends"]
pub struct Occupied<'a>(&'a RedisServer);

impl Drop for Occupied<'_> {
    fn drop(&mut self) {
        self.0.cli(&["SCRIPT", "KILL"]);
    }
}
