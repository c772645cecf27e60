use crate::config::{Cause, Dialect, Directive, Entry, Span};
use crate::explain::no_kernel::extlinux_keyword_help;
use crate::lint::analysis::extlinux_keywords::has_linux_keyword;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::exception;
use crate::lint::rules::{Configuration, Diagnostic, Fix, LintContext, Reporter, Severity};

rule! {
    /// ## What it does
    ///
    /// Finds entries of extlinux.conf that name their kernel by `LINUX` or their initrd by `INITRD`.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub knows `LABEL`, `KERNEL` and `APPEND` only, and takes the initrd from `initrd=` in `APPEND`. An entry with `LINUX` has
    /// no kernel for it: if it is selected, nothing boots. An entry with `KERNEL` and `INITRD` boots without its initrd, and the
    /// guest stops where it looks for its root. NixOS's `boot.loader.generic-extlinux-compatible` writes `LINUX` and `INITRD`.
    ///
    /// ## Example
    ///
    /// ```text
    /// LABEL linux
    ///   LINUX /vmlinuz
    ///   INITRD /initrd.img
    ///   APPEND root=/dev/xvda1 ro
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// LABEL linux
    ///   KERNEL /vmlinuz
    ///   APPEND initrd=/initrd.img root=/dev/xvda1 ro
    /// ```
    ///
    /// `APPEND` must come after `KERNEL`. In NixOS: `boot.loader.grub.enable = true` with
    /// `boot.loader.grub.device = "nodev"`, in place of `boot.loader.generic-extlinux-compatible.enable`.
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17. Releases up to 4.1.2 cannot store what `APPEND` says at all.
    "PG312" "extlinux-linux-keyword" Error or Warning, stops: Sometimes, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration().filter(|found| found.dialect == Dialect::Extlinux) else {
        return;
    };
    let selected = configuration.selected();
    let help = extlinux_keyword_help(configuration.writer(), configuration.text).to_string();
    for (index, entry) in configuration.entries().iter().enumerate() {
        if !has_linux_keyword(&configuration, entry) {
            continue;
        }
        let linux = configuration.directives_of(entry, &["linux"]).next();
        let initrd = configuration.directives_of(entry, &["initrd"]).last();
        let Some(first) = linux.or(initrd) else { continue };
        if entry.kernel.is_none() {
            let stops = selected == Some(index);
            let mut finding = match stops.then(|| context.raised(&[Cause::NoKernel]).pop()).flatten() {
                Some(raised) => exception::finding(context, raised),
                None => Diagnostic::new(format!(
                    "the entry \"{}\" has no kernel that pygrub sees",
                    crate::lint::rules::shown_text(entry.title.as_bytes())
                ))
                .stops_boot(stops),
            };
            finding = finding.at(keyword(&configuration, first), "pygrub does not know this keyword").help(&help);
            if let Some(initrd) = initrd.filter(|_| linux.is_some()) {
                finding = finding.and(keyword(&configuration, initrd), "nor this one");
            }
            if stops {
                finding = finding.and(entry.header, "this entry is selected");
            }
            finding.fix = fix(&configuration, entry);
            report.add_as(if stops { Severity::Error } else { Severity::Warning }, finding);
        } else if let Some(initrd) = initrd.filter(|_| entry.initrd.is_none()) {
            let finding = Diagnostic::new(format!(
                "the entry \"{}\" boots without its initrd",
                crate::lint::rules::shown_text(entry.title.as_bytes())
            ))
            .at(keyword(&configuration, initrd), "pygrub does not know this keyword")
            .help(&help);
            report.add_as(Severity::Warning, finding);
        }
    }
}

/// The keyword alone.
fn keyword(configuration: &Configuration<'_>, directive: &Directive) -> Span {
    let length = directive.command(configuration.text).len() as u32;
    Span { end: directive.line.start + length, length, ..directive.line }
}

/// `KERNEL` in place of `LINUX`, and the initrd into `APPEND`, where each stands once and `APPEND` comes after the kernel.
fn fix(configuration: &Configuration<'_>, entry: &Entry) -> Option<Fix> {
    let only = |commands: &'static [&'static str]| {
        let mut all = entry.directives.iter().filter(|directive| {
            let command = directive.command(configuration.text);
            commands.iter().any(|wanted| command.eq_ignore_ascii_case(wanted.as_bytes()))
        });
        (all.next(), all.next().is_some())
    };
    let ((Some(linux), false), (append, false), (initrd, false)) =
        (only(&["linux"]), only(&["append"]), only(&["initrd"]))
    else {
        return None;
    };
    let kernel = keyword(configuration, linux);
    let Some(initrd) = initrd else {
        // By these a file named by KERNEL is something else than Linux to SYSLINUX.
        let other = [".0", ".bin", ".bs", ".bss", ".c32", ".cbt", ".com", ".img"];
        let path = configuration.at(linux.argument).to_ascii_lowercase();
        let what = "name the kernel by KERNEL";
        let fix =
            if other.iter().any(|end| path.ends_with(end.as_bytes())) { Fix::uncertain(what) } else { Fix::safe(what) };
        return Some(fix.replace(kernel, "KERNEL"));
    };
    let path = std::str::from_utf8(configuration.at(initrd.argument)).ok()?;
    // A list of initrds is one name for pygrub.
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    let append = append.filter(|append| append.line.start > linux.line.start)?;
    if !path.starts_with('/') || !path.chars().all(plain) {
        return None;
    }
    let at = Span { end: append.argument.start, length: 0, ..append.argument };
    // The boot loaders that read this file besides pygrub differ in whether they look for `initrd=`.
    Some(
        Fix::uncertain("name the kernel by KERNEL and the initrd in APPEND")
            .replace(kernel, "KERNEL")
            .replace(at, format!("initrd={path} "))
            .replace(keyword(configuration, initrd), "# INITRD"),
    )
}
