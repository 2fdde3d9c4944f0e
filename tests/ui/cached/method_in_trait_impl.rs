use cached_core::cached;

trait Load {
    async fn load(&self, id: u64) -> u64;
    async fn name(&self, id: u64) -> u64;
}

struct Users;

impl<const N: usize> Load for [Users; N]
where
    Users: Sized,
{
    #[cached(ttl = "5m")]
    async fn load(&self, id: u64) -> u64 {
        id
    }

    #[cached(ttl = "5m", companions = off)]
    async fn name(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
