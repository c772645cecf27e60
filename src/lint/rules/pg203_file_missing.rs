use super::explained;
use crate::config::{Cause, Entry, FilePath};
use crate::lint::rule::rule;
use crate::lint::{Answer, Finding, Reporter, Severity, Subject};

rule! {
    /// ## What it does
    ///
    /// Finds kernels and initrds that are not on the filesystem where the configuration was found.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub looks for both there and nowhere else, whatever device the configuration names. If the file of the selected entry
    /// is missing, nothing boots. An entry that is not selected today will fail on the day that it is needed.
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
    /// Measured with xen-utils-4.17.
    "PG203" "file-missing" Error, stops: Sometimes, releases: "all", check
}

fn check(subject: &Subject<'_>, report: &mut Reporter<'_>) {
    for raised in subject.raised(&[Cause::MissingFile]) {
        report.add(explained::finding(subject, raised));
    }
    let (Some(configuration), Some(files)) = (subject.configuration(), subject.files()) else { return };
    let selected = configuration.selected();
    for (_, entry) in configuration.entries().iter().enumerate().filter(|(index, _)| Some(*index) != selected) {
        for (what, file) in files_of(entry) {
            if let Answer::Missing(why) = files.look(file.path.as_bytes()) {
                let message = format!("the {what} `{}` of \"{}\" does not open: {why}", file.path, entry.title);
                report.add_as(Severity::Warning, Finding::new(message).at(file.span, "not there"));
            }
        }
    }
}

fn files_of(entry: &Entry) -> impl Iterator<Item = (&'static str, &FilePath)> {
    [("kernel", entry.kernel.as_ref()), ("initrd", entry.initrd.as_ref())]
        .into_iter()
        .filter_map(|(what, file)| Some((what, file?)))
}
