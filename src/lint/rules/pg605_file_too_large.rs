use crate::boot::{Purpose, TooLarge};
use crate::explain::wording::{shown, word};
use crate::lint::analysis::named_file::{Lookup, all};
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Answer, Diagnostic, LintContext, Reporter, Severity};

rule! {
    /// ## What it does
    ///
    /// Finds kernels and initrds that are larger than the disk that they lie on, or than 1 GiB.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub copies a file to the host, into `/var/run`, which is memory. The length of a file is a number that the guest writes:
    /// with holes, or with blocks that are named again and again, a disk of 16 MiB holds a kernel of 8 TiB. The copy takes the
    /// host's memory, or its time, before anything looks at it. With `--runas` pygrub stops at 128 MiB. libxenguest loads no
    /// file of more than 1 GiB, so that such a guest does not start anyway.
    ///
    /// pregrub in pygrub's place copies none of them, in any release. PREGRUB_MAX_FILE_SIZE_MB moves its limit of 1 GiB, but not the
    /// one that the disk sets. A comment in the guest's own configuration does not suppress this rule.
    ///
    /// ## Example
    ///
    /// ```text
    /// linux /a-sparse-file-of-8-TiB
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// linux /vmlinuz
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 on sparse files; the limit is libxenguest's XC_DOM_DECOMPRESS_MAX.
    "PG605" "file-too-large" Error or Warning, stops: Sometimes, releases: all(), check
}

/// How many files of entries that are not selected are reported.
const MOST: usize = 50;

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(chosen) = &context.run.chosen else { return of_others(context, report) };
    for (purpose, file) in [(Purpose::Kernel, Some(&chosen.kernel)), (Purpose::Ramdisk, chosen.ramdisk.as_ref())] {
        let Some((file, too_large)) = file.and_then(|file| Some((file, file.too_large?))) else { continue };
        let message = format!("the {} `{}` {too_large}", word(purpose), shown(&file.path));
        let stops = too_large.bytes() > context.run.options.largest_copy;
        let mut finding = Diagnostic::new(message).stops_boot(stops).help(too_large.help());
        if let Some(span) = file.span.filter(|_| context.configuration().is_some()) {
            finding = finding.at(span, "too large");
        }
        report.add(finding);
    }
    of_others(context, report);
}

/// The files of entries that are not selected.
fn of_others(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let (Some(lookup), Some(files)) = (Lookup::new(context), context.files()) else { return };
    let disk = context.volumes().and_then(|volumes| volumes.disk()).map(|disk| disk.len());
    let most = context.run.options.largest_copy;
    let others = all(lookup.configuration()).filter(|named| !named.selected && !named.path().is_empty());
    let there = others.filter(|named| lookup.opens(files, named) != Some(false));
    let too_large = there.filter_map(|named| match files.look(named.path()) {
        Answer::There { size, .. } => Some((TooLarge::of(size, disk, most)?, named)),
        _ => None,
    });
    for (too_large, named) in too_large.take(context.most(MOST)) {
        let message = format!("the {} `{}` of {} {too_large}", named.what(), shown(&named.file.path), named.of());
        report.add_as(
            Severity::Warning,
            Diagnostic::new(message).at(named.file.span, "too large").help(too_large.help()),
        );
    }
}
