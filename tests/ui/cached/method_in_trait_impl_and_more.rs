use cached_core::cached;

trait Load {
    async fn load(&self) -> u64;
}

struct Users(u64);

impl Load for Users {
    #[cached(ttl = 5m, prefix = "users:{id}")]
    async fn load(&self) -> u64 {
        self.0
    }
}

fn main() {}
