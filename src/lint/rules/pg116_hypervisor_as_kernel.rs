use crate::config::{Dialect, Directive, Entry};
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Configuration, Diagnostic, LintContext, Reporter, Severity};

rule! {
    /// ## What it does
    ///
    /// Finds entries of menu.lst whose `kernel` is a hypervisor, or another program that loads `module`s: those of a Xen dom0.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub knows `module` and drops it. It hands over the file after `kernel`, and ends as if all were well; then the guest
    /// is started with a hypervisor for its kernel and without an initrd, which Xen refuses to load, or which ends at once.
    ///
    /// An entry that is not selected is a note: it does no harm until somebody chooses it.
    ///
    /// ## Example
    ///
    /// ```text
    /// title Xen 3.4 / Linux 2.6.32
    ///   root (hd0,0)
    ///   kernel /boot/xen.gz dom0_mem=512M
    ///   module /boot/vmlinuz-2.6.32-5-xen-amd64 root=/dev/xvda1 ro
    ///   module /boot/initrd.img-2.6.32-5-xen-amd64
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// title Linux 2.6.32
    ///   root (hd0,0)
    ///   kernel /boot/vmlinuz-2.6.32-5-xen-amd64 root=/dev/xvda1 ro
    ///   initrd /boot/initrd.img-2.6.32-5-xen-amd64
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17. In grub.cfg the command is `multiboot`, which is PG106; of extlinux's `append` with `---`
    /// pygrub takes the modules.
    "PG116" "hypervisor-as-kernel" Error or Note, stops: Never, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration().filter(|found| found.dialect == Dialect::Legacy) else { return };
    let selected = configuration.selected();
    if let Some(index) = selected
        && let Some(finding) = finding(&configuration, index)
    {
        report.add(finding);
    }
    // One finding for all others.
    let mut others = (0..configuration.entries().len()).filter(|index| Some(*index) != selected);
    let Some(mut first) = others.find_map(|index| finding(&configuration, index)) else { return };
    for index in others.filter(|index| modules(&configuration, &configuration.entries()[*index]).is_some()).take(10) {
        first = first.and(configuration.entries()[index].header, "this one as well");
    }
    report.add_as(Severity::Note, first);
}

/// The first `module` of an entry that has a kernel.
fn modules<'a>(configuration: &Configuration<'a>, entry: &'a Entry) -> Option<&'a Directive> {
    entry.kernel.as_ref()?;
    configuration.directives_of(entry, &["module", "modulenounzip"]).next()
}

fn finding(configuration: &Configuration<'_>, index: usize) -> Option<Diagnostic> {
    let entry = &configuration.entries()[index];
    let module = modules(configuration, entry)?;
    let kernel = entry.kernel.as_ref()?;
    let title = configuration.title(index);
    let selected = if configuration.selected() == Some(index) { "the selected entry" } else { "the entry" };
    let finding = Diagnostic::new(format!(
        "the kernel of {selected} {title} loads modules, which pygrub drops: the guest would start with `{}` alone",
        configuration.shown(kernel.span)
    ));
    let finding = finding.at(module.line, "dropped").and(kernel.span, "handed over as the kernel").help(
        "this system boots a hypervisor, which a guest does not need: let the default be an entry with the kernel after \
         `kernel` and the initrd after `initrd`, or write this one so",
    );
    Some(finding)
}
