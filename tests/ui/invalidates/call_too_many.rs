use cached_core::{cached, invalidates};

#[cached(prefix = "user:{id}")]
async fn profile(id: u64) -> u64 {
    id
}

#[invalidates(profile(id, name))]
async fn rename(id: u64, name: &str) -> u64 {
    id + u64::from(name.is_empty())
}

fn main() {
    let _ = rename;
}
