//! A way to the server that counts round trips.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::RedisServer;

/// Passes bytes on between clients and a server, and counts how often a client spoke and then was answered.
///
/// What a client sends before the first byte of an answer is one round trip, however many commands it is: this
/// holds for a client that has one thing to do at a time. Gone with the process.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    trips: Arc<Mutex<u64>>,
}

impl Proxy {
    /// A way to `server`.
    pub fn to(server: &RedisServer) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let trips = Arc::new(Mutex::new(0));
        let (target, counted) = (server.port(), Arc::clone(&trips));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, target)) else {
                    continue;
                };
                let _ = client.set_nodelay(true);
                let _ = server.set_nodelay(true);
                connect(client, server, &counted);
            }
        });
        Self { port, trips }
    }

    /// What a client connects to.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// How many round trips there were.
    pub fn trips(&self) -> u64 {
        *self.trips.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn connect(client: TcpStream, server: TcpStream, trips: &Arc<Mutex<u64>>) {
    let (Ok(to_client), Ok(to_server)) = (client.try_clone(), server.try_clone()) else {
        return;
    };
    let is_asked = Arc::new(Mutex::new(false));
    let (asked, trips) = (Arc::clone(&is_asked), Arc::clone(trips));
    thread::spawn(move || {
        pass(client, to_server, || {
            let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
            if !std::mem::replace(&mut *asked, true) {
                *trips.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            }
        });
    });
    thread::spawn(move || {
        pass(server, to_client, || {
            *is_asked.lock().unwrap_or_else(PoisonError::into_inner) = false;
        });
    });
}

/// Passes bytes on until one side ends, and says before each portion that there is one.
fn pass(mut from: TcpStream, mut to: TcpStream, mut notice: impl FnMut()) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(length) = from.read(&mut buffer) {
        if length == 0 {
            break;
        }
        notice();
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
