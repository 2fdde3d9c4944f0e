use cached_core::{cached, invalidates};

#[cached(tll = 5)]
#[invalidates("user:{ident}")]
async fn rename(id: u64, #[cached(skip)] name: &str) -> u64 {
    id + u64::from(name.is_empty())
}

fn main() {
    let _ = rename;
}
