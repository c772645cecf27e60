use crate::config::{Dialect, Directive, Effect, Span};
use crate::lint::analysis::grub_menu::number;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Configuration, Diagnostic, Fix, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds assignments to `default` and `timeout` that GRUB makes and pygrub does not see: without `set`, after a `;`, or in an
    /// `if` that stands on one line. Those to `timeout` only where the menu is shown.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub looks at the first word of a line. Only `set` assigns; everything else it ignores to the end of the line, and goes by
    /// another assignment, or by none: then it boots the first entry.
    ///
    /// ## Example
    ///
    /// ```text
    /// default=1
    /// insmod ext2; set default=1
    /// if [ "$x" ]; then set default=1; fi
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// set default=1
    /// ```
    ///
    /// on a line of its own.
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 against grub-emu 2.06.
    "PG115" "assignment-not-seen" Warning, stops: Never, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration().filter(|configuration| configuration.dialect == Dialect::Grub2)
    else {
        return;
    };
    let shows_menu = context.run.options.shows_menu();
    let mut untried = configuration
        .config
        .directives
        .iter()
        .filter(|directive| matches!(directive.effect, Effect::Unknown | Effect::Ignored))
        .filter_map(|directive| Some((directive, variable(&configuration, directive)?)))
        .filter(|(_, variable)| *variable == "default" || shows_menu);
    for (directive, variable) in untried.by_ref().take(context.most(10)) {
        if seen_too(&configuration, directive, variable) {
            continue;
        }
        let bare = directive.command(configuration.text) == variable.as_bytes();
        let message = if bare {
            format!(
                "pygrub does not treat this as an assignment, since `set` is missing: it does not see this {variable}"
            )
        } else {
            format!("pygrub looks at the first word of this line alone: it does not see this {variable}")
        };
        let mut finding = Diagnostic::new(message)
            .at(directive.line, "not seen by pygrub")
            .help(format!("write `set {variable}=...` on a line of its own, without a condition"));
        if bare {
            // For GRUB it is the same.
            let at = Span { end: directive.line.start, length: 0, ..directive.line };
            finding = finding.fix(Fix::safe("write `set` in front of it").replace(at, "set "));
        }
        report.add(finding);
    }
}

/// Whether a line assigns `name`, and pygrub does not notice.
pub(in crate::lint) fn assigns_unseen(configuration: &Configuration<'_>, name: &str) -> bool {
    let directives = configuration.config.directives.iter();
    let mut unseen = directives.filter(|directive| matches!(directive.effect, Effect::Unknown | Effect::Ignored));
    unseen.any(|directive| variable(configuration, directive) == Some(name))
}

/// Which of the two variables the line assigns, where pygrub does not notice.
fn variable(configuration: &Configuration<'_>, directive: &Directive) -> Option<&'static str> {
    let line = configuration.at(directive.line);
    // In a comment or a text it is not a command.
    let plain = memchr::memchr2(b'#', b'\'', line).unwrap_or(line.len());
    ["default", "timeout"].into_iter().find(|name| {
        memchr::memmem::find_iter(line, name.as_bytes()).any(|at| {
            let before = line[..at].trim_ascii_end();
            let starts = before.len() < at || at == 0 || line[at - 1] == b';';
            let command = at == 0
                || before.ends_with(b";")
                || before.ends_with(b"then")
                || before.ends_with(b"else")
                || before.ends_with(b"do")
                || before.ends_with(b"set");
            starts && command && at <= plain && line.get(at + name.len()) == Some(&b'=')
        })
    })
}

/// Whether the last assignment that pygrub does see comes later, so that it wins for GRUB as well, or says the same.
fn seen_too(configuration: &Configuration<'_>, directive: &Directive, variable: &str) -> bool {
    let config = configuration.config;
    let seen = if variable == "default" { config.default_span } else { config.timeout_span };
    let line = configuration.at(directive.line);
    let value =
        memchr::memmem::find(line, variable.as_bytes()).map(|at| &line[at + variable.len() + 1..]).unwrap_or_default();
    let value = value.strip_prefix(b"\"").or(value.strip_prefix(b"'")).unwrap_or(value);
    match seen {
        Some(span) => span.start > directive.line.start || number(configuration.at(span)) == number(value),
        None => variable == "default" && number(value) == Some(0),
    }
}
