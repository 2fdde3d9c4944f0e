use cached_core::cached;

struct Repo;

#[cached(crate = "cached_core")]
impl Repo {
    #[cached]
    async fn find(id: u64) -> u64 {
        id
    }
}

fn main() {
    let _ = Repo::find_key(1);
}
