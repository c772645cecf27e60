use crate::config::Cause;
use crate::explain::closest_path::{Kinship, Relatives};
use crate::explain::named_kernel;
use crate::lint::analysis::named_file::{Lookup, NamedFile, OpenFailure, all};
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::exception;
use crate::lint::rules::shared::unopenable_path;
use crate::lint::rules::{Diagnostic, Fix, LintContext, Reporter, Severity};

rule! {
    /// ## What it does
    ///
    /// Finds kernels and initrds that are not on the filesystem where the configuration was found, and names the file that is
    /// probably meant: the same path with or without `/boot`, in other letters, from the directory of extlinux.conf; the file of
    /// another entry; or one of a like name in the directory (ext2, ext3, ext4 and mounted directories), of several versions the
    /// newest that comes near.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub looks for both there and nowhere else, whatever device the configuration names. If the file of the selected entry
    /// is missing, nothing boots. An entry that is not selected today will fail on the day that it is needed.
    ///
    /// Where the path itself is written in a way that pygrub does not read, another rule says so: PG201, PG202, PG204 to PG207,
    /// PG209.
    ///
    /// ## Example
    ///
    /// ```text
    /// linux /boot/vmlinuz
    /// ```
    ///
    /// on a filesystem that is mounted on /boot, so that the file is `/vmlinuz` there.
    ///
    /// ## Use instead
    ///
    /// ```text
    /// linux /vmlinuz
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 on ext4, FAT and ISO 9660, and by 1,000 random trees and configurations
    /// (tests/lint/files.rs).
    "PG203" "file-missing" Error or Warning, stops: Sometimes, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(lookup) = Lookup::new(context) else {
        // The file that --kernel or --ramdisk names; that of a domain is PG504's, which has its place.
        let of_domain = context.domain().is_some() && named_kernel::is_of_domain(context.run);
        if of_domain {
            return;
        }
        for raised in context.raised(&[Cause::MissingFile]) {
            report.add(exception::finding(context, raised));
        }
        return;
    };
    let mut others = unopenable_path::Others::of(context);
    // An empty path is PG214's.
    let plain = |named: &NamedFile<'_>| !named.path().is_empty() && lookup.issue(named).is_none();
    let relatives = Relatives::of_many(lookup.configuration().seen());
    for named in all(lookup.configuration()).filter(plain) {
        let Some(why) = others.why(&lookup, &named) else { continue };
        let finding = finding(&lookup, &relatives, &named, &why);
        if named.selected {
            report.add(finding);
        } else {
            report.add_as(Severity::Warning, finding);
        }
    }
    others.report(report);
    // Every failure must be reported: a file that no entry of the file names is one of an entry that was edited in the menu.
    for raised in context.raised(&[Cause::MissingFile]) {
        if !all(lookup.configuration()).any(|named| lookup.raised(&named).is_some()) {
            report.add(exception::finding(context, raised));
        }
    }
}

fn finding<'a>(lookup: &Lookup<'a>, relatives: &Relatives<'a>, named: &NamedFile<'_>, why: &OpenFailure) -> Diagnostic {
    let (finding, found) = unopenable_path::finding_among(lookup, relatives, named, why);
    let configuration = lookup.configuration();
    let Some(found) = found else { return finding };
    let start = configuration.at(named.file.span);
    let may_be_written = !matches!(found.kinship, Kinship::NamedBy(_) | Kinship::Neighbour | Kinship::OtherVersion);
    if may_be_written && start == named.path() {
        let fix = Fix::uncertain(format!("write `{}`", found.path));
        return finding.fix(fix.replace(named.file.span, found.path));
    }
    finding
}
