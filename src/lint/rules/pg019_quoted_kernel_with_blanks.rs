use crate::config::Cause;
use crate::lint::engine::rule::rule;
use crate::lint::rules::shared::exception;
use crate::lint::{Fix, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds kernels in extlinux.conf that are in quotes and have a blank inside of them before or behind the path, and no
    /// arguments.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub drops the quotes, sees a blank and wants arguments behind it. There are none, so that it raises `ValueError: not
    /// enough values to unpack (expected 2, got 1)` and gives up on the whole file.
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
    "PG019" "quoted-kernel-with-blanks" Error, stops: Always, releases: "all", check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    exception::each(context, report, &context.raised(&[Cause::QuotedKernel]), |finding, _, raised| {
        let Some(span) = raised.span else { return finding };
        match std::str::from_utf8(configuration.at(span)).map(str::trim) {
            Ok(path) if !path.is_empty() && !path.contains(char::is_whitespace) => {
                finding.fix(Fix::uncertain("leave the blanks out").replace(span, path))
            }
            _ => finding,
        }
    });
}
