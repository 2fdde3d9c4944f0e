use cached_core::cached;

trait Load {
    async fn load(id: u64) -> u64;
}

struct Users;

impl Load for Users {
    #[cached(ttl = "5m")]
    async fn load(id: u64) -> u64 {
        id
    }
}

fn main() {}
