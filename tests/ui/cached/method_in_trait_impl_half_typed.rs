use cached_core::cached;

trait Load {
    async fn load(&self, id: u64) -> u64;
}

struct Users;

impl Load for Users {
    #[cached]
    async fn load(&self, id: u64) -> u64 {
        id
    }
}

fn count(users: &Users) -> u64 {
    users.
}

fn main() {}
