use cached_core::cached;

struct Users;

#[cached("5m")]
impl Users {
    #[cached(ttl = "5m")]
    async fn load(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
