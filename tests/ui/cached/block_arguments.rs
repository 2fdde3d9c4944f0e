use cached_core::cached;

struct Repo;

#[cached(ttl = "5m", prefix = "user:{id}", tll = 5, "5m")]
impl Repo {
    #[cached]
    async fn find(id: u64) -> u64 {
        id
    }
}

fn main() {
    let _ = Repo::find(1);
    let _ = Repo::find_key(1);
}
