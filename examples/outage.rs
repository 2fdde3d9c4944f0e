//! Redis is away, and nobody is paged: three ways to live with it.
//!
//! ```text
//! cargo run -p examples --bin outage
//! ```
//!
//! It needs no server: that nobody answers is the point. It prints
//!
//! ```text
//! nobody answers, and nobody notices
//! load: the price of 1
//! load: the price of 2
//! load: the price of 3
//! load: the price of 4
//! load: the price of 5
//! now Redis is not asked any more: degraded
//! load: the price of 7
//! a price of 700, and again 700
//! the price of 7 has changed: Postponed
//! load: the price of 7
//! origin: every call runs its body
//! load: the price of 7
//! load: the price of 7
//! a balance must not be served from anywhere else
//! error: nothing listens at the address of Redis: start the server, or check `REDIS_URL`
//! ```

use std::net::TcpListener;

use cached_core::{Cache, Error, Outage, cached, invalidates};

#[cached(ttl = "1h", prefix = "item:{item}:price")]
async fn price(item: u64) -> u64 {
    println!("load: the price of {item}");
    item * 100
}

#[invalidates("item:{item}:*")]
async fn change_price(item: u64) {}

/// A function that requires Redis: its absence is this function's error.
#[cached(ttl = "1m", prefix = "account:{id}:balance", on_outage = "fail")]
async fn balance(id: u64) -> Result<i64, Error> {
    println!("load: the balance of {id}");
    Ok(7)
}

/// A port at which nobody listens.
fn nowhere() -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    Ok(format!("redis://{}", listener.local_addr()?))
}

fn cache(outage: Outage) -> anyhow::Result<Cache> {
    let builder = Cache::builder().redis_url(nowhere()?).outage(outage);
    Ok(builder.build()?)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    println!("nobody answers, and nobody notices");
    let cache_in_memory = cache(Outage::Memory)?;
    cache_in_memory
        .scope(async {
            // A few failures in a row: each call tries, and runs its body.
            for item in 1..=5 {
                price(item).await;
            }
            let health = Cache::current().health().await;
            println!("now Redis is not asked any more: {}", health.status);
            // What this process loads itself, it keeps for half a minute.
            println!(
                "a price of {}, and again {}",
                price(7).await,
                price(7).await
            );
            change_price(7).await;
            let invalidated = Cache::current().invalidate("item:7:*").await?;
            println!("the price of 7 has changed: {invalidated:?}");
            price(7).await;
            anyhow::Ok(())
        })
        .await?;

    println!("origin: every call runs its body");
    let origin = cache(Outage::Origin)?;
    origin
        .scope(async {
            price(7).await;
            price(7).await;
        })
        .await;

    println!("a balance must not be served from anywhere else");
    if let Err(error) = origin.scope(balance(1)).await {
        println!("error: {error}");
    }
    Ok(())
}
