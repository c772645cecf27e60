use crate::config::{Dialect, Directive, Effect, Span};
use crate::lint::analysis::conditionals::Blocks;
use crate::lint::analysis::configuration::shown;
use crate::lint::analysis::default_value::{DefaultValue, Meaning, assignments};
use crate::lint::analysis::grub_menu::{GrubMenu, number};
use crate::lint::analysis::set_default;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Configuration, Diagnostic, Fix, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds assignments to `default` and `timeout` that GRUB makes and pygrub does not see: without `set`, after a `;`, or in an
    /// `if` that stands on one line. Those to `timeout` only where the menu is shown. And finds a default that is another one for
    /// GRUB when it has read the file, since it is set in a function or a submenu, or `unset`.
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
    let mut told = false;
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
        told |= variable == "default";
    }
    if !told {
        other_default(&configuration, report);
    }
}

/// Where GRUB has another default at the end than the one that pygrub goes by: it is set in a function that is called, in a submenu
/// that is not open yet, or unset.
fn other_default(configuration: &Configuration<'_>, report: &mut Reporter<'_>) {
    let value = DefaultValue::of(configuration);
    let kept = |meaning: &Meaning| matches!(meaning, Meaning::Saved | Meaning::Next | Meaning::Variable);
    let mut all = assignments(configuration).filter_map(|directive| DefaultValue::read(configuration, directive));
    let blocks = Blocks::of(&configuration.config.directives, configuration.text);
    let conditional = value.as_ref().is_some_and(|value| blocks.around(value.span.line).is_some());
    if conditional
        || all.any(|value| kept(&value.meaning))
        || configuration.config.default_span.is_some() != value.is_some()
    {
        return;
    }
    if !may_differ(configuration) {
        return;
    }
    let Some(grub) = configuration.grub().filter(|grub| grub.is_known()) else { return };
    let theirs = grub.variable("default").unwrap_or_default();
    if value.as_ref().is_some_and(|value| value.refused || value.text == theirs) {
        return;
    }
    let (Some(selected), Some(other)) = (configuration.selected_by_default(), GrubMenu::new(configuration).boots())
    else {
        return;
    };
    if selected == other {
        return;
    }
    let theirs = match theirs {
        b"" => "GRUB has no default".to_owned(),
        theirs => format!("GRUB's is `{}`", shown(theirs)),
    };
    let message = format!(
        "pygrub goes by {}, and when the file has been read, {theirs}: pygrub boots entry {selected}, {}, and GRUB {}",
        if value.is_some() { "this default" } else { "no default" },
        configuration.title(selected),
        configuration.title(other)
    );
    let mut finding = match &value {
        Some(value) => Diagnostic::new(message).at(value.span, "the default for pygrub"),
        None => Diagnostic::new(message).in_configuration(),
    };
    if let Some(directive) = grub.default_line().and_then(|line| configuration.directive_in(line)) {
        finding = finding.and(directive.line, "what counts for GRUB");
    }
    finding = finding.and(configuration.entries()[other].title_span, "what GRUB boots");
    report.add(finding.help(format!(
        "set the default once, outside of functions, submenus and conditions: {}",
        set_default::help(configuration, other)
    )));
}

/// Whether a look at the text leaves it open that GRUB has another default: executing a large file takes its time.
fn may_differ(configuration: &Configuration<'_>) -> bool {
    let text = configuration.text;
    let first_submenu = configuration.config.submenus.first().map_or(u32::MAX, |submenu| submenu.header.line);
    let inside = assignments(configuration).any(|directive| directive.line.line > first_submenu);
    let assigned = memchr::memmem::find_iter(text, b"default=").count();
    inside
        || assigned > assignments(configuration).count()
        || memchr::memmem::find(text, b"unset").is_some()
        || memchr::memmem::find(text, b"_env").is_some()
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
