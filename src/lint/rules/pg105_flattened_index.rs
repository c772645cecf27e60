use crate::config::Dialect;
use crate::explain::remedy::{NIXOS_REBUILD, Remedy};
use crate::lint::analysis::conditionals::ConditionalBlocks;
use crate::lint::analysis::default_value::{DefaultValue, Meaning, pygrub_number};
use crate::lint::analysis::grub_menu::GrubMenu;
use crate::lint::analysis::set_default;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, Fix, LintContext, Reporter, Severity};

rule! {
    /// ## What it does
    ///
    /// Finds a default number that means one entry to pygrub and another to GRUB, because there are submenus.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub puts all entries in one list, those in submenus among the others, and counts through it. GRUB counts a submenu as
    /// one item. What boots under Xen is not what boots elsewhere, and a number that was tried out with one of them misleads with
    /// the other.
    ///
    /// ## Example
    ///
    /// ```text
    /// set default=2
    /// menuentry "A" { ...
    /// submenu "older" {
    ///   menuentry "B" { ...
    ///   menuentry "C" { ...
    /// }
    /// ```
    ///
    /// pygrub boots C. For GRUB there are two items, and it boots A.
    ///
    /// ## Use instead
    ///
    /// A number in front of the first submenu, which is the same for both:
    ///
    /// ```text
    /// set default=0
    /// ```
    ///
    /// Where grub-mkconfig writes the file, `GRUB_DISABLE_SUBMENU=y` in /etc/default/grub makes all numbers the same for both. It is a
    /// note where the two entries have the same kernel, initrd and arguments.
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 against grub-emu 2.06. Releases before 4.1.3 know no submenus and reject the file.
    "PG105" "flattened-index" Warning or Note, stops: Never, releases: from(Submenu), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration().filter(|configuration| configuration.dialect == Dialect::Grub2)
    else {
        return;
    };
    let config = configuration.config;
    let Some(value) = DefaultValue::of(&configuration).filter(|_| !config.submenus.is_empty()) else { return };
    let Some(number) = pygrub_number(&configuration).and_then(|number| usize::try_from(number.to_i64()?).ok()) else {
        return;
    };
    // Where GRUB reads another number, the submenus are not to blame.
    if value.meaning != Meaning::Number(number as u64) || number >= config.entries.len() {
        return;
    }
    // Before the first submenu both count alike.
    if config.submenus.iter().all(|submenu| submenu.before > number) {
        return;
    }
    let menu = GrubMenu::new(&configuration);
    let choice = menu.choose(&value.text);
    // Where GRUB goes by another default, and where an entry before it may be left out, the submenus are not to blame.
    let blocks = ConditionalBlocks::until(&configuration, config.entries[number].header.end);
    let conditional = config.entries[..=number].iter().any(|entry| blocks.around(entry.header.start).is_some());
    if !menu.goes_by(&value.text) || conditional || menu.boots() != choice.entry {
        return;
    }
    let Some(other) = choice.entry.filter(|entry| *entry != number) else { return };
    let why =
        if choice.named { "counts a submenu as one item" } else { "counts a submenu as one item and has no such item" };
    let mut finding = Diagnostic::new(format!(
        "entry {number} is {} for pygrub, which counts the entries of submenus, and {} for GRUB, which {why}",
        configuration.title(number),
        configuration.title(other)
    ))
    .at(value.span, "one number, two entries")
    .and(config.entries[number].title_span, "what pygrub boots")
    .and(config.entries[other].title_span, "what GRUB boots");
    let both = set_default::is_same_for_both(&configuration, other);
    finding = if configuration.is_from_nixos() {
        finding.help(format!(
            "{}; to go back to an older generation, {NIXOS_REBUILD} --rollback, which makes it the first entry",
            Remedy::nixos("set boot.loader.grub.default = 0")
        ))
    } else {
        finding.help(format!(
            "if {} is meant, {}; if {} is meant, {}",
            configuration.title(other),
            set_default::way_out(&configuration, other),
            configuration.title(number),
            set_default::way_out(&configuration, number)
        ))
    };
    // Under a condition GRUB may go by an assignment before it, which would then say another number.
    let assigned = ConditionalBlocks::until(&configuration, value.span.end);
    if both && !configuration.is_from_nixos() && assigned.around(value.span.start).is_none() {
        finding = finding.fix(
            Fix::uncertain(format!("let pygrub boot what GRUB boots, entry {other}"))
                .replace(value.span, other.to_string()),
        );
    }
    let severity = if configuration.boots_alike(number, other) { Severity::Note } else { Severity::Warning };
    report.add_as(severity, finding);
}
