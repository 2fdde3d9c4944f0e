//! A real redis-server that belongs to one test.

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::resp::{Connection, Reply};

mod trouble;

pub use trouble::{Dump, Occupied};

/// A redis-server of our own: a port and a folder nobody else uses, nothing kept on disk.
///
/// It is gone when this is dropped, and also when the test process is killed: a small shell process waits for the
/// end of a pipe that only the test process holds, and then kills the server.
#[derive(Debug)]
pub struct RedisServer {
    port: u16,
    password: Option<String>,
    arguments: Vec<String>,
    folder: PathBuf,
    process: Mutex<Option<Process>>,
}

/// The settings that a server is started with.
#[derive(Clone, Debug, Default)]
pub struct ServerBuilder {
    password: Option<String>,
    arguments: Vec<String>,
}

impl ServerBuilder {
    /// Asks this password of clients; [`RedisServer::url`] holds it.
    #[must_use]
    pub fn password(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self.argument("--requirepass", password)
    }

    /// Refuses writes beyond this much memory, such as `2mb`, unless `--maxmemory-policy` says otherwise.
    #[must_use]
    pub fn max_memory(self, limit: &str) -> Self {
        self.argument("--maxmemory", limit)
    }

    /// Adds any setting, as on the command line: `argument("--maxmemory-policy", "allkeys-lru")`.
    #[must_use]
    pub fn argument(mut self, name: &str, value: &str) -> Self {
        self.arguments.extend([name.to_owned(), value.to_owned()]);
        self
    }

    /// Gives a command another name, so that it is unknown by its own.
    #[must_use]
    pub fn rename(mut self, command: &str, name: &str) -> Self {
        let words = ["--rename-command", command, name];
        self.arguments.extend(words.map(ToOwned::to_owned));
        self
    }

    /// Starts the server and waits until it answers.
    pub fn start(self) -> RedisServer {
        const TRIES: usize = 20;
        let mut failure = String::new();
        for _ in 0..TRIES {
            let port = free_port();
            let folder =
                std::env::temp_dir().join(format!("cached-tests-{}-{port}", std::process::id()));
            if fs::create_dir(&folder).is_err() {
                continue;
            }
            let server = RedisServer {
                port,
                password: self.password.clone(),
                arguments: self.arguments.clone(),
                folder,
                process: Mutex::new(None),
            };
            // Another process may have taken the port since it was found free.
            match server.run(&[]) {
                Ok(()) => return server,
                Err(error) => failure = error,
            }
        }
        panic!("no redis-server came up on any of {TRIES} ports: {failure}");
    }
}

impl RedisServer {
    /// A server for a test that hurts it.
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// A server with a password, a memory limit or other settings.
    pub fn builder() -> ServerBuilder {
        ServerBuilder::default()
    }

    /// The server that all ordinary tests of this process share, each in a [`namespace`](crate::namespace) of its own.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<RedisServer> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address for a client, password included.
    pub fn url(&self) -> String {
        let Self { port, .. } = self;
        match &self.password {
            Some(password) => format!("redis://:{password}@127.0.0.1:{port}"),
            None => format!("redis://127.0.0.1:{port}"),
        }
    }

    /// Runs one command and returns the answer as redis-cli would print it: `server.cli(&["GET", "key"])`.
    pub fn cli<A: AsRef<[u8]>>(&self, arguments: &[A]) -> String {
        self.command(arguments).to_string()
    }

    /// Runs one command and returns the answer.
    pub fn command<A: AsRef<[u8]>>(&self, arguments: &[A]) -> Reply {
        Connection::open(self.port, self.password.as_deref())
            .and_then(|mut connection| connection.send(arguments))
            .unwrap_or_else(|error| panic!("redis-server on port {}: {error}", self.port))
    }

    /// A connection of the test's own, for many commands.
    pub fn connect(&self) -> Connection {
        Connection::open(self.port, self.password.as_deref())
            .unwrap_or_else(|error| panic!("redis-server on port {}: {error}", self.port))
    }

    /// Returns all keys that match `glob`, sorted.
    pub fn keys(&self, glob: &str) -> Vec<String> {
        let Reply::List(keys) = self.command(&["KEYS", glob]) else {
            panic!("KEYS did not answer with a list");
        };
        let mut keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
        keys.sort();
        keys
    }

    /// Ends the server at once, as a crash does.
    pub fn kill(&self) {
        if let Some(process) = self.process().take() {
            process.end();
        }
    }

    /// Stops the server from running, as a hang does: connections stay open, nothing answers.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets a frozen server go on.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    /// Starts the server again on its port, empty. A running one is killed first.
    pub fn restart(&self) {
        self.kill();
        self.run(&[])
            .unwrap_or_else(|error| panic!("redis-server did not come back: {error}"));
    }

    fn process(&self) -> MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn signal(&self, signal: &str) {
        let process = self.process();
        let pid = process.as_ref().expect("the server was killed").server.id();
        let sent = Command::new("sh")
            .args([
                "-c",
                "kill -s \"$1\" \"$2\"",
                "sh",
                signal,
                &pid.to_string(),
            ])
            .status();
        assert!(
            sent.is_ok_and(|status| status.success()),
            "could not send {signal} to redis-server"
        );
    }

    fn run(&self, more: &[&str]) -> Result<(), String> {
        let mut process = Process::start(binary(), self, more)?;
        let started = Instant::now();
        loop {
            if let Ok(Some(status)) = process.server.try_wait() {
                process.end();
                return Err(format!("it ended with {status}\n{}", self.log()));
            }
            if self.answers(process.server.id()) {
                *self.process() = Some(process);
                return Ok(());
            }
            if started.elapsed() > Duration::from_secs(20) {
                process.end();
                return Err(format!("it did not answer within 20 s\n{}", self.log()));
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Returns true if the process we started listens on the port, and answers.
    fn answers(&self, pid: u32) -> bool {
        let Ok(mut connection) = Connection::open(self.port, self.password.as_deref()) else {
            return false;
        };
        let Ok(Reply::Bytes(info)) = connection.send(&["INFO", "server"]) else {
            return false;
        };
        let info = String::from_utf8_lossy(&info);
        let field = |name: &str| {
            info.lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        };
        if field("process_id") != Some(pid.to_string().as_str()) {
            return false;
        }
        let version = field("redis_version").unwrap_or_default();
        let major = version
            .split('.')
            .next()
            .and_then(|major| major.parse().ok());
        assert!(
            major.is_some_and(|major: u32| major >= 7),
            "the tests need Redis 7.0 or newer, this is {version}. {HINT}"
        );
        matches!(connection.send(&["PING"]), Ok(Reply::Status(pong)) if pong == "PONG")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("redis.log")).unwrap_or_default()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
        // Nothing is lost if this fails: it is a folder of temporary files.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A running server, and the shell that ends it if we are killed.
#[derive(Debug)]
struct Process {
    server: Child,
    watchdog: Child,
}

impl Process {
    fn start(binary: &Path, settings: &RedisServer, more: &[&str]) -> Result<Self, String> {
        let mut server = Command::new(binary)
            .args(["--port", &settings.port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no", "--daemonize", "no"])
            // A copy for a replica is made at once, not in case others ask for one as well.
            .args(["--repl-diskless-sync-delay", "0"])
            .arg("--dir")
            .arg(&settings.folder)
            .arg("--logfile")
            .arg(settings.folder.join("redis.log"))
            .args(&settings.arguments)
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C is for the test process; the server must not go before it.
            .process_group(0)
            .spawn()
            .map_err(|error| format!("{} does not start: {error}. {HINT}", binary.display()))?;
        // `read` fails at the end of the pipe, which comes when we are gone without having written a line.
        let watchdog = Command::new("sh")
            .args([
                "-c",
                "read -r line || { kill -s KILL \"$1\"; rm -rf -- \"$2\"; }",
                "watchdog",
            ])
            .arg(server.id().to_string())
            .arg(&settings.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        match watchdog {
            Ok(watchdog) => Ok(Self { server, watchdog }),
            Err(error) => {
                let _ = server.kill();
                let _ = server.wait();
                Err(format!("sh does not start: {error}"))
            }
        }
    }

    fn end(mut self) {
        // Each step fails only if what it ends is gone already.
        let _ = self.server.kill();
        let _ = self.server.wait();
        if let Some(mut pipe) = self.watchdog.stdin.take() {
            let _ = pipe.write_all(b"done\n");
        }
        let _ = self.watchdog.wait();
    }
}

const HINT: &str = "These tests use a real Redis 7 or Valkey and start it themselves. `bash tests/run.sh` gets one on \
     Debian and its relatives; by hand: `apt-get install redis-server`, `brew install redis`; REDIS_SERVER=/path names a binary";

/// `REDIS_SERVER`, else `redis-server` in `PATH`, else what tests/run.sh unpacked into the build folder.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(named) = std::env::var_os("REDIS_SERVER").filter(|named| !named.is_empty()) {
            return named.into();
        }
        let name = "redis-server";
        let path = std::env::var_os("PATH").unwrap_or_default();
        let installed = std::env::split_paths(&path).map(|folder| folder.join(name));
        let this = std::env::current_exe().unwrap_or_default();
        let unpacked = this
            .ancestors()
            .skip(1)
            .map(|folder| folder.join("redis").join(name));
        installed
            .chain(unpacked)
            .find(|candidate| candidate.is_file())
            .unwrap_or_else(|| panic!("no redis-server here. {HINT}"))
    })
}

/// A port nobody listens on, below the range that outgoing connections take theirs from: there, a client that tries
/// a killed server's port could be connected to itself, or take the port before the server is restarted.
fn free_port() -> u16 {
    const FIRST: u32 = 12_000;
    const COUNT: u32 = 20_000;
    static NEXT: OnceLock<AtomicU32> = OnceLock::new();
    let next = NEXT.get_or_init(|| {
        let nanoseconds = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |now| now.subsec_nanos());
        AtomicU32::new(nanoseconds.wrapping_add(std::process::id().wrapping_mul(7919)) % COUNT)
    });
    for _ in 0..COUNT {
        let offset = next.fetch_add(1, Ordering::Relaxed) % COUNT;
        if let Ok(port) = u16::try_from(FIRST + offset)
            && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
        {
            return port;
        }
    }
    panic!("no free port from {FIRST} on");
}
