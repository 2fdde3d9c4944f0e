use cached_core::cached;

struct Users;

#[cached]
impl Users {
    #[cached(ttl = )]
    async fn find(&self, id: u64) -> u64 {
        id
    }

    #[cached(ttl = "5m", skip(self))]
    async fn name(&self, id: u64) -> u64 {
        id.
    }

    async fn plain(&self, id: u64) -> u64 {
        id +
    }
}

async fn call(users: &Users) {
    let _ = users.find_peek(1).await;
    let _ = users.name_peek(1).await;
    let _ = users.plain(1).await;
}

fn main() {
    let _ = call;
}
