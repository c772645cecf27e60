//! How a name is written in Markdown.

/// `text` as code, exactly as it is: between more backticks than stand together in it.
pub(crate) fn code_span(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    // A space on each side is taken away again.
    let blank = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}

#[cfg(test)]
mod tests {
    use super::code_span;

    /// By the rules of CommonMark, section 6.1.
    #[test]
    fn backticks() {
        assert_eq!(code_span("web"), "`web`");
        assert_eq!(code_span("a`b"), "``a`b``");
        assert_eq!(code_span("`a``b"), "``` `a``b ```");
        assert_eq!(code_span("it's"), "`it's`");
    }
}
