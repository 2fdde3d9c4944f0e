//! A Redis server of our own: started on a free port, gone with the guard.

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

const START_LIMIT: Duration = Duration::from_secs(10);

pub(crate) struct Server {
    process: Child,
    port: u16,
}

impl Server {
    /// Starts a server that keeps nothing on disk, and waits until it answers.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let program =
            std::env::var_os("REDIS_SERVER").unwrap_or_else(|| OsString::from("redis-server"));
        let port = free_port()?;
        let process = Command::new(&program)
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no", "--loglevel", "warning"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| {
                format!(
                    "cannot start {}: install a Redis server (Debian: apt-get install redis-server), \
                     name one in REDIS_SERVER, or leave Redis out with `--only memory,latency`",
                    program.display()
                )
            })?;
        let mut server = Self { process, port };
        server.wait_until_ready()?;
        Ok(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < START_LIMIT {
            if let Some(status) = self.process.try_wait()? {
                bail!("the Redis server ended at once: {status}");
            }
            if answers(self.port).is_ok_and(|pong| pong) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("the Redis server did not answer within {START_LIMIT:?}")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only if it is already gone.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}

fn answers(port: u16) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(b"PING\r\n")?;
    let mut answer = [0; 7];
    stream.read_exact(&mut answer)?;
    Ok(&answer == b"+PONG\r\n")
}
