//! The compiler's message for every mistake. `TRYBUILD=overwrite cargo test -p tests --test ui` writes them anew.

#[test]
fn mistakes_are_explained() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/cached/*.rs");
    cases.compile_fail("ui/invalidates/*.rs");
    cases.compile_fail("ui/handlers/*.rs");
}
