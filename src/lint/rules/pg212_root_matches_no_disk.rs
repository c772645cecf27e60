use crate::lint::analysis::kernel_argument::last_value;
use crate::lint::engine::rule::rule;
use crate::lint::{Configuration, Finding, LintContext, Reporter, Severity, shown_text};
use crate::xl::domain::{Domain, Guest};

rule! {
    /// ## What it does
    ///
    /// Looks whether the disk that `root=` names is one of the domain's, where the target is a domain's configuration. It looks at
    /// plain device nodes: `/dev/xvdb`, `/dev/xvda2`, `/dev/sda1`; what a UUID or a label means only the guest knows.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub hands the kernel over, Xen starts it, and it waits for a disk that never comes, or ends with `VFS: Unable to mount root
    /// fs`. A paravirtualised Linux calls its disks `xvd`, whatever the host does: a `root=/dev/sda1` from the days as a
    /// real machine, or as an HVM guest with emulated disks, leads nowhere.
    ///
    /// ## Example
    ///
    /// ```text
    /// disk = [ "/dev/vg/boot,raw,xvda,rw" ]
    /// extra = "root=/dev/xvdb ro"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// disk = [ "/dev/vg/boot,raw,xvda,rw", "/dev/vg/root,raw,xvdb,rw" ]
    /// extra = "root=/dev/xvdb ro"
    /// ```
    ///
    /// ## Source
    ///
    /// Linux's xen-blkfront names disks so since 2.6.37, `hda` and `sda` of the domain's configuration too (`xen_translate_vdev`).
    "PG212" "root-matches-no-disk" Error, stops: Never, releases: "all", check
}

/// How many entries that are not selected are reported.
const MOST: usize = 50;

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(domain) = context.domain().filter(|domain| domain.guest != Guest::Hvm) else { return };
    if let Some(args) = context.run.chosen.as_ref().and_then(|chosen| chosen.args.as_ref()) {
        selected(context, domain, args.as_bytes(), report);
    }
    let Some(configuration) = context.configuration() else { return };
    let others =
        configuration.entries().iter().enumerate().filter(|(index, _)| configuration.selected() != Some(*index));
    for (_, entry) in others.take(MOST) {
        let Some(span) = entry.args_span else { continue };
        let args = configuration.at(span);
        let Some(range) = last_value(args, b"root=") else { continue };
        if let Some(why) = why_not(domain, &args[range.clone()]) {
            let place = configuration.part(span, range);
            let title = shown_text(entry.title.as_bytes());
            let message =
                format!("the root disk `{}` of \"{title}\" is none of the domain's: {why}", configuration.shown(place));
            report
                .add_as(Severity::Warning, Finding::new(message).at(place, "no such disk").help(help(&configuration)));
        }
    }
}

/// The arguments that are handed over: those of the entry, and behind them those of the domain's configuration.
fn selected(context: &LintContext<'_>, domain: &Domain, args: &[u8], report: &mut Reporter<'_>) {
    let Some(range) = last_value(args, b"root=") else { return };
    let Some(why) = why_not(domain, &args[range.clone()]) else { return };
    let message = format!("the root disk `{}` is none of the domain's: {why}", shown_text(&args[range.clone()]));
    let finding = Finding::new(message);
    let given = domain.cmdline.as_ref().filter(|given| last_value(given.text.as_bytes(), b"root=").is_some());
    let in_entry = context.configuration().and_then(|configuration| {
        let span = configuration.entries().get(configuration.selected()?)?.args_span?;
        let range = last_value(configuration.at(span), b"root=")?;
        Some((configuration, configuration.part(span, range)))
    });
    report.add(match (given, in_entry) {
        (Some(given), _) => finding
            .in_domain(Some(given.span), "no such disk")
            .help("name one of the domain's disks, or add the disk to its list"),
        (None, Some((configuration, place))) => finding.at(place, "no such disk").help(help(&configuration)),
        (None, None) => finding,
    });
}

fn help(configuration: &Configuration<'_>) -> &'static str {
    if configuration.is_from_nixos() {
        "name one of the domain's disks in fileSystems.\"/\".device (or boot.kernelParams) of the guest's NixOS configuration and run \
         nixos-rebuild boot, or add the disk to the domain's list"
    } else {
        "name one of the domain's disks, or add the disk to its list"
    }
}

/// Why the guest has no such device, as a clause; nothing where it has, or where that cannot be told.
fn why_not(domain: &Domain, device: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(device.strip_prefix(b"/dev/")?).ok()?;
    let (kind, letters) = parts(name)?;
    let mut has = Vec::new();
    for disk in &domain.disks {
        let vdev = disk.disk.vdev.as_ref()?.to_str()?;
        // By number, or in words that this does not know.
        let (_, its) = parts(vdev)?;
        if its == letters {
            if kind == "xvd" {
                return None;
            }
            return Some(format!("a paravirtualised Linux calls it xvd{letters}"));
        }
        has.push(format!("xvd{its}"));
    }
    Some(match has.as_slice() {
        [] => "it has none".to_owned(),
        _ => format!("it has {}", has.join(", ")),
    })
}

/// `xvdb2`: `xvd` and `b`.
fn parts(name: &str) -> Option<(&str, &str)> {
    let kind = ["xvd", "sd", "hd"].into_iter().find(|kind| name.starts_with(kind))?;
    let letters = name[kind.len()..].trim_end_matches(|c: char| c.is_ascii_digit());
    (!letters.is_empty() && letters.bytes().all(|byte| byte.is_ascii_lowercase())).then_some((kind, letters))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_disks() {
        assert_eq!(parts("xvdb2"), Some(("xvd", "b")));
        assert_eq!(parts("sdaa"), Some(("sd", "aa")));
        assert_eq!(parts("mapper/vg-root"), None);
        assert_eq!(parts("d3p1"), None);
    }
}
