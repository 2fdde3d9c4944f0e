use cached_core::cached;

#[cached]
async unsafe fn profile(id: u64) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
