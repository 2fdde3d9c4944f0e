//! One connection through a proxy.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::{State, Way};

/// Passes on what `client` and the server at `target` say, until one of them ends or the way does.
pub(super) async fn carry(
    mut client: TcpStream,
    target: u16,
    states: watch::Receiver<State>,
    trips: &AtomicU64,
) {
    let born = *states.borrow();
    let server = match born.way {
        Way::Refused => return reset(client),
        Way::Lost => return silence(client).await,
        _ => TcpStream::connect((Ipv4Addr::LOCALHOST, target)).await,
    };
    let Ok(mut server) = server else {
        return reset(client);
    };
    // Only speed depends on it.
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let ended = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let is_asked = AtomicBool::new(false);
        let commands = Direction::Commands.pass(from_client, to_server, &states, || {
            if !is_asked.swap(true, SeqCst) {
                trips.fetch_add(1, SeqCst);
            }
        });
        let replies = Direction::Replies.pass(from_server, to_client, &states, || {
            is_asked.store(false, SeqCst);
        });
        let mut states = states.clone();
        let broken =
            states.wait_for(|now| now.last_lost > born.number || now.last_refused > born.number);
        tokio::select! {
            biased;
            state = broken => match state.as_deref() {
                Ok(now) if now.last_refused > born.number => End::Reset,
                Ok(_) => End::Silence,
                Err(_) => End::Closed,
            },
            end = commands => end,
            end = replies => end,
        }
    };
    match ended {
        End::Closed => {}
        End::Reset => {
            reset(client);
            reset(server);
        }
        // The server is not told either.
        End::Silence => silence(client).await,
    }
}

enum End {
    Closed,
    Reset,
    Silence,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Commands,
    Replies,
}

impl Direction {
    /// Passes bytes on until `from` ends, and says of each portion that there is one.
    async fn pass(
        self,
        from: ReadHalf<'_>,
        to: WriteHalf<'_>,
        states: &watch::Receiver<State>,
        notice: impl FnMut(),
    ) -> End {
        let (sender, portions) = mpsc::unbounded_channel();
        let reads = self.read(from, states.clone(), sender, notice);
        let writes = self.write(to, states.clone(), portions);
        // The writer ends behind the reader, when it has written all, or before it.
        let mut writes = std::pin::pin!(writes);
        tokio::select! {
            () = reads => writes.await,
            end = &mut writes => end,
        }
    }

    async fn read(
        self,
        mut from: ReadHalf<'_>,
        states: watch::Receiver<State>,
        sender: mpsc::UnboundedSender<(Instant, Vec<u8>)>,
        mut notice: impl FnMut(),
    ) {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            notice();
            let mut due = Instant::now();
            if let Way::Slow { commands, replies } = states.borrow().way {
                due += match self {
                    Self::Commands => commands,
                    Self::Replies => replies,
                };
            }
            if sender.send((due, buffer[..length].to_vec())).is_err() {
                return;
            }
        }
    }

    async fn write(
        self,
        mut to: WriteHalf<'_>,
        mut states: watch::Receiver<State>,
        mut portions: mpsc::UnboundedReceiver<(Instant, Vec<u8>)>,
    ) -> End {
        let (mut number, mut passed) = (0, 0);
        while let Some((due, mut bytes)) = portions.recv().await {
            // A timer takes a millisecond at the least.
            if due > Instant::now() {
                sleep_until(due).await;
            }
            let Ok(now) = states
                .wait_for(|now| now.way != Way::Held)
                .await
                .map(|now| *now)
            else {
                return End::Closed;
            };
            if now.number != number {
                (number, passed) = (now.number, 0);
            }
            let mut end = None;
            if let (Way::Cut(most), Self::Replies) = (now.way, self) {
                let left = most.saturating_sub(passed);
                if bytes.len() >= left {
                    bytes.truncate(left);
                    end = Some(End::Reset);
                }
                passed += bytes.len();
            }
            if to.write_all(&bytes).await.is_err() {
                return End::Closed;
            }
            if let Some(end) = end {
                return end;
            }
        }
        End::Closed
    }
}

/// Closes a connection as one that never was: what is on its way is gone, and the other side learns of it.
fn reset(stream: TcpStream) {
    // Without it the connection is closed more politely.
    let _ = stream.set_zero_linger();
    drop(stream);
}

/// Keeps a connection open and says nothing, until the other side ends it.
async fn silence(mut stream: TcpStream) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(1..) = stream.read(&mut buffer).await {}
}
