//! A way to the server that counts what passes, and can be disturbed.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::watch;

use crate::RedisServer;

mod carry;

/// Passes bytes on between clients and a server, counts them, and disturbs them when told to: at any time, also
/// those of connections that are open.
///
/// Runs in a thread of its own, so that no test can hold it up. Gone with all its connections when dropped.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    target: Arc<AtomicU16>,
    state: watch::Sender<State>,
    counts: Arc<Counts>,
}

/// The treatment of bytes that pass a [`Proxy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// They arrive at once.
    Open,
    /// They arrive this much later.
    Slow {
        /// The delay of what clients say.
        commands: Duration,
        /// The delay of what the server says.
        replies: Duration,
    },
    /// They wait, and arrive when the way is another: a partition that ends before the connections do.
    Held,
    /// They are lost, together with their connection, which stays silent for ever and is never closed: a black hole. A
    /// connection that is made later works.
    Lost,
    /// Each connection is reset when this many more bytes of replies have passed.
    Cut(usize),
    /// Each connection is reset at once, also a new one.
    Refused,
}

/// The way, and since when: ways are counted.
#[derive(Clone, Copy, Debug)]
struct State {
    way: Way,
    number: u64,
    last_lost: u64,
    last_refused: u64,
}

#[derive(Debug, Default)]
struct Counts {
    trips: AtomicU64,
    connections: AtomicU64,
    open: AtomicU64,
}

impl Proxy {
    /// A way to `server`.
    pub fn to(server: &RedisServer) -> Self {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        listener.set_nonblocking(true).expect("a socket");
        let (state, states) = watch::channel(State {
            way: Way::Open,
            number: 0,
            last_lost: 0,
            last_refused: 0,
        });
        let counts = Arc::new(Counts::default());
        let target = Arc::new(AtomicU16::new(server.port()));
        let (way_to, counted) = (Arc::clone(&target), Arc::clone(&counts));
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        thread::spawn(move || runtime.block_on(accept(listener, way_to, states, counted)));
        Self {
            port,
            target,
            state,
            counts,
        }
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address for a client.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Treats bytes so from now on.
    pub fn set(&self, way: Way) {
        self.state.send_modify(|state| {
            state.way = way;
            state.number += 1;
            match way {
                Way::Lost => state.last_lost = state.number,
                Way::Refused => state.last_refused = state.number,
                _ => {}
            }
        });
    }

    /// Leads connections that are made from now on to another server.
    pub fn lead_to(&self, server: &RedisServer) {
        self.target.store(server.port(), SeqCst);
    }

    /// Returns the number of round trips there were.
    ///
    /// What a client sends before the first byte of an answer is one round trip, however many commands it is: this
    /// holds for a client that has one thing to do at a time.
    pub fn trips(&self) -> u64 {
        self.counts.trips.load(SeqCst)
    }

    /// Returns the number of connections that clients have made, those included that were refused.
    pub fn connections(&self) -> u64 {
        self.counts.connections.load(SeqCst)
    }

    /// Returns the number of connections there are now.
    pub fn open(&self) -> u64 {
        self.counts.open.load(SeqCst)
    }
}

/// Takes connections until the proxy is dropped.
async fn accept(
    listener: std::net::TcpListener,
    target: Arc<AtomicU16>,
    mut states: watch::Receiver<State>,
    counts: Arc<Counts>,
) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    let connections = states.clone();
    loop {
        tokio::select! {
            client = listener.accept() => {
                let Ok((client, _)) = client else { continue };
                counts.connections.fetch_add(1, SeqCst);
                let (states, counts) = (connections.clone(), Arc::clone(&counts));
                let target = target.load(SeqCst);
                tokio::spawn(async move {
                    counts.open.fetch_add(1, SeqCst);
                    carry::carry(client, target, states, &counts.trips).await;
                    counts.open.fetch_sub(1, SeqCst);
                });
            }
            changed = states.changed() => if changed.is_err() { return },
        }
    }
}
