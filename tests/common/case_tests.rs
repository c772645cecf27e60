//! A test for each case of a corpus, by its name: `cargo test reviewed::cases::arch`.

use std::collections::BTreeSet;

/// Makes a module with a test for each case of a group, which calls `$check` with the names of both.
macro_rules! case_tests {
    ($check:path, $group:ident: $($name:ident = $folder:literal),* $(,)?) => {
        #[allow(non_snake_case)]
        mod $group {
            $(
                #[test]
                fn $name() {
                    $check(stringify!($group), $folder);
                }
            )*
        }
    };
}

/// The cases of `groups` are those that have a line in `source`.
pub fn assert_complete(source: &str, cases: impl IntoIterator<Item = (String, String)>) {
    let mut group = "";
    let mut named = BTreeSet::new();
    for line in source.lines().map(str::trim) {
        if let Some((name, _)) =
            line.strip_prefix("case_tests! { super::super::is_as_reviewed, ").and_then(|rest| rest.split_once(':'))
        {
            group = name;
        }
        for (_, folder) in line.split(',').filter_map(|part| part.split_once(" = \"")) {
            named.insert((group.to_owned(), folder.split('"').next().unwrap_or_default().to_owned()));
        }
    }
    let there: BTreeSet<_> = cases.into_iter().collect();
    let missing: Vec<_> = there.difference(&named).collect();
    assert!(missing.is_empty(), "without a test of their names: {missing:?}");
}
