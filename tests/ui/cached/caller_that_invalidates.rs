use cached_core::{cached, invalidates};

mod users {
    use cached_core::cached;

    #[cached(prefix = "user:{")]
    pub(crate) async fn profile(id: u64) -> u64 {
        id
    }
}

#[cached]
fn roster() -> u64 {
    7
}

#[invalidates(users::profile(id), roster(..))]
async fn rename(id: u64) -> u64 {
    id
}

fn main() {
    let _ = rename;
}
