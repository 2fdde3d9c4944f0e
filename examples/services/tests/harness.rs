//! Harness: a service as a process, and what a test does with it.
//!
//! ```ignore
//! let redis = RedisServer::start();
//! let service = Service::of(env!("CARGO_BIN_EXE_tutor")).redis(&redis).env("MODEL_LATENCY", "20ms").start().await;
//! let second = Service::of(env!("CARGO_BIN_EXE_tutor")).redis(&redis).database_of(&service).start().await;
//! let health = service.get("/api/health/ai").await.ok();          // 200, or the test fails; the JSON
//! let answer = service.post("/words", &json!({ "word": "river" })).await;
//! assert_eq!(answer.status, 201);
//! redis.kill();                                                    // or freeze(), and thaw(), restart()
//! service.until("/health", |health| health["redis"] == "unavailable").await;
//! stored(&redis, "tutor:ai:feedback:*").await;                     // what is loaded is stored in the background
//! let log = service.stop().await;                                  // by SIGTERM; it must end well
//! ```

use std::fmt::Debug;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use tests::RedisServer;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};

/// The variables that a program keeps of the environment of the person who runs the tests.
const KEPT: [&str; 4] = [
    "PATH",
    "LD_LIBRARY_PATH",
    "LLVM_PROFILE_FILE",
    "RUST_BACKTRACE",
];

/// The longest wait for anything that has to happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// The settings of a service to start.
#[derive(Debug)]
pub(crate) struct Settings {
    command: Command,
    folder: Arc<Folder>,
}

/// A running service. It is gone when this is dropped.
#[derive(Debug)]
pub(crate) struct Service {
    folder: Arc<Folder>,
    process: Child,
    /// Holds the pipe whose end tells the watchdog that this process was killed.
    watchdog: Child,
    address: String,
    client: Client,
    printed: Printed,
}

/// The answer of an endpoint.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

/// The folder of the rows of a service, and of whatever else it writes; deleted when the last of its services is gone.
#[derive(Debug)]
struct Folder(PathBuf);

/// The lines that a service has written so far, to both of its outputs.
#[derive(Clone, Debug, Default)]
struct Printed(Arc<Mutex<String>>);

impl Service {
    /// Describes the service of this binary, in memory, on a free port, with no setting of the person who runs the tests.
    pub(crate) fn of(binary: &str) -> Settings {
        let folder = Folder::new();
        let mut command = Command::new(binary);
        command
            .env_clear()
            .envs(
                KEPT.iter()
                    .filter_map(|name| Some((name, std::env::var_os(name)?))),
            )
            .env("TMPDIR", &folder.0)
            .env("LISTEN", "127.0.0.1:0");
        Settings {
            command,
            folder: Arc::new(folder),
        }
        .rows()
    }

    /// Sends `GET path`.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    /// Sends `POST path` with this JSON.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::POST, path).json(body)).await
    }

    /// Makes any other request; [`send`] sends it.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.address))
    }

    /// Asks `GET path` until the answer is as `expected`, and returns it.
    #[track_caller]
    pub(crate) fn until(
        &self,
        path: &str,
        expected: impl Fn(&Value) -> bool,
    ) -> impl Future<Output = Value> {
        let caller = std::panic::Location::caller();
        async move {
            let began = Instant::now();
            loop {
                let answer = self.get(path).await;
                let value = answer.json();
                if expected(&value) {
                    return value;
                }
                assert!(began.elapsed() < PATIENCE, "{caller}: still {answer:?}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }

    /// Returns all that it has printed and logged so far.
    pub(crate) fn printed(&self) -> String {
        self.printed.text()
    }

    /// Tells it to stop, as an init system does, and returns all that it printed; it must end well, and leave nothing.
    pub(crate) async fn stop(mut self) -> String {
        let id = self.process.id().expect("the service runs").to_string();
        let told = Command::new("sh")
            .args(["-c", "kill -s TERM \"$1\"", "sh", &id])
            .status()
            .await;
        assert!(told.is_ok_and(|status| status.success()), "no signal sent");
        let ended = tokio::time::timeout(PATIENCE, self.process.wait()).await;
        let status = ended.expect("it stops").expect("it can be waited for");
        let printed = self.printed.at_end().await;
        assert!(status.success(), "{status}\n{printed}");
        self.folder.assert_clean();
        printed
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Fails if it has ended already.
        let _ = self.process.start_kill();
        let _ = self.watchdog.start_kill();
    }
}

impl Settings {
    /// Has the cache live in this server. A busy machine may need longer than the default deadline.
    pub(crate) fn redis(self, server: &RedisServer) -> Self {
        self.env("REDIS_URL", server.url())
            .env("REDIS_SOCKET_TIMEOUT", "5s")
    }

    /// Sets a variable.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.command.env(name, value.as_ref());
        self
    }

    /// Shares the rows of another service: two processes of one application.
    pub(crate) fn database_of(mut self, service: &Service) -> Self {
        self.folder = Arc::clone(&service.folder);
        self.rows()
    }

    fn rows(self) -> Self {
        let file = self.folder.0.join("rows.sqlite");
        self.env("DATABASE_FILE", file.to_str().expect("a path in Unicode"))
    }

    /// Starts it, and waits until it can be asked.
    pub(crate) async fn start(self) -> Service {
        let folder = Arc::clone(&self.folder);
        let (mut process, printed) = self.spawn();
        let address = tokio::time::timeout(PATIENCE, async {
            loop {
                let text = printed.text();
                let mut lines = text
                    .split_inclusive('\n')
                    .filter(|line| line.ends_with('\n'));
                if let Some(address) = lines.find_map(|line| line.strip_prefix("listening on ")) {
                    return address.trim().to_owned();
                }
                if let Ok(Some(status)) = process.try_wait() {
                    panic!("it ended with {status}:\n{}", printed.at_end().await);
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        let address = address.await.expect("it says where it listens");
        let watchdog = watchdog(&process, &folder);
        Service {
            folder,
            process,
            watchdog,
            address,
            client: Client::new(),
            printed,
        }
    }

    /// Starts it and waits until it ends, as one that cannot work does; returns whether it ended well, and what it
    /// printed.
    pub(crate) async fn run(self) -> (bool, String) {
        let folder = Arc::clone(&self.folder);
        let (mut process, printed) = self.spawn();
        let ended = tokio::time::timeout(PATIENCE, process.wait()).await;
        let status = ended.expect("it ends").expect("it can be waited for");
        folder.assert_clean();
        (status.success(), printed.at_end().await)
    }

    fn spawn(mut self) -> (Child, Printed) {
        let mut process = self
            .command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the service starts");
        let printed = Printed::default();
        printed.collect(process.stdout.take().expect("a pipe"));
        printed.collect(process.stderr.take().expect("a pipe"));
        (process, printed)
    }
}

impl Answer {
    /// Returns the JSON of an answer that went well.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        self.json()
    }

    /// Returns the JSON, whatever the status; text that is none as a string.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| Value::from(self.text.as_str()))
    }

    /// Returns a header that holds text; nothing if it is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

/// Sends a request and reads all of the answer.
pub(crate) async fn send(request: RequestBuilder) -> Answer {
    let asked = async {
        let response = request.send().await.map_err(described)?;
        Ok::<_, String>(Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await.map_err(described)?,
        })
    };
    let answered = tokio::time::timeout(PATIENCE, asked).await;
    answered.expect("an answer in time").expect("an answer")
}

/// Waits until an entry that `glob` matches is in Redis. It is stored in the background; until then the placeholder of a
/// load lies there.
pub(crate) async fn stored(redis: &RedisServer, glob: &str) {
    eventually(glob, || {
        let mut keys = redis.keys(glob).into_iter();
        keys.any(|key| redis.cli(&["GET", &key]).contains(" E "))
    })
    .await;
}

/// Waits until it is so.
pub(crate) async fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "still not: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn described(error: impl Debug) -> String {
    format!("{error:?}")
}

impl Printed {
    fn text(&self) -> String {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn collect(&self, pipe: impl AsyncRead + Send + Unpin + 'static) {
        let printed = self.clone();
        tokio::spawn(async move {
            let mut lines = BufReader::new(pipe).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let mut text = printed.0.lock().unwrap_or_else(PoisonError::into_inner);
                text.push_str(&line);
                text.push('\n');
            }
        });
    }

    /// Returns all of it, once the tasks that collect have seen the ends of their pipes.
    async fn at_end(&self) -> String {
        let began = Instant::now();
        while Arc::strong_count(&self.0) > 1 && began.elapsed() < PATIENCE {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        self.text()
    }
}

/// Starts a shell that ends the service and deletes its folder if this process is killed: its `read` fails at the end of a
/// pipe that only we hold.
fn watchdog(process: &Child, folder: &Folder) -> Child {
    let id = process.id().expect("the service runs").to_string();
    Command::new("sh")
        .args([
            "-c",
            "read -r line || { kill -s KILL \"$1\"; rm -rf -- \"$2\"; }",
            "watchdog",
            &id,
        ])
        .arg(&folder.0)
        .stdin(Stdio::piped())
        .kill_on_drop(true)
        .process_group(0)
        .spawn()
        .expect("sh starts")
}

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("cached-services-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    /// Checks that nothing is in it but the rows that a test wanted to be kept.
    #[track_caller]
    fn assert_clean(&self) {
        let files = std::fs::read_dir(&self.0).expect("the folder");
        let names = files.map(|file| file.expect("a file").file_name());
        let left: Vec<_> = names
            .filter(|name| !name.to_string_lossy().starts_with("rows.sqlite"))
            .collect();
        assert!(left.is_empty(), "it left {left:?}");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nothing is lost if this fails: it is a folder of temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
