use cached_core::cached;

struct Service {
    id: u64,
    ttl: std::time::Duration,
}

impl Service {
    #[cached(skip(db))]
    async fn profile(&self, db: &str) -> u64 {
        self.id + db.len() as u64
    }
}

fn main() {}
