//! pregrub's own simulation of what is about to be handed out.

use std::io;
use std::path::Path;
use std::rc::Rc;

use super::boot_disk::{BootDisk, GRUB_CFG};
use super::error::GrubCfgError;
use super::text::TextEntry;
use crate::boot::{self, Run, Verdict};
use crate::explain::explain;
use crate::flavour::{Build, Flavour};
use crate::grub::disks::OneDisk;
use crate::grub::machine::Machine;
use crate::grub::{ConfigPlace, EntryAttempt, GrubSettings, Platform, Reading, Version};
use crate::storage::directory::{PlannedFiles, PlannedVolume};
use crate::storage::mount::MountedOnce;

/// The most of a grub.cfg that GRUB's interpreter reads.
const MOST: usize = 16 << 20;

/// Whether pygrub boots every entry with its kernel, its initrd and its arguments, and the first of them by default under every
/// release of Xen and every distributor's pygrub, once the boot disk has the files that are planned; and whether GRUB does.
///
/// grub.cfg is parsed once for each pygrub, and not for each entry: what this costs grows with the text and no faster.
///
/// # Errors
///
/// It does not, or it is not known whether it does, or `go_on`, which is asked between two runs, forbids it.
pub(super) fn judge(
    disk: &BootDisk,
    files: &PlannedFiles,
    entries: &[TextEntry],
    go_on: &dyn Fn() -> io::Result<()>,
) -> Result<(), GrubCfgError> {
    let prefix = Path::new(disk.prefix.trim_start_matches('/'));
    let volume = PlannedVolume { root: &disk.root, part: (prefix, &disk.directory), files };
    let volume = MountedOnce::new(volume);
    let unread = |error: io::Error| GrubCfgError::io("judge", disk.root.path(), &error);
    let run = |options: boot::Options| go_on().and_then(|()| boot::run_on(&volume, None, options)).map_err(unread);
    // The newest of upstream first: its words are the plainest.
    let (upstream, distributed): (Vec<Build>, Vec<Build>) =
        Build::all().into_iter().partition(|build| build.flavour == Flavour::Upstream);
    for build in upstream.into_iter().rev().chain(distributed.into_iter().rev()) {
        let Build { release, flavour } = build;
        let run = run(boot::Options { release, flavour, ..boot::Options::default() })?;
        if let Some(first) = entries.first() {
            expect(disk, &run, 0, first, &format!("pygrub of {build}"))?;
        }
    }
    let mut judged = run(boot::Options::default())?;
    for (index, entry) in entries.iter().enumerate() {
        judged = go_on().and_then(|()| boot::reselect(judged, &volume, index)).map_err(unread)?;
        expect(disk, &judged, index, entry, "pygrub")?;
    }
    by_grub(disk, &volume, entries, go_on)
}

/// Whether GRUB boots every entry by its number, with the same kernel, initrd and arguments, and the first of them by default.
///
/// # Errors
///
/// It does not. Where pregrub cannot tell, nothing is said against it.
fn by_grub(
    disk: &BootDisk,
    volume: &MountedOnce<'_>,
    entries: &[TextEntry],
    go_on: &dyn Fn() -> io::Result<()>,
) -> Result<(), GrubCfgError> {
    let path = disk.path(GRUB_CFG);
    let Ok(machine) = OneDisk::new(volume, Version::V2_06, Platform::Pc) else { return Ok(()) };
    let Ok(text) = machine.read(b"hd0", path.as_bytes(), MOST) else { return Ok(()) };
    let place = ConfigPlace { device: "hd0".to_owned(), path };
    let reading = Reading::new(Rc::new(machine), &place, &text, GrubSettings::default());
    if reading.unknown().is_some() {
        return Ok(());
    }
    let by_default = entries.first().map(|entry| (None, entry));
    let by_number = entries.iter().enumerate().map(|(index, entry)| (Some(index.to_string()), entry));
    for (number, entry) in by_default.into_iter().chain(by_number) {
        go_on().map_err(|error| GrubCfgError::io("judge", disk.root.path(), &error))?;
        let booted = reading.boot(number.as_deref().map(str::as_bytes));
        if !booted.unknown.is_empty() {
            continue;
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let attempt = booted.attempts.first();
        let kernel = attempt.and_then(EntryAttempt::kernel);
        let path = kernel.and_then(|command| command.args.first()).map(|path| text(path)).unwrap_or_default();
        // Whether the file is a kernel another judge says, who lets an older generation have a warning.
        let is_there = kernel.and_then(|kernel| kernel.files.first()).is_some_and(|file| file.exists != Some(false));
        let attempt = attempt.filter(|_| path == entry.kernel && is_there);
        let Some(attempt) = attempt else {
            let attempt = booted.attempts.first();
            let title = attempt.and_then(EntryAttempt::title).map(text).unwrap_or_default();
            return Err(GrubCfgError::new(format!(
                "GRUB would not boot the entry `{}` with its kernel, but `{title}` with `{path}`",
                entry.title
            )));
        };
        let args: Vec<String> =
            kernel.map(|kernel| kernel.args.iter().skip(1).map(|word| text(word)).collect()).unwrap_or_default();
        let initrds = attempt.beside_kernel().flat_map(|command| &command.files).map(|file| text(&file.path));
        if args.join(" ") != entry.args || attempt.works() && !initrds.eq(entry.initrd.clone()) {
            return Err(GrubCfgError::new(format!(
                "GRUB would boot the entry `{}` with another initrd or other arguments",
                entry.title
            )));
        }
    }
    Ok(())
}

fn expect(disk: &BootDisk, run: &Run, index: usize, entry: &TextEntry, who: &str) -> Result<(), GrubCfgError> {
    let title = entry.title;
    let found = run.deciding_attempt().and_then(|attempt| attempt.found.as_ref());
    if let Some(found) = found.filter(|found| found.path.to_string() != disk.path(GRUB_CFG)) {
        return Err(GrubCfgError::new(format!(
            "{who} reads `{}` of the boot disk and never comes to `{}`: move it out of the way",
            found.path,
            disk.path(GRUB_CFG)
        )));
    }
    let (Verdict::Boots, Some(chosen)) = (run.verdict, &run.chosen) else {
        let why = explain(run).map_or_else(|| "for an unknown reason".to_owned(), |explanation| explanation.reason);
        let verb = if run.verdict == Verdict::Unknown { "may not" } else { "would not" };
        return Err(GrubCfgError::new(format!("{who} {verb} boot the entry `{title}`: {why}")));
    };
    if chosen.entry != Some(index) || chosen.kernel.path.to_string() != entry.kernel {
        let kernel = &chosen.kernel.path;
        let instead = format!("would boot `{kernel}` instead of the entry `{title}`");
        return Err(GrubCfgError::new(format!("{who} {instead}")));
    }
    // Xen 4.0 has a space after the last argument.
    let args = chosen.args.as_ref().map(ToString::to_string).unwrap_or_default();
    let initrd = chosen.ramdisk.as_ref().map(|file| file.path.to_string());
    if initrd != entry.initrd || args.trim_end() != entry.args {
        return Err(GrubCfgError::new(format!(
            "{who} would boot the entry `{title}` with another initrd or other arguments"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::grub_cfg::boot_disk::Search;
    use crate::generate::grub_cfg::root::RootDirectory;
    use crate::storage::directory::PlannedFile;

    /// What the judges say of a grub.cfg that is to boot A with `/k a=$x`.
    fn judged(before: &str, args: &str) -> Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().canonicalize().unwrap();
        let disk = BootDisk::find(&RootDirectory::new(&place), &place, Some(""), &Search::Never).unwrap();
        let text = format!("{before}menuentry \"A\" {{\n  linux /k {args}\n}}\nmenuentry \"B\" {{\n  linux /b c\n}}\n");
        let file = |name: &str, text: &str| (name.into(), PlannedFile::Bytes(text.as_bytes().to_vec()));
        let files = PlannedFiles::from([file(GRUB_CFG, &text), file("k", "kernel"), file("b", "kernel")]);
        let entry = |title, kernel: &str, args| TextEntry { title, kernel: kernel.to_owned(), initrd: None, args };
        let entries = [entry("A", "/k", args), entry("B", "/b", "c")];
        judge(&disk, &files, &entries, &|| Ok(())).map_err(|error| error.to_string())
    }

    /// pygrub boots all of these alike. What GRUB boots: grub-emu 2.06.
    #[test]
    fn what_grub_boots_otherwise_is_refused() {
        assert_eq!(judged("set default=0\n", "a=x"), Ok(()));
        let error = judged("set default=0\n", "a=$x").unwrap_err();
        assert!(error.contains("GRUB would boot the entry `A` with another initrd or other arguments"), "{error}");
        let error = judged("set default=0\ndefault=1\n", "a=x").unwrap_err();
        assert!(error.contains("GRUB would not boot the entry `A` with its kernel, but `B` with `/b`"), "{error}");
    }
}
