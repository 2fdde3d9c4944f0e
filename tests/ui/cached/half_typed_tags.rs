use cached_core::cached;

#[cached(tags = ["user:{id}", "a" +])]
async fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
    let _ = profile::key(1);
}
