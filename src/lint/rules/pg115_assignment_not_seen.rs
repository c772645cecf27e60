use crate::config::{Dialect, Directive, Effect, Span};
use crate::grub::words::words;
use crate::lint::analysis::conditionals::ConditionalBlocks;
use crate::lint::analysis::configuration::shown;
use crate::lint::analysis::default_value::{DefaultValue, Meaning, assignments};
use crate::lint::analysis::grub_menu::{GrubMenu, number};
use crate::lint::analysis::set_default;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Configuration, Diagnostic, Fix, LintContext, Reporter, Severity};

rule! {
    /// ## What it does
    ///
    /// Finds assignments to `default` and `timeout` that GRUB makes and pygrub does not see: without `set`, after a `;`, or in an
    /// `if` that stands on one line, or with quotes around the name. Those to `timeout` only where the menu is shown. And finds a default that is another one for
    /// GRUB when it has read the file, since it is set in a function or a submenu, or `unset`. And `default 1` and the like, which
    /// neither treats as an assignment.
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
    "PG115" "assignment-not-seen" Warning or Note, stops: Never, releases: all(), check
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
        .filter(|directive| matches!(directive.effect, Effect::Unknown | Effect::Ignored | Effect::Variable))
        .filter_map(|directive| Some((directive, Unseen::in_line(&configuration, directive)?)))
        .filter(|(_, unseen)| unseen.variable == "default" || shows_menu);
    let mut told = false;
    for (directive, unseen) in untried.by_ref().take(context.most(10)) {
        if unseen.is_seen_too(&configuration, directive) || unseen.is_undone(&configuration) {
            continue;
        }
        let variable = unseen.variable;
        let bare = directive.command(configuration.text) == variable.as_bytes();
        let message = if unseen.quoted {
            format!("pygrub does not remove quotes around a name: it does not see this {variable}")
        } else if bare {
            format!(
                "pygrub does not treat this as an assignment, since `set` is missing: it does not see this {variable}"
            )
        } else {
            format!("pygrub looks at the first word of this line alone: it does not see this {variable}")
        };
        let boots = unseen.boots(&configuration);
        let mut finding = Diagnostic::new(message).at(directive.line, "not seen by pygrub").help(match boots {
            Some(entry) => format!(
                "set it on a line of its own, without a condition: {}",
                set_default::help(&configuration, entry)
            ),
            None => format!("write `set {variable}=...` on a line of its own, without a condition"),
        });
        // Under a condition PG103 would find fault with it.
        if bare && unseen.is_the_same_number(&configuration) && !unseen.is_conditional(&configuration) {
            // For GRUB it is the same.
            let at = Span { end: directive.line.start, length: 0, ..directive.line };
            finding = finding.fix(Fix::safe("write `set` in front of it").replace(at, "set "));
        }
        let selected = configuration.selected_by_default();
        let is_alike = boots.zip(selected).is_some_and(|(boots, selected)| configuration.boots_alike(boots, selected));
        report.add_as(if is_alike { Severity::Note } else { Severity::Warning }, finding);
        told |= variable == "default";
    }
    if !told {
        told = of_neither(&configuration, report);
    }
    if !told {
        other_default(&configuration, report);
    }
}

/// `default 1`, as in GRUB Legacy, `default = 1`, `SET default=1`: neither treats it as an assignment. Whether there is one that matters.
fn of_neither(configuration: &Configuration<'_>, report: &mut Reporter<'_>) -> bool {
    let config = configuration.config;
    if config.default_span.is_some() {
        return false;
    }
    let mut unknown = config.directives.iter().rev().filter(|directive| directive.effect == Effect::Unknown);
    let named = unknown.find_map(|directive| Some((directive, meant(configuration.at(directive.line))?)));
    let Some((directive, meant)) = named else { return false };
    if configuration.selected_by_default() == Some(meant) || meant >= configuration.entries().len() {
        return false;
    }
    let what = if directive.command(configuration.text) == b"default" {
        "`default` is a command of GRUB Legacy"
    } else {
        "this is not an assignment"
    };
    let finding = Diagnostic::new(format!(
        "{what}: in grub.cfg neither pygrub nor GRUB 2 makes it the default, and both boot the first entry"
    ))
    .at(directive.line, "without effect")
    .and(configuration.entries()[meant].title_span, "what is meant")
    .help(set_default::help(configuration, meant));
    report.add(finding);
    true
}

/// The entry that such a line means.
fn meant(line: &[u8]) -> Option<usize> {
    let line = String::from_utf8_lossy(line).to_ascii_lowercase();
    let mut words = line.split([' ', '\t', '=']).filter(|word| !word.is_empty());
    let first = words.next()?;
    if matches!(first, "set" | "export") && words.next()? != "default" || !matches!(first, "set" | "export" | "default")
    {
        return None;
    }
    words.next()?.parse().ok().filter(|_| words.next().is_none())
}

/// Where GRUB has another default at the end than the one that pygrub goes by: it is set in a function that is called, in a submenu
/// that is not open yet, or unset.
fn other_default(configuration: &Configuration<'_>, report: &mut Reporter<'_>) {
    let value = DefaultValue::of(configuration);
    let kept = |meaning: &Meaning| matches!(meaning, Meaning::Saved | Meaning::Next | Meaning::Variable);
    let mut all = assignments(configuration).filter_map(|directive| DefaultValue::read(configuration, directive));
    let conditional = value.as_ref().is_some_and(|value| {
        ConditionalBlocks::until(configuration, value.span.end).around(value.span.start).is_some()
    });
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
    finding = finding.help(format!(
        "set the default once, outside of functions, submenus and conditions: {}",
        set_default::help(configuration, other)
    ));
    let severity = if configuration.boots_alike(selected, other) { Severity::Note } else { Severity::Warning };
    report.add_as(severity, finding);
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

/// The assignment to one of the two variables that GRUB makes in a line and pygrub does not notice.
struct Unseen {
    variable: &'static str,
    value: Vec<u8>,
    /// Where the command begins.
    start: u32,
    /// Whether it is the line's own `set`, with quotes in the name.
    quoted: bool,
}

impl Unseen {
    /// The one in this line, by GRUB's parser.
    fn in_line(configuration: &Configuration<'_>, directive: &Directive) -> Option<Self> {
        let line = configuration.at(directive.line);
        // Parsing takes its time.
        let has = |name: &str| memchr::memmem::find(line, name.as_bytes()).is_some();
        if !has("default") && !has("timeout") || !has("=") {
            return None;
        }
        if directive.command(configuration.text) == b"eval" {
            return Some(Self { start: directive.line.start, ..Self::of(line)? });
        }
        let outline = configuration.outline(directive.line.end);
        let first = outline.assignments.partition_point(|start| *start < directive.line.start);
        let within = outline.assignments[first..].iter().take_while(|start| **start < directive.line.end);
        within.into_iter().find_map(|start| {
            let unseen = Self::of(&configuration.text[*start as usize..])?;
            let quoted = *start == directive.line.start && directive.command(configuration.text) == b"set";
            Some(Self { start: *start, quoted, ..unseen })
        })
    }

    /// The one that a command makes.
    fn of(command: &[u8]) -> Option<Self> {
        let words = words(command);
        // `eval set default=1` makes a command of its words.
        if words.first()?.literal().is_some_and(|word| word == b"eval") {
            let rest: Vec<Vec<u8>> = words.iter().skip(1).map(|word| word.as_written()).collect();
            return Self::of(&rest.join(&b' '));
        }
        let is_set = words.first()?.literal().is_some_and(|word| word == b"set");
        let word = words.get(usize::from(is_set))?.as_written();
        ["default", "timeout"].into_iter().find_map(|variable| {
            let value = word.strip_prefix(variable.as_bytes())?.strip_prefix(b"=")?.to_vec();
            Some(Self { variable, value, start: 0, quoted: false })
        })
    }

    /// Whether it stands in an `if` or a loop, so that GRUB makes it now and then.
    fn is_conditional(&self, configuration: &Configuration<'_>) -> bool {
        ConditionalBlocks::until(configuration, self.start.saturating_add(1)).around(self.start).is_some()
    }

    /// Whether GRUB has another default when the file has been read: it is set in a submenu, or again, or `unset`. The rest of the rule
    /// looks at that.
    fn is_undone(&self, configuration: &Configuration<'_>) -> bool {
        let is_known = configuration.grub().is_some_and(|grub| grub.is_known());
        self.variable == "default"
            && is_known
            && !self.is_conditional(configuration)
            && !GrubMenu::new(configuration).goes_by(&self.value)
    }

    /// The entry that GRUB boots by it. `None` for a timeout, and where it depends on a condition.
    fn boots(&self, configuration: &Configuration<'_>) -> Option<usize> {
        let is_default = self.variable == "default" && !self.is_conditional(configuration);
        GrubMenu::new(configuration).boots().filter(|_| is_default)
    }

    /// Whether pygrub and GRUB read the same number, of the same entry.
    fn is_the_same_number(&self, configuration: &Configuration<'_>) -> bool {
        let digits =
            std::str::from_utf8(&self.value).ok().filter(|value| value.bytes().all(|byte| byte.is_ascii_digit()));
        let Some(value) = digits.and_then(|digits| digits.parse::<usize>().ok()) else { return false };
        let is_known = configuration.grub().is_some_and(|grub| grub.is_known());
        self.variable == "timeout" || !is_known || set_default::is_same_for_both(configuration, value)
    }

    /// Whether the last assignment that pygrub does see comes later, so that it wins for GRUB as well, or says the same.
    fn is_seen_too(&self, configuration: &Configuration<'_>, directive: &Directive) -> bool {
        let config = configuration.config;
        let seen = if self.variable == "default" { config.default_span } else { config.timeout_span };
        match seen {
            Some(span) => span.start > directive.line.start || number(configuration.at(span)) == number(&self.value),
            None => self.variable == "default" && number(&self.value) == Some(0),
        }
    }
}
