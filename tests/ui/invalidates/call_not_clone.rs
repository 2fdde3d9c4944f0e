use cached_core::{cached, invalidates};

#[cached()]
async fn profile(id: Db) -> u64 {
    id.0
}

#[derive(serde::Serialize)]
struct Db(u64);

#[invalidates(profile(db))]
async fn rename(db: Db) -> u64 {
    db.0
}

fn main() {
    let _ = rename;
}
