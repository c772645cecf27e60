//! A text that keeps GRUB busy keeps one of them busy, not one for each environment.

use pregrub::boot::Verdict;
use pregrub::compare::{Environment, GrubInput, read_with_grub};
use pregrub::config::Dialect;

/// In how many environments something is known and unknown of `text`, with so many steps for one run, and the most steps of a run.
fn counts(text: &str, most_steps: u64) -> (usize, usize, u64) {
    let reading = GrubInput::Text { dialect: Dialect::Grub2, text: text.as_bytes() };
    let side = read_with_grub(reading, &Environment::all(), most_steps).unwrap();
    let of = |is_known: bool| {
        let rows = side.rows.iter().filter(|row| (row.pick.verdict == Verdict::Selects) == is_known);
        rows.map(|row| row.readers.len()).sum()
    };
    (of(true), of(false), side.rows.iter().map(|row| row.run.steps).max().unwrap_or_default())
}

#[test]
fn all_runs_share_a_limit() {
    let all = Environment::all().len();
    let menu = "menuentry 'A' {\n linux /a\n}\n";
    let (known, unknown, _) = counts(menu, 2000);
    assert_eq!((known, unknown), (all, 0));
    // One run takes most of what it may: a few are done, and of the others nothing is known.
    let busy = format!("{}{menu}", "true\n".repeat(300));
    let (known, unknown, steps) = counts(&busy, 2000);
    assert!(known >= 2 && known as u64 * steps <= 2000 && known + unknown == all, "{known} {unknown} {steps}");
    // More than one run may take.
    let (known, unknown, _) = counts("while true; do true; done\n", 2000);
    assert_eq!((known, unknown), (0, all));
}
