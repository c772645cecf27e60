use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds a domain whose pygrub shows its menu, since `bootloader_args` have neither `-q` nor `--entry`.
    ///
    /// ## Why is this bad?
    ///
    /// libxl puts the menu on the guest's console, where nobody is unless the domain is created with `xl create -c`: every start takes
    /// as many seconds longer as the guest's timeout says, and anyone who has the console may change what boots.
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
    /// Measured with xl and pygrub 4.17.7 (tests/toolstack).
    "PG507" "menu-nobody-sees" Note, stops: Never, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(domain) = context.domain() else { return };
    let Some(seconds) = context.run.chosen.as_ref().and_then(|chosen| chosen.seconds) else { return };
    let unit = if seconds == 1 { "second" } else { "seconds" };
    let finding = Diagnostic::new(format!(
        "pygrub shows its menu on the guest's console and waits {seconds} {unit} at every start"
    ))
    .in_domain(domain.bootloader.as_ref().map(|bootloader| bootloader.span), "with a menu")
    .help("add `bootloader_args = [ \"-q\" ]` if nobody is to choose there");
    report.add(finding);
}
