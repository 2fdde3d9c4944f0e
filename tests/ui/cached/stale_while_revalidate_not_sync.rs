use cached_core::cached;
use std::cell::Cell;

#[cached(stale_while_revalidate = "30s", skip(db))]
async fn profile(id: u64, db: &Cell<u64>) -> u64 {
    id + db.get()
}

fn main() {
    let _ = profile;
}
