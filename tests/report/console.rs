//! The console on the page, held against the screen that the installed pygrub draws.

use crate::cli::pygrub::menu::{Pace, runs, screens, typed};
use crate::common::program::run;

/// The console of a page as text, what is in reverse video underlined.
fn console(page: &str) -> String {
    let (_, rest) = page.split_once("<pre class=\"console\"").expect("a console");
    let (_, rest) = rest.split_once('>').unwrap();
    let (console, _) = rest.split_once("</pre>").unwrap();
    let mut text = String::new();
    for line in console.lines() {
        for (piece, is_first) in
            line.split("<span class=\"selected\">").zip([true].into_iter().chain(std::iter::repeat(false)))
        {
            let (selected, after) = if is_first { ("", piece) } else { piece.split_once("</span>").unwrap() };
            selected.replace("&amp;", "&").chars().for_each(|c| text.extend([c, '\u{332}']));
            text.push_str(&after.replace("&amp;", "&"));
        }
        text.truncate(text.trim_end_matches(' ').len());
        text.push('\n');
    }
    text
}

#[test]
fn it_is_what_pygrub_draws() {
    let oracle = oracle_or_skip!();
    let numbered =
        |count: usize| (0..count).map(|n| format!("title Linux {n}\nkernel /k{}\n", n % 4)).collect::<String>();
    let cases = [
        typed("two", "timeout 50\ntitle Linux & one\nkernel /k0 a b\ninitrd /i0\n\ntitle two\n kernel /k1 x\n", &[]),
        typed("twenty", &format!("timeout 50\ndefault 9\n{}", numbered(20)), &[]),
        typed(
            "wide",
            "timeout 50\ntitle \u{96ea}\u{96ea} \u{3042}\nkernel /k0\ntitle e\u{301}x\ta\u{1}b\nkernel /k1\n",
            &[],
        ),
        typed("long", &format!("timeout 50\ntitle {}\nkernel /k0\ntitle b\nkernel /k1\n", "x".repeat(100)), &[]),
        typed("password", "timeout 50\npassword secret\ntitle a\nkernel /k0\n", &[]),
    ];
    let pace = Pace { first: 2.5, between: 0.5 };
    let answers = runs(&oracle, &cases.iter().collect::<Vec<_>>(), pace);
    for (case, [_, theirs]) in cases.iter().zip(&answers) {
        let release = format!("debian-4.{}", oracle.minor);
        let page = run(&["report", "--no-compare", "--release", &release, &case.image.argument()]).stdout;
        let theirs = screens(case, theirs).pop().expect("it waits for a key");
        // The clock has gone on meanwhile; the last line is the cursor.
        let without_clock = |text: &str| -> Vec<String> {
            let line = |line: &str| match line.contains("Will boot selected entry in") {
                true => line.trim().chars().filter(|c| !c.is_ascii_digit()).collect(),
                false => line.to_owned(),
            };
            text.lines().take(24).map(line).collect()
        };
        assert_eq!(without_clock(&console(&page)), without_clock(&theirs));
    }
}
