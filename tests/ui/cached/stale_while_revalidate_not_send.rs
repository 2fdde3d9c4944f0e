use cached_core::cached;
use std::rc::Rc;

#[cached(stale_while_revalidate = "30s", skip(db))]
async fn profile(id: u64, db: Rc<u64>) -> u64 {
    id + *db
}

fn main() {
    let _ = profile;
}
