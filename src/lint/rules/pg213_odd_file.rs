use crate::boot::{FailureKind, Purpose};
use crate::explain::CauseKind;
use crate::explain::wording::{shown, word};
use crate::lint::analysis::named_file::{Lookup, all};
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Answer, Diagnostic, LintContext, Reporter, Severity};
use crate::storage::filesystem::{FileKind, Topic};

rule! {
    /// ## What it does
    ///
    /// Finds kernels and initrds that open and cannot be what they are named for: directories, empty files, device nodes,
    /// files whose data is damaged.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub copies whatever opens, and reports success. libext2fs opens a directory as a file and gives its raw blocks; a
    /// damaged FAT chain or a truncated image gives a short file or garbage. Xen or the guest's kernel fails later, with a
    /// message that names neither the disk nor the path.
    ///
    /// ## Example
    ///
    /// ```text
    /// linux /boot root=/dev/xvda1
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// linux /boot/vmlinuz root=/dev/xvda1
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 on ext4 (directories, empty files, FIFOs) and FAT (damaged chains).
    "PG213" "odd-file" Error or Warning, stops: Sometimes, releases: all(), check
}

/// How many files of entries that are not selected are reported.
const MOST: usize = 50;

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    damaged(context, report);
    let (Some(lookup), Some(files)) = (Lookup::new(context), context.files()) else {
        return of_options(context, report);
    };
    let mut others = 0;
    for named in all(lookup.configuration()).filter(|named| !named.path().is_empty()) {
        if lookup.opens(files, &named) == Some(false) {
            continue;
        }
        let Answer::There { size, kind } = files.look(named.path()) else { continue };
        let Some(odd) = Odd::of(size, kind) else { continue };
        others += usize::from(!named.selected);
        if named.selected || others <= MOST {
            let (what, path) = (named.what(), shown(&named.file.path));
            let message =
                format!("the {what} `{path}` of {} is {}: {}", named.of(), odd.told(), odd.consequence(named.purpose));
            let finding = Diagnostic::new(message).at(named.file.span, odd.told()).help(help(named.purpose));
            let finding =
                finding.stops_boot(named.selected && named.purpose == Purpose::Ramdisk && is_not_built(context));
            report.add_as(if named.selected { Severity::Error } else { Severity::Warning }, finding);
        }
    }
}

/// The files that --kernel and --ramdisk name.
fn of_options(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(chosen) = &context.run.chosen else { return };
    let files = [(Purpose::Kernel, Some(&chosen.kernel)), (Purpose::Ramdisk, chosen.ramdisk.as_ref())];
    for (purpose, file) in files {
        let Some((file, size)) = file.and_then(|file| Some((file, file.size?))) else { continue };
        let kind = if file.directory { FileKind::Directory } else { FileKind::Regular };
        if let Some(odd) = Odd::of(size, kind) {
            let (what, path) = (word(purpose), shown(&file.path));
            let message = format!("the {what} `{path}` is {}: {}", odd.told(), odd.consequence(purpose));
            let stops = purpose == Purpose::Ramdisk && is_not_built(context);
            report.add(Diagnostic::new(message).help(help(purpose)).stops_boot(stops));
        }
    }
}

/// Whether the run ends since xl does not open an empty initrd.
fn is_not_built(context: &LintContext<'_>) -> bool {
    let empty = context.run.chosen.as_ref().and_then(|chosen| chosen.ramdisk.as_ref()?.size) == Some(0);
    empty && context.run.failure.as_ref().is_some_and(|failure| matches!(failure.kind, FailureKind::NotBuilt { .. }))
}

/// What is copied and is not the file: pregrub's verdict is that this fails, though pygrub ends with success.
fn damaged(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(chosen) = &context.run.chosen else { return };
    // An image that ends too early is reported as such.
    if context.attempt().is_some_and(|attempt| attempt.notes.iter().any(|note| note.topic == Topic::Incomplete)) {
        return;
    }
    for file in [Some(&chosen.kernel), chosen.ramdisk.as_ref()].into_iter().flatten() {
        let Some((reason, way_out)) = crate::explain::of_damage(file) else { continue };
        let mut finding = Diagnostic::new(reason).stops_boot(true).help(way_out);
        finding.cause = context.explained(CauseKind::Damaged).map(|explanation| explanation.cause);
        if let Some(span) = file.span.filter(|_| context.configuration().is_some()) {
            finding = finding.at(span, "damaged");
        }
        report.add(finding);
    }
}

fn help(purpose: Purpose) -> String {
    format!("write the {} again, or name the right file", word(purpose))
}

/// What is odd about a file.
#[derive(Clone, Copy)]
enum Odd {
    Directory,
    Special,
    Empty,
}

impl Odd {
    fn of(size: u64, kind: FileKind) -> Option<Self> {
        match kind {
            FileKind::Directory => Some(Self::Directory),
            FileKind::Special => Some(Self::Special),
            FileKind::Regular => (size == 0).then_some(Self::Empty),
        }
    }

    fn told(self) -> &'static str {
        match self {
            Self::Directory => "a directory",
            Self::Special => "no regular file",
            Self::Empty => "an empty file",
        }
    }

    fn consequence(self, purpose: Purpose) -> String {
        let copied = match self {
            Self::Directory => "pygrub copies its raw blocks out",
            Self::Special | Self::Empty => "pygrub copies nothing out",
        };
        let end = match (purpose, self) {
            (Purpose::Kernel, _) => "Xen cannot start that",
            (_, Self::Directory) => "the kernel cannot unpack that",
            // Measured: `failed to open file '.../boot_ramdisk....': No such file or directory`.
            (_, Self::Special | Self::Empty) => "xl does not find the empty file and does not build the domain",
        };
        format!("{copied} and reports success, and {end}")
    }
}
