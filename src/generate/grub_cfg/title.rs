//! Titles of menu entries.

/// How long a title may be: more does not fit into a line of pygrub's window.
const LONGEST: usize = 70;

/// The text as it may stand between the double quotes of a `menuentry` line: printable ASCII without quotes, `$` and backslash,
/// which one of the two readers would take for something else. What is left out is shown by a `?`, since pygrub's menu on
/// some hosts, and GRUB's on a serial line, draws nothing else for certain.
pub(super) fn title(text: &str) -> String {
    let mut title = String::new();
    for word in text.split_whitespace() {
        if !title.is_empty() {
            title.push(' ');
        }
        title.extend(word.chars().map(|c| match c {
            '"' | '\'' | '$' | '\\' | '`' => '?',
            ' '..='~' => c,
            _ => '?',
        }));
    }
    if title.len() > LONGEST {
        title.truncate(LONGEST - 3);
        title.truncate(title.trim_end().len());
        title.push_str("...");
    }
    title
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_both_readers_show() {
        assert_eq!(title("Default: NixOS 24.05 (Linux 6.6)"), "Default: NixOS 24.05 (Linux 6.6)");
        assert_eq!(title(" a\t\"b' \n$c\\d\u{1b}[2J é { # ;"), "a ?b? ?c?d?[2J ? { # ;");
        let long = title(&"word ".repeat(40));
        assert!(long.len() == LONGEST && long.ends_with("word wo..."), "{long}");
    }
}
