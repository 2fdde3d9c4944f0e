use cached_core::cached;

struct Repo;

#[cached]
impl Repo {
    async fn find(id: u64) -> u64 {
        id
    }
}

fn main() {
    let _ = Repo::find(1);
}
