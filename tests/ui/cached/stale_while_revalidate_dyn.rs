use cached_core::cached;

trait Db {
    fn get(&self) -> u64;
}

#[cached(stale_while_revalidate = "30s", skip(db))]
async fn profile(id: u64, db: &(dyn Db + Send + Sync)) -> u64 {
    id + db.get()
}

fn main() {
    let _ = profile;
}
