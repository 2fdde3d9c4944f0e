use cached_core::cached;

struct Db(u64);

#[cached(key = db)]
async fn profile(id: u64, db: &Db) -> u64 {
    id + db.0
}

fn main() {
    let _ = profile;
}
