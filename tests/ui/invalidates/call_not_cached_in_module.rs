use cached_core::invalidates;

mod users {
    pub async fn profile(id: u64) -> u64 {
        id
    }
}

#[invalidates(users::profile(id))]
async fn rename(id: u64) -> u64 {
    id
}

fn main() {
    let _ = rename;
}
