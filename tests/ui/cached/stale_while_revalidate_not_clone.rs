use cached_core::cached;

struct Db(u64);

#[cached(stale_while_revalidate = "30s", skip(db))]
async fn profile(id: u64, db: &Db) -> u64 {
    id + db.0
}

fn main() {
    let _ = profile;
}
