use crate::config::Span;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, Fix, LintContext, Reporter, Severity};

rule! {
    /// ## What it does
    ///
    /// Finds a configuration that begins with a byte order mark (the bytes EF BB BF), as editors of Windows write it.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub treats the mark as part of the first line, so that it does not know that line: a default there does not count,
    /// and a menu entry that begins there ends in a closing brace that closes nothing. GRUB loses the line as well.
    ///
    /// ## Example
    ///
    /// A first line `set default=1` after a byte order mark.
    ///
    /// ## Use instead
    ///
    /// The same file, saved as UTF-8 without a byte order mark: `sed -i '1s/^\xEF\xBB\xBF//' grub.cfg`
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 and grub-emu 2.06, and recorded for every release (corpus/conformance, enc-bom).
    "PG110" "byte-order-mark" Warning or Note, stops: Never, releases: all(), check
}

const MARK: &[u8] = b"\xef\xbb\xbf";

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    let Some(rest) = configuration.text.strip_prefix(MARK) else { return };
    let first = rest.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii();
    let span = Span { start: 0, end: 3, line: 1, column: 1, length: 1 };
    let without_effect = first.is_empty() || first.starts_with(b"#");
    let message = if without_effect {
        "the file begins with a byte order mark; its first line is a comment, so that nothing is lost yet".to_owned()
    } else {
        format!(
            "the file begins with a byte order mark, so that neither pygrub nor GRUB knows its first line, `{}`",
            crate::lint::analysis::configuration::shown(first)
        )
    };
    let description = "remove the byte order mark";
    let fix = if without_effect { Fix::safe(description) } else { Fix::uncertain(description) };
    let finding = Diagnostic::new(message)
        .at(span, "a byte order mark")
        .help("save the file as UTF-8 without a byte order mark")
        .fix(fix.replace(span, ""));
    report.add_as(if without_effect { Severity::Note } else { Severity::Warning }, finding);
}
