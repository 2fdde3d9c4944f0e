use cached_core::cached;

#[cached(stale_while_revalidate = "30s", skip(db))]
async fn profile(id: u64, db: &mut Vec<u64>) -> u64 {
    db.push(id);
    id
}

fn main() {
    let _ = profile;
}
