use cached_core::cached;

struct Repo;

#[cached]
impl Repo {
    #[cached(ttl = "5m")]
    const PAGE: u64 = 10;

    #[cached]
    async fn find(id: u64) -> u64 {
        id
    }
}

fn main() {
    let _ = Repo::find_key(Repo::PAGE);
}
