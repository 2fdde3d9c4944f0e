//! [`Pools`]: the connections to Redis, by the protocol they speak.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use deadpool_redis::{
    Connection, Manager, Pool, Runtime,
    redis::{
        self, AsyncConnectionConfig, Client, ConnectionAddr, ProtocolVersion, PushInfo,
        io::tcp::TcpSettings,
    },
};

use super::{error, tracking::Pushes};
use crate::{
    config::Config,
    error::{Error, ErrorKind},
};

/// A pool of connections over which the server pushes, and one for servers that do not speak that protocol.
#[derive(Clone)]
pub(super) struct Pools {
    newer: Pool,
    older: Pool,
    is_older: Arc<AtomicBool>,
    /// True if the address asks for the older protocol.
    is_older_asked_for: bool,
}

impl Pools {
    pub(super) fn new(config: &Config, address: &str, pushes: &Pushes) -> Result<Self, Error> {
        let info = connection_info(address)?;
        let is_older_asked_for = info.redis_settings().protocol() == ProtocolVersion::RESP2;
        let older = with_protocol(&info, ProtocolVersion::RESP2);
        let newer = with_protocol(&info, ProtocolVersion::RESP3);
        let pushes = pushes.clone();
        let with_pushes = connection_settings(config).set_push_sender(move |push: PushInfo| {
            pushes.told(&push);
            Ok::<_, Infallible>(())
        });
        Ok(Self {
            newer: build_pool(config, newer, with_pushes)?,
            older: build_pool(config, older, connection_settings(config))?,
            is_older: Arc::new(AtomicBool::new(is_older_asked_for)),
            is_older_asked_for,
        })
    }

    /// Returns `true` if connections speak the protocol in which the server pushes.
    pub(super) fn hears_pushes(&self) -> bool {
        !self.is_older.load(Ordering::Relaxed)
    }

    fn pool(&self) -> &Pool {
        if self.hears_pushes() {
            &self.newer
        } else {
            &self.older
        }
    }

    /// Takes a connection: one without pushes where the server does not speak that protocol.
    pub(super) async fn get(&self) -> Result<Connection, Error> {
        let is_newer = self.hears_pushes();
        let got = match self.pool().get().await {
            Err(error) if is_newer && error::is_protocol_refusal(&error) => {
                self.is_older.store(true, Ordering::Relaxed);
                self.pool().get().await
            }
            got => got,
        };
        got.map_err(|error| error::from_pool(&error))
    }

    /// Drops the idle connections, and forgets which protocol the server speaks: it may be another server.
    pub(super) fn drop_idle(&self) {
        for pool in [&self.newer, &self.older] {
            pool.retain(|_, _| false);
        }
        self.is_older
            .store(self.is_older_asked_for, Ordering::Relaxed);
    }
}

fn connection_info(address: &str) -> Result<redis::ConnectionInfo, Error> {
    if address.starts_with("rediss:") || address.starts_with("valkeys:") {
        return Err(Error::new(
            ErrorKind::Config,
            "the address of Redis asks for TLS, which is not supported yet: use `redis://`",
        ));
    }
    let client = Client::open(address).map_err(|_| bad_address())?;
    let info = client.get_connection_info().clone();
    let info = match info.addr() {
        ConnectionAddr::Tcp(..) => info.set_tcp_settings(TcpSettings::default().set_nodelay(true)),
        _ => info,
    };
    // RESP3 is the protocol in which a server pushes; the address may ask for the other one, for a proxy.
    if address
        .split_once('?')
        .is_some_and(|(_, query)| query.contains("protocol="))
    {
        return Ok(info);
    }
    Ok(with_protocol(&info, ProtocolVersion::RESP3))
}

fn with_protocol(info: &redis::ConnectionInfo, protocol: ProtocolVersion) -> redis::ConnectionInfo {
    let settings = info.redis_settings().clone().set_protocol(protocol);
    info.clone().set_redis_settings(settings)
}

fn connection_settings(config: &Config) -> AsyncConnectionConfig {
    AsyncConnectionConfig::new()
        .set_connection_timeout(Some(config.connect_timeout))
        // Every operation has one deadline around everything it does: a second timer inside
        // would only cost.
        .set_response_timeout(None)
}

fn build_pool(
    config: &Config,
    info: redis::ConnectionInfo,
    settings: AsyncConnectionConfig,
) -> Result<Pool, Error> {
    let manager = Manager::new_with_config(info, settings).map_err(|_| bad_address())?;
    Pool::builder(manager)
        .max_size(config.pool_size)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(config.connect_timeout))
        .create_timeout(Some(config.connect_timeout))
        .recycle_timeout(Some(config.connect_timeout))
        .build()
        .map_err(|_| {
            Error::new(
                ErrorKind::Config,
                "the pool of connections could not be built",
            )
        })
}

/// The error of an address that does not parse. It may hold a password, so the message does not repeat it, and there is
/// no source.
fn bad_address() -> Error {
    Error::new(
        ErrorKind::Config,
        "the address of Redis (`REDIS_URL`) does not parse: write \
         `redis://[user:password@]host[:port][/database]`, with `%` escapes in user and password",
    )
}
