//! [`Pools`]: where connections come from, and which protocol they speak.

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

/// A pool of connections that hear what the server tells by itself, and one for servers that cannot do that.
#[derive(Clone)]
pub(super) struct Pools {
    newer: Pool,
    older: Pool,
    is_older: Arc<AtomicBool>,
    /// Whether the address asks for the older protocol.
    is_asked_for: bool,
}

impl Pools {
    pub(super) fn new(config: &Config, address: &str, pushes: &Pushes) -> Result<Self, Error> {
        let info = connection_info(address)?;
        let is_asked_for = info.redis_settings().protocol() == ProtocolVersion::RESP2;
        let older = speaks(&info, ProtocolVersion::RESP2);
        let newer = speaks(&info, ProtocolVersion::RESP3);
        let pushes = pushes.clone();
        let hears = settings(config).set_push_sender(move |push: PushInfo| {
            pushes.told(&push);
            Ok::<_, Infallible>(())
        });
        Ok(Self {
            newer: pool(config, newer, hears)?,
            older: pool(config, older, settings(config))?,
            is_older: Arc::new(AtomicBool::new(is_asked_for)),
            is_asked_for,
        })
    }

    /// Whether connections hear what the server tells by itself.
    pub(super) fn hear(&self) -> bool {
        !self.is_older.load(Ordering::Relaxed)
    }

    fn pool(&self) -> &Pool {
        if self.hear() {
            &self.newer
        } else {
            &self.older
        }
    }

    /// A connection; one that hears nothing where the server does not speak that protocol.
    pub(super) async fn get(&self) -> Result<Connection, Error> {
        let hears = self.hear();
        let got = match self.pool().get().await {
            Err(error) if hears && error::is_of_protocol(&error) => {
                self.is_older.store(true, Ordering::Relaxed);
                self.pool().get().await
            }
            got => got,
        };
        got.map_err(|error| error::of_pool(&error))
    }

    /// Keeps none of the connections that nobody uses, and nothing of what was seen of the server: it may be another.
    pub(super) fn forget(&self) {
        for pool in [&self.newer, &self.older] {
            pool.retain(|_, _| false);
        }
        self.is_older.store(self.is_asked_for, Ordering::Relaxed);
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
    // The protocol in which a server tells things by itself; the address may ask for the other one, for a proxy.
    if address
        .split_once('?')
        .is_some_and(|(_, query)| query.contains("protocol="))
    {
        return Ok(info);
    }
    Ok(speaks(&info, ProtocolVersion::RESP3))
}

fn speaks(info: &redis::ConnectionInfo, protocol: ProtocolVersion) -> redis::ConnectionInfo {
    let settings = info.redis_settings().clone().set_protocol(protocol);
    info.clone().set_redis_settings(settings)
}

fn settings(config: &Config) -> AsyncConnectionConfig {
    AsyncConnectionConfig::new()
        .set_connection_timeout(Some(config.connect_timeout))
        // Every operation has one deadline around everything it does: a second clock inside
        // would only cost.
        .set_response_timeout(None)
}

fn pool(
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

/// The address may hold a password, so the message does not repeat it, and there is no source.
fn bad_address() -> Error {
    Error::new(
        ErrorKind::Config,
        "the address of Redis (`REDIS_URL`) does not parse: write \
         `redis://[user:password@]host[:port][/database]`, with `%` escapes in user and password",
    )
}
