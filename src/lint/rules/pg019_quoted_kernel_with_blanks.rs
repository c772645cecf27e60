use crate::config::Cause;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::exception;
use crate::lint::rules::{Fix, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds kernels in extlinux.conf that are in quotes and have a space inside of them before or after the path, and no
    /// arguments.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub drops the quotes, sees a space and expects arguments after it. There are none, so that it raises `ValueError: not
    /// enough values to unpack (expected 2, got 1)` and rejects the whole file.
    ///
    /// ## Example
    ///
    /// ```text
    /// kernel "/vmlinuz "
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// kernel /vmlinuz
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 (found by the differential fuzz of this project), and recorded for other releases.
    "PG019" "quoted-kernel-with-blanks" Error, stops: Always, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    exception::each(context, report, &context.raised(&[Cause::QuotedKernel]), |finding, _, raised| {
        let Some(span) = raised.span else { return finding };
        match std::str::from_utf8(configuration.at(span)).map(str::trim) {
            Ok(path) if !path.is_empty() && !path.contains(char::is_whitespace) => {
                finding.fix(Fix::uncertain("leave the spaces out").replace(span, path))
            }
            _ => finding,
        }
    });
}
