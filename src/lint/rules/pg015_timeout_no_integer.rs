use crate::boot::menu;
use crate::explain::default_entry::plain_timeout;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::exception;
use crate::lint::rules::{Diagnostic, Fix, LintContext, Reporter, Severity};

rule! {
    /// ## What it does
    ///
    /// Finds a timeout that is not an integer: `set timeout=abc`, `set timeout=1.5`, `set timeout=${x}`, `set timeout=`.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub reads the timeout when it shows its menu, raises `ValueError: invalid literal for int()` and rejects
    /// the whole file. xl calls pygrub so that the menu is shown, unless `bootloader_args` has `-q`; with `-q`, and where xl restricts
    /// pygrub (`bootloader_restrict`), nobody looks at the timeout. Then this is a warning: the guest boots until somebody calls
    /// pygrub otherwise.
    ///
    /// ## Example
    ///
    /// ```text
    /// set timeout=${my_timeout}
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// set timeout=5
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 on a pseudo-terminal, and recorded for other releases (corpus/conformance, interactive).
    "PG015" "timeout-no-integer" Error or Warning, stops: Sometimes, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    let Err(raised) = menu::timeout(configuration.config, context.release()) else { return };
    let options = &context.run.options;
    let span = raised.span;
    let explained = exception::finding(context, raised);
    // GRUB waits for ever, or takes the digits in front.
    let fix = span.map(|span| Fix::uncertain("let the timeout be 5 seconds").replace(span, "5"));
    if options.shows_menu() {
        return report.add(Diagnostic { fix, ..explained });
    }
    let message = "the timeout is not an integer: pygrub fails as soon as it is called so that it shows its menu";
    let plain = plain_timeout(Some(configuration.dialect), configuration.writer());
    let help = format!("{plain}: xl shows the menu unless bootloader_args has `-q`");
    let mut finding = Diagnostic::new(message).in_configuration().help(help);
    if let Some(span) = span {
        finding = finding.at(span, "no integer");
    }
    report.add_as(Severity::Warning, Diagnostic { fix, ..finding });
}
