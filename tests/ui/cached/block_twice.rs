use cached_core::cached;

struct Repo;

#[cached]
impl Repo {
    #[cached(ttl = "5m")]
    #[cached(prefix = "user:{id}")]
    async fn find(id: u64) -> u64 {
        id
    }
}

fn main() {
    let _ = Repo::find(1);
}
