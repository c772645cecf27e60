use crate::config::Cause;
use crate::explain::Remedy;
use crate::lint::analysis::post_parse_errors;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::exception;
use crate::lint::rules::{Diagnostic, LintContext, Reporter, Severity};

rule! {
    /// ## What it does
    ///
    /// Finds what keeps pygrub from showing its menu: a title that does not fit into the window or has a NUL, a timeout with too
    /// many digits, no terminal.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub draws at most eight entries into a window of 74 columns with curses. A title of more than 145 characters in the
    /// last row, 219 in the row above and so on runs off the window; curses reports an error, pygrub raises `_curses.error:
    /// addwstr() returned ERR` and rejects the whole file. Without a terminal there is no menu at all. With `-q` pygrub draws
    /// nothing, and boots.
    ///
    /// Whether titles with characters outside ASCII fit depends on the C library and the locale of the host; then this is a
    /// warning.
    ///
    /// ## Example
    ///
    /// ```text
    /// bootloader = "pygrub"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// bootloader = "pygrub"
    /// bootloader_args = [ "-q" ]
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 on pseudo-terminals of 24 rows and 80 columns, as the toolstack makes them, and with curses
    /// itself.
    "PG016" "menu-cannot-be-drawn" Error or Warning, stops: Always, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let causes = [Cause::Drawing, Cause::Terminal, Cause::Interrupted];
    exception::each(context, report, &post_parse_errors::raised(context, &causes), |finding, _, _| finding);
    let menu = context.attempt().and_then(|attempt| attempt.menu.as_ref());
    if let Some(unknown) = menu.and_then(|menu| menu.unknown.as_ref()) {
        let help = Remedy::or_without_menu("shorten the title").to_string();
        let finding = Diagnostic::new(format!("the menu may not be drawn, and then nothing boots: {unknown}"));
        report.add_as(Severity::Warning, finding.in_configuration().help(help));
    }
}
