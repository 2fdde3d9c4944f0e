//! A write clears what it made stale, at once and everywhere, and nothing else.
//!
//! ```text
//! cargo run -p examples --bin invalidation
//! ```
//!
//! It needs no server (`REDIS_URL` is used if set, and then this goes for all processes) and prints
//!
//! ```text
//! load: the card of user 1
//! load: the card of user 2
//! load: the team `red`
//! user 1 is now called Ada
//! load: the card of user 1
//! load: the team `red`
//! Ada of red, Bob of red
//! user 3 was not saved: the name is empty
//! Ada of red, Bob of red
//! both were renamed, or none
//! load: the card of user 1
//! load: the card of user 2
//! load: the team `red`
//! Eve of red, Max of red
//! loads 8, hits 4, invalidations 2
//! ```

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use cached_core::{Cache, cached, invalidates};

/// The database: names of users, all of one team.
struct Database(Mutex<BTreeMap<u64, String>>);

impl Database {
    fn names(&self) -> BTreeMap<u64, String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn save(&self, id: u64, name: &str) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.insert(id, name.to_owned());
    }
}

#[cached(ttl = "1h", prefix = "user:{id}:card")]
async fn card(id: u64, #[cached(skip)] database: &Database) -> Option<String> {
    println!("load: the card of user {id}");
    let name = database.names().remove(&id)?;
    Some(format!("{name} of red"))
}

/// Lists the names in a team, which are of many users: the tag says so.
#[cached(ttl = "1h", prefix = "team:{team}:members", tags = ["team:{team}"])]
async fn members(team: &str, #[cached(skip)] database: &Database) -> Vec<String> {
    println!("load: the team `{team}`");
    let names = database.names();
    names
        .values()
        .map(|name| format!("{name} of {team}"))
        .collect()
}

/// Renames a user. If it returns `Ok`, everything of this user and of the team is loaded anew by whoever asks next. One
/// round trip.
#[invalidates("user:{id}:*", tags = ["team:red"])]
async fn rename(id: u64, name: &str, database: &Database) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("the name is empty");
    }
    database.save(id, name);
    Ok(())
}

async fn show(database: &Database) {
    for id in [1, 2] {
        card(id, database).await;
    }
    println!("{}", members("red", database).await.join(", "));
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cache = Cache::from_env()?;
    cache.install()?;
    // What an earlier run has left in a Redis.
    cache.purge("*").await?;
    let names = [(1, "Ann"), (2, "Bob")].map(|(id, name)| (id, name.to_owned()));
    let database = Database(Mutex::new(names.into()));

    for id in [1, 2] {
        card(id, &database).await;
    }
    members("red", &database).await;

    rename(1, "Ada", &database)
        .await
        .map_err(anyhow::Error::msg)?;
    println!("user 1 is now called Ada");
    show(&database).await;

    // It failed, so nothing was written, and nothing is forgotten.
    if let Err(error) = rename(3, "", &database).await {
        println!("user 3 was not saved: {error}");
    }
    show(&database).await;

    // Inside a transaction nothing may be forgotten before the end, or somebody would load what was there before it.
    let transaction = async {
        rename(1, "Eve", &database).await?;
        rename(2, "Max", &database).await
    };
    cache.after(transaction).await.map_err(anyhow::Error::msg)?;
    println!("both were renamed, or none");
    show(&database).await;

    let stats = cache.stats().total;
    println!(
        "loads {}, hits {}, invalidations {}",
        stats.loads, stats.hits, stats.invalidations
    );
    cache.shutdown().await;
    Ok(())
}
