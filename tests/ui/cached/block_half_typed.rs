use cached_core::cached;

struct Users;

#[cached]
impl Users {
    #[cached(ttl = 5)]
    async fn load(id: u64) -> u64 {
        id
    }

    #[cached(ttl = 5, skip(self))]
    async fn find(&self, id: u64)
}

fn main() {}
