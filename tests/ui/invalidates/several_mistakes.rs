use cached_core::invalidates;

#[invalidates("user:*:{ident}", tags = ["course:{course}"], colour = 5, on = "never")]
fn rename(id: u64) -> u64 {
    id
}

fn main() {
    let _ = rename;
}
