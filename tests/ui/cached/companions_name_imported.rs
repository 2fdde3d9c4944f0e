use cached_core::cached;

mod entities {
    pub mod users {
        pub const COUNT: u64 = 1;
    }

    pub mod teams {
        pub const COUNT: u64 = 1;
    }
}

use entities::{teams::{self, COUNT}, users};

#[cached]
async fn users(id: u64) -> u64 {
    id + users::COUNT
}

#[cached]
async fn teams(id: u64) -> u64 {
    id + COUNT
}

fn main() {
    let _ = users(1);
    let _ = teams(teams::COUNT);
}
