use cached_core::invalidates;

#[invalidates("user:{id}")]
const fn rename(id: u64) -> u64 {
    id
}

fn main() {
    let _ = rename;
}
