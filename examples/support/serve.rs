//! The run of a service, from its start to its end.

use std::time::Duration;

use anyhow::Context;
use axum::Router;
use cached_core::Cache;
use tokio::net::TcpListener;

use crate::settings;

/// The time that requests under way may take once the service was told to stop.
const PATIENCE: Duration = Duration::from_secs(10);

/// Serves `routes` at `LISTEN` until SIGTERM or ctrl-c; then answers what is under way, and hands Redis what is
/// still to be written.
///
/// Prints `listening on http://…` as soon as it can be asked.
///
/// # Errors
///
/// If the address is taken, or does not parse.
pub async fn serve(cache: &Cache, routes: Router) -> anyhow::Result<()> {
    let address = settings::or("LISTEN", "127.0.0.1:3000".to_owned())?;
    let listener = TcpListener::bind(&address)
        .await
        .with_context(|| format!("cannot listen at {address}: set LISTEN to another address"))?;
    println!("listening on http://{}", listener.local_addr()?);
    let serving = axum::serve(listener, routes).with_graceful_shutdown(told_to_stop());
    tokio::select! {
        ended = serving => ended?,
        () = out_of_patience() => tracing::warn!("some requests were not answered in time"),
    }
    cache.shutdown().await;
    println!("stopped");
    Ok(())
}

async fn out_of_patience() {
    told_to_stop().await;
    tokio::time::sleep(PATIENCE).await;
}

/// Ends at SIGTERM or ctrl-c. Where neither can be listened to, never: the process then ends without ceremony.
async fn told_to_stop() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}
