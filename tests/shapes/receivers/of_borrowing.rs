//! A method of a type that borrows.

use cached_core::{cached, invalidates};

use crate::{Runs, check, check_invalidates, check_miss};

struct Session<'a> {
    user: &'a str,
}

impl<'a> Session<'a> {
    #[cached(prefix = "session:{self.user}:{page}")]
    async fn page(&self, page: &'a str) -> String {
        Runs::add();
        format!("{}/{page}", self.user)
    }

    #[invalidates(self.page(page))]
    async fn change(&'a self, page: &'a str) -> &'a str {
        self.user
    }
}

#[tokio::test]
async fn equal_calls_hit() {
    let session = Session { user: "ada" };
    check(|| session.page("a")).await;
}

#[tokio::test]
async fn other_calls_miss() {
    let (ada, eve) = (Session { user: "ada" }, Session { user: "eve" });
    check_miss(|| ada.page("a"), || ada.page("b")).await;
    check_miss(|| ada.page("a"), || eve.page("a")).await;
}

#[tokio::test]
async fn writes_invalidate() {
    let session = Session { user: "ada" };
    check_invalidates(|| session.page("a"), session.change("a")).await;
}
