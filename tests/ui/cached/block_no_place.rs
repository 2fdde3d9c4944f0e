use cached_core::cached;

struct Repo;

trait Users {
    async fn find(id: u64) -> u64;
}

#[cached]
impl Users for &Repo {
    #[cached]
    async fn find(id: u64) -> u64 {
        id
    }
}

#[cached]
impl Users for (Repo, Repo) {
    #[cached]
    async fn find(id: u64) -> u64 {
        id
    }
}

#[cached]
impl Users for [Repo] {
    #[cached]
    async fn find(id: u64) -> u64 {
        id
    }
}

#[cached]
impl Users for [Repo; 2] {
    #[cached]
    async fn find(id: u64) -> u64 {
        id
    }
}

#[cached]
impl Users for *const Repo {
    #[cached]
    async fn find(id: u64) -> u64 {
        id
    }
}

#[cached]
impl Users for fn(Repo) {
    #[cached]
    async fn find(id: u64) -> u64 {
        id
    }
}

#[cached]
impl Users for u64 {
    #[cached]
    async fn find(id: u64) -> u64 {
        id
    }
}

fn main() {
    let _ = <u64 as Users>::find(1);
}
