use cached_core::cached;

struct Users(u64);

impl Users {
    #[cached(stale_while_revalidate = "30s", prefix = "user:{self.0}")]
    async fn find(&self, id: u64) -> u64 {
        self.0 + id
    }

    #[cached(stale_while_revalidate = "30s", prefix = "user:{self.0}")]
    async fn add(&mut self, id: u64) -> u64 {
        self.0 + id
    }
}

fn main() {
    let _ = Users::find;
}
