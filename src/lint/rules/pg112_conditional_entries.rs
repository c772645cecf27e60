use crate::config::Dialect;
use crate::lint::analysis::conditionals::Blocks;
use crate::lint::engine::rule::rule;
use crate::lint::{Finding, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds menu entries inside an `if` or a loop, where they are selected or stand in front of the selected entry.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub knows no `if` and no loops. It takes all entries, each once, whatever the condition says: those of both branches, and
    /// those of a loop with their variables as they are written. It may boot one that GRUB would not show, and the numbers of all
    /// entries behind are not GRUB's.
    ///
    /// ## Example
    ///
    /// ```text
    /// if [ "$grub_platform" = "efi" ]; then
    ///   menuentry "Memory test" { ...
    /// fi
    /// menuentry "Linux" { ...
    /// ```
    ///
    /// ## Use instead
    ///
    /// Entries without a condition, or those with one at the end of the file.
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 against grub-emu 2.06.
    "PG112" "conditional-entries" Warning, stops: Never, releases: "all", check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration().filter(|configuration| configuration.dialect == Dialect::Grub2)
    else {
        return;
    };
    let Some(selected) = configuration.selected() else { return };
    let blocks = Blocks::of(&configuration.config.directives, configuration.text);
    let up_to_selected = &configuration.entries()[..=selected];
    let mut conditional =
        up_to_selected.iter().enumerate().filter(|(_, entry)| blocks.around(entry.header.line).is_some());
    let Some((index, first)) = conditional.next() else { return };
    let is_selected = blocks.around(up_to_selected[selected].header.line).is_some();
    let message = if is_selected {
        format!(
            "entry {selected}, {}, stands under a condition, which pygrub does not look at: it boots this entry, whether GRUB shows it or not",
            configuration.title(selected)
        )
    } else {
        format!(
            "{} stands under a condition, which pygrub does not look at: where GRUB leaves it out, the numbers of all entries behind \
             it differ, and with them the default, {selected}",
            configuration.title(index)
        )
    };
    let span = if is_selected { up_to_selected[selected].title_span } else { first.title_span };
    let mut finding = Finding::new(message).at(span, "always there for pygrub");
    for (_, entry) in conditional.filter(|(_, entry)| entry.title_span != span).take(10) {
        finding = finding.and(entry.title_span, "so is this");
    }
    let help = if configuration.is_from_nixos() {
        "let boot.loader.grub.extraEntries have no `if` and no loop, or stand behind the entries of NixOS \
         (boot.loader.grub.extraEntriesBeforeNixOS = false), and run nixos-rebuild boot"
    } else {
        "take the entries out of the `if` or the loop, or move them to the end of the file"
    };
    report.add(finding.help(help));
}
