use crate::config::{Dialect, IfBlock, Writer};
use crate::explain::device_name::script_of;
use crate::explain::remedy::{MKCONFIG, Remedy};
use crate::flavour::IfBlocks;
use crate::lint::analysis::conditionals::ConditionalBlocks;
use crate::lint::analysis::grub_menu::GrubMenu;
use crate::lint::analysis::set_default;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Configuration, Diagnostic, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds menu entries inside an `if` or a loop, where they are selected or stand in front of the selected entry.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub knows no `if` and no loops. It takes all entries, each once, whatever the condition says: those of both branches, and
    /// those of a loop with their variables as they are written. It may boot one that GRUB would not show, and the numbers of all
    /// entries after it are not GRUB's.
    ///
    /// Where the condition is constant (`true`, `[ x = x ]`), the branch that GRUB always takes counts as if it stood alone.
    ///
    /// The pygrub of XenServer and XCP-ng leaves out everything from a line that begins with `if` to the next that begins with `fi`,
    /// and does not see such entries at all, nor kernels and defaults that are set there. Blocks in blocks end at the first `fi`.
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
    /// The wanted entry in front of all others, and the default 0; entries with a condition at the end of the file.
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 against grub-emu 2.06; XCP-ng's by corpus/conformance/flavours-config.jsonl.
    "PG112" "conditional-entries" Warning, stops: Never, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration().filter(|configuration| configuration.dialect == Dialect::Grub2)
    else {
        return;
    };
    if context.flavour().if_blocks() == IfBlocks::Skipped {
        return left_out(context, &configuration, report);
    }
    let Some(selected) = configuration.selected() else { return };
    // Nothing to boot is another finding.
    if configuration.entries().iter().all(|entry| entry.kernel.is_none()) {
        return;
    }
    let up_to_selected = &configuration.entries()[..=selected];
    let blocks = ConditionalBlocks::until(&configuration, up_to_selected[selected].header.end);
    let mut conditional =
        up_to_selected.iter().enumerate().filter(|(_, entry)| blocks.around(entry.header.start).is_some());
    let Some((index, first)) = conditional.next() else { return };
    let is_selected = blocks.around(up_to_selected[selected].header.start).is_some();
    let message = if is_selected {
        format!(
            "entry {selected}, {}, stands under a condition, which pygrub does not look at: it boots this entry, whether GRUB shows it or not",
            configuration.title(selected)
        )
    } else {
        format!(
            "{} stands under a condition, which pygrub does not look at: where GRUB leaves it out, the numbers of all entries after \
             it differ, and with them the default, {selected}",
            configuration.title(index)
        )
    };
    let span = if is_selected { up_to_selected[selected].title_span } else { first.title_span };
    let mut finding = Diagnostic::new(message).at(span, "always there for pygrub");
    for (_, entry) in conditional.filter(|(_, entry)| entry.title_span != span).take(10) {
        finding = finding.and(entry.title_span, "so is this");
    }
    finding = GrubMenu::new(&configuration).with_what_boots(finding, selected);
    let help: Remedy = if configuration.is_from_nixos() {
        Remedy::nixos(
            "let boot.loader.grub.extraEntries have no `if` and no loop, or stand after the entries of NixOS \
             (boot.loader.grub.extraEntriesBeforeNixOS = false),",
        )
    } else if configuration.writer() == Writer::Mkconfig
        && configuration.config.submenus.iter().all(|submenu| submenu.before >= selected)
    {
        let is_moved = |script: &&str| !script.starts_with("10_") && !script.starts_with("45_") && script.contains('_');
        let script = script_of(configuration.text, first.header).filter(is_moved);
        let rename = script.map_or_else(
            || "rename the script in /etc/grub.d that writes them, so that it comes after 10_linux".to_owned(),
            |script| {
                let name = script.split_once('_').map_or(script, |(_, name)| name);
                format!(
                    "let the script that writes them come after 10_linux: mv /etc/grub.d/{script} /etc/grub.d/45_{name} in the guest"
                )
            },
        );
        format!("{rename}; then {MKCONFIG}").into()
    } else {
        // Without the condition, a submenu or another default could still make a difference.
        let meant = GrubMenu::new(&configuration).boots().unwrap_or(selected);
        set_default::in_front(&configuration, meant).into()
    };
    report.add(finding.help(help));
}

/// What XCP-ng's pygrub does not see, since it stands in an `if` block: one finding for all blocks.
fn left_out(context: &LintContext<'_>, configuration: &Configuration<'_>, report: &mut Reporter<'_>) {
    let blocks = &configuration.config.if_blocks;
    let seen = |block: &IfBlock| block.first_entry.or(block.first_kernel).or(block.first_default);
    let mut blocks = blocks.iter().filter_map(|block| Some((block, seen(block)?)));
    let Some((block, span)) = blocks.next() else { return };
    let what = match (block.entries, block.first_kernel) {
        (0, Some(_)) => "the kernel that is named in it is not part of the entry".to_owned(),
        (0, None) => "the default that is set in it does not count".to_owned(),
        (1, _) => "the menu entry in it does not exist for pygrub".to_owned(),
        (count, _) => format!("the {count} menu entries and submenus in it do not exist for pygrub"),
    };
    let label = context.flavour().label();
    let to = match block.last_line {
        Some(line) => format!("to line {line}, the next that begins with `fi`"),
        None => "to the end of the file, since no line after it begins with `fi`".to_owned(),
    };
    let mut finding = Diagnostic::new(format!("{label}'s pygrub leaves out everything from this `if` {to}: {what}"))
        .at(block.header, "left out from here on")
        .and(span, "not seen by pygrub");
    for (other, _) in blocks.take(10) {
        finding = finding.and(other.header, "as from here");
    }
    report.add(finding.help("write what the guest needs to boot outside of `if` blocks"));
}
