use cached_core::cached;

struct Id(u64);

macro_rules! id {
    ($name:ident) => {
        Id($name)
    };
}

#[cached(ttl = "5m")]
async fn profile(id!(id): Id) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
