use cached_core::invalidates;

#[invalidates("user:{ret.id}")]
async fn rename(id: u64) {
    let _ = id;
}

fn main() {
    let _ = rename;
}
