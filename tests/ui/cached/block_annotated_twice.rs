use cached_core::cached;

struct Users;

#[cached]
#[cached]
impl Users {
    #[cached(ttl = 5)]
    async fn load(id: u64) -> u64 {
        id
    }
}

fn main() {}
