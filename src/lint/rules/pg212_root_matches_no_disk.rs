use crate::explain::remedy::Remedy;
use crate::lint::analysis::guest_disks::{self, DeviceName, GuestDisk};
use crate::lint::analysis::kernel_argument::last_value;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Configuration, Diagnostic, LintContext, Reporter, Severity, shown_text};
use crate::xl::domain::GuestKind;

rule! {
    /// ## What it does
    ///
    /// Looks whether the guest will have the root disk that `root=` names. Where the target is a domain's configuration: a disk that is
    /// not the domain's, a partition that is not on the disk, the whole disk where the domain has a partition of it only, a UUID, label
    /// or PARTUUID that none of its disks carries. Everywhere: names that no Xen guest has (`/dev/vda1`, `/dev/nvme0n1p1`), and a UUID
    /// that was never filled in.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub hands the kernel over, Xen starts it, and it waits for a disk that never comes, or ends with `VFS: Unable to mount root
    /// fs`. A paravirtualised Linux calls its disks `xvd`, whatever the host does: a `root=/dev/sda1` from the days as a
    /// real machine, or a `root=/dev/vda1` from those under KVM, leads nowhere.
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
    "PG212" "root-matches-no-disk" Error or Warning, stops: Never, releases: all(), check
}

/// How many entries that are not selected are reported.
const MOST: usize = 50;

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let domain = context.domain();
    if domain.is_some_and(|domain| domain.guest == GuestKind::Hvm) {
        return;
    }
    let access = context.disk_access();
    let disks = domain.map(|domain| guest_disks::of_domain(domain, &access));
    // Of a domain whose disks have names by number, nothing is said of names.
    let root = Root { domain: domain.is_some(), disks: disks.flatten() };
    if let Some(args) = context.run.chosen.as_ref().and_then(|chosen| chosen.args.as_ref()) {
        selected(context, &root, args.as_bytes(), report);
    }
    let Some(configuration) = context.configuration() else { return };
    let others =
        configuration.entries().iter().enumerate().filter(|(index, _)| configuration.selected() != Some(*index));
    for (_, entry) in others.take(MOST) {
        let Some(span) = entry.args_span else { continue };
        let args = configuration.at(span);
        let Some(range) = last_value(args, b"root=") else { continue };
        if let Some(why) = root.why_not(&args[range.clone()]) {
            let place = configuration.part(span, range);
            let title = shown_text(entry.title.as_bytes());
            let message =
                format!("the root disk `{}` of \"{title}\" is {}: {why}", configuration.shown(place), root.of_whom());
            report.add_as(
                Severity::Warning,
                Diagnostic::new(message).at(place, "no such disk").help(help(&configuration, &root)),
            );
        }
    }
}

/// The arguments that are handed over: those of the entry, and after them those of the domain's configuration.
fn selected(context: &LintContext<'_>, root: &Root<'_>, args: &[u8], report: &mut Reporter<'_>) {
    let Some(range) = last_value(args, b"root=") else { return };
    let Some(why) = root.why_not(&args[range.clone()]) else { return };
    let message = format!("the root disk `{}` is {}: {why}", shown_text(&args[range.clone()]), root.of_whom());
    let finding = Diagnostic::new(message);
    let given = context.domain().and_then(|domain| domain.cmdline.as_ref());
    let given = given.filter(|given| last_value(given.text.as_bytes(), b"root=").is_some());
    let in_entry = context.configuration().and_then(|configuration| {
        let span = configuration.entries().get(configuration.selected()?)?.args_span?;
        let range = last_value(configuration.at(span), b"root=")?;
        Some((configuration, configuration.part(span, range)))
    });
    report.add(match (given, in_entry) {
        (Some(given), _) => finding
            .in_domain(Some(given.span), "no such disk")
            .help("name one of the domain's disks, or add the disk to its list"),
        (None, Some((configuration, place))) => finding.at(place, "no such disk").help(help(&configuration, root)),
        (None, None) => finding,
    });
}

fn help(configuration: &Configuration<'_>, root: &Root<'_>) -> String {
    match (configuration.is_from_nixos(), root.domain) {
        (true, true) => {
            let name =
                Remedy::nixos("name one of the domain's disks in fileSystems.\"/\".device (or boot.kernelParams)");
            format!("{name}, or add the disk to the domain's list")
        }
        (true, false) => {
            let name = "name the disk as the guest sees it (/dev/xvda1, or by its UUID) in fileSystems.\"/\".device (or boot.kernelParams)";
            Remedy::nixos(name).into()
        }
        (false, true) => "name one of the domain's disks, or add the disk to its list".to_owned(),
        (false, false) => "name the disk as the guest sees it: /dev/xvda1, or by its UUID".to_owned(),
    }
}

/// What is known of the disks that the guest will have.
struct Root<'a> {
    /// Whether the target is a domain.
    domain: bool,
    /// The domain's disks.
    disks: Option<Vec<GuestDisk<'a>>>,
}

impl Root<'_> {
    /// What the disk is not: one of whose.
    fn of_whom(&self) -> &'static str {
        if self.domain { "none of the domain's" } else { "not one that a Xen guest has" }
    }

    /// Why the guest has no such root, as a clause; nothing where it has, or where that is unknown.
    fn why_not(&self, root: &[u8]) -> Option<String> {
        let text = std::str::from_utf8(root).ok()?;
        let by_id = [
            ("UUID=", Id::Uuid),
            ("/dev/disk/by-uuid/", Id::Uuid),
            ("LABEL=", Id::Label),
            ("/dev/disk/by-label/", Id::Label),
            ("PARTUUID=", Id::Partuuid),
            ("/dev/disk/by-partuuid/", Id::Partuuid),
        ];
        for (prefix, id) in by_id {
            if let Some(value) = text.strip_prefix(prefix) {
                return self.why_no_id(id, value.trim_matches('"'));
            }
        }
        let name = text.strip_prefix("/dev/")?;
        if let Some(whose) = foreign(name) {
            return Some(format!("{whose}, and a Xen guest calls its disks xvda, xvdb, ..."));
        }
        self.why_no_device(&DeviceName::parse(name)?)
    }

    fn why_no_device(&self, device: &DeviceName<'_>) -> Option<String> {
        let disks = self.disks.as_ref()?;
        let called = device.in_guest();
        let same: Vec<_> = disks.iter().filter(|disk| disk.name.letters == device.letters).collect();
        if same.is_empty() {
            return Some(match disks.as_slice() {
                [] => "it has none".to_owned(),
                _ => format!("it has {}", names(disks)),
            });
        }
        if device.kind != "xvd" {
            return Some(format!("a paravirtualised Linux calls it {called}"));
        }
        if same.iter().any(|disk| disk.name.partition == device.partition) {
            return None;
        }
        // A disk of this letter as a whole, whose partitions are the guest's to find.
        let Some(whole) = same.iter().find(|disk| disk.name.partition.is_none()) else {
            return Some(format!("it has {}", names(disks)));
        };
        let number = device.partition?;
        let content = whole.content.as_ref()?;
        let disk = whole.name.in_guest();
        match &content.partitions {
            None => Some(format!("{disk} has no partition table, and its filesystem is on {disk} itself")),
            Some(numbers) if numbers.contains(&number) => None,
            Some(numbers) if numbers.is_empty() => Some(format!("{disk} has no partitions")),
            Some(numbers) => {
                let numbers: Vec<String> = numbers.iter().take(8).map(|number| format!("{disk}{number}")).collect();
                Some(format!("{disk} has {}", numbers.join(", ")))
            }
        }
    }

    fn why_no_id(&self, id: Id, value: &str) -> Option<String> {
        if id != Id::Label && !value.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
            // systemd and initramfs-tools know /PARTNROFF= after a PARTUUID.
            let offset = id == Id::Partuuid && value.contains("/PARTNROFF=");
            return (!offset).then(|| "the UUID was never filled in".to_owned());
        }
        let mut has = Vec::new();
        for disk in self.disks.as_ref()? {
            let content = disk.content.as_ref()?;
            match id {
                Id::Uuid => has.extend(content.ids.as_ref()?.iter().map(|id| id.uuid.clone())),
                Id::Label => {
                    has.extend(content.ids.as_ref()?.iter().map(|id| String::from_utf8_lossy(&id.label).into_owned()));
                }
                Id::Partuuid => has.extend(content.partuuids.iter().cloned()),
            }
        }
        has.retain(|one| !one.is_empty());
        if has.iter().any(|one| one == value || id != Id::Label && one.eq_ignore_ascii_case(value)) {
            return None;
        }
        let what = match id {
            Id::Uuid => "UUIDs",
            Id::Label => "labels",
            Id::Partuuid => "PARTUUIDs",
        };
        Some(match has.as_slice() {
            [] => format!("its disks have no {what}"),
            has => {
                let has: Vec<String> = has.iter().take(4).map(|one| shown_text(one.as_bytes())).collect();
                format!("the {what} on its disks are {}", has.join(", "))
            }
        })
    }
}

/// By what a root is named that is not a device.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Id {
    Uuid,
    Label,
    Partuuid,
}

fn names(disks: &[GuestDisk<'_>]) -> String {
    disks.iter().map(|disk| disk.name.in_guest()).collect::<Vec<_>>().join(", ")
}

/// Whose disks have such names, as a clause; nothing where a Xen guest may have it.
fn foreign(name: &str) -> Option<&'static str> {
    let letter_and_number = |rest: &str| {
        let letters = rest.trim_end_matches(|c: char| c.is_ascii_digit());
        !letters.is_empty() && letters.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    if name.strip_prefix("vd").is_some_and(letter_and_number) {
        return Some("that is a virtio disk of KVM");
    }
    if name.strip_prefix("nvme").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        return Some("that is an NVMe disk of a real machine");
    }
    if name.strip_prefix("mmcblk").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        return Some("that is a memory card of a real machine");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_other_machines() {
        for name in ["vda", "vda1", "vdaa3", "nvme0n1", "nvme0n1p2", "mmcblk0p1"] {
            assert!(foreign(name).is_some(), "{name}");
        }
        for name in ["xvda1", "vg/root", "vd1", "mapper/vda", "sda1"] {
            assert_eq!(foreign(name), None, "{name}");
        }
    }

    #[test]
    fn placeholders() {
        let root = Root { domain: false, disks: None };
        for text in ["UUID=__ROOT_UUID__", "UUID=<uuid>", "PARTUUID=@ROOT@", "/dev/disk/by-uuid/XXXX"] {
            assert!(root.why_not(text.as_bytes()).is_some(), "{text}");
        }
        for text in [
            "UUID=6eb1a2f6-0000-4000-8000-000000000000",
            "UUID=1A2B-3C4D",
            "LABEL=__X__",
            "PARTUUID=1-1/PARTNROFF=1",
            "ZFS=a",
            "fstab",
        ] {
            assert_eq!(root.why_not(text.as_bytes()), None, "{text}");
        }
    }
}
