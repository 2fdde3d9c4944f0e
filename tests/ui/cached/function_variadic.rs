use cached_core::cached;

#[cached]
unsafe extern "C" fn profile(id: u64, _names: ...) -> u64 {
    id
}

fn main() {
    let _ = profile;
}
