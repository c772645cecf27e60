//! What would be installed, without touching anything.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use super::boot_disk::{BootDisk, GRUB_CFG};
use super::domain_builder;
use super::error::GrubCfgError;
use super::files::{KERNELS, SourceFile, SourceFiles};
use super::judge::judge;
use super::menu::{PlannedEntry, PlannedMenu};
use super::options::PlanOptions;
use super::profiles::generations;
use super::text::{TextEntry, text};
use crate::storage::directory::{PlannedFile, PlannedFiles};

/// What would be installed.
#[derive(Clone, Debug)]
pub struct InstallPlan {
    /// The text of grub.cfg.
    pub text: String,
    /// The entries; the first is the default.
    pub menu: PlannedMenu,
    /// Files of the boot directory that the text names and that are not there yet.
    pub missing: Vec<String>,
}

/// Reads the guest's generations, and gives the grub.cfg that an installation of `toplevel` would write. Nothing is changed.
///
/// An initrd with secrets is named as it would be if secrets are appended to it for the first time.
///
/// # Errors
///
/// The system cannot be booted, or pygrub would not boot what comes of it.
///
/// ```no_run
/// use std::path::Path;
/// use pregrub::generate::grub_cfg::{PlanOptions, plan};
///
/// let plan = plan(&PlanOptions::default(), Path::new("/run/current-system"))?;
/// print!("{}", plan.text);
/// # Ok::<(), pregrub::generate::grub_cfg::GrubCfgError>(())
/// ```
pub fn plan(options: &PlanOptions, toplevel: &Path) -> Result<InstallPlan, GrubCfgError> {
    let disk = BootDisk::find(&options.root, &options.boot, options.prefix.as_deref(), &options.search)?;
    let go_on = || Ok(());
    let mut menu = menu(options, toplevel, &go_on)?;
    let sources = &mut SourceFiles::new(&options.root, &go_on);
    let Draft { text, missing, warnings } = draft(options, &disk, &menu, sources, &go_on)?;
    menu.warnings.extend(warnings);
    Ok(InstallPlan { text, menu, missing })
}

/// What an installation would write, which pygrub would boot.
pub(super) struct Draft {
    /// The text of grub.cfg.
    pub text: String,
    /// Files of the boot directory that the text names and that are not there yet.
    pub missing: Vec<String>,
    /// What Xen's domain builder makes of the files, where that is to be known: one sentence each.
    pub warnings: Vec<String>,
}

/// Reads what is to be copied and judges what would come of it. Nothing is changed. An initrd with secrets is judged as it is
/// without them. `go_on` is asked between the parts of the judgement: an error ends it.
pub(super) fn draft(
    options: &PlanOptions,
    disk: &BootDisk,
    menu: &PlannedMenu,
    sources: &mut SourceFiles<'_>,
    go_on: &dyn Fn() -> io::Result<()>,
) -> Result<Draft, GrubCfgError> {
    let mut files = PlannedFiles::new();
    let (mut missing, mut known) = (Vec::new(), BTreeSet::new());
    let mut named = Vec::new();
    let root = sources.root()?;
    for entry in &menu.entries {
        let mut planned = |source: SourceFile, name: String| -> Result<String, GrubCfgError> {
            let in_boot = format!("{KERNELS}/{name}");
            let on_disk = disk.path(&in_boot);
            if known.insert(in_boot.clone()) && disk.directory.node(Path::new(&in_boot)).is_err() {
                missing.push(in_boot);
            }
            let copy = PlannedFile::CopyOf(root.clone(), source.place);
            files.insert(on_disk.trim_start_matches('/').into(), copy);
            Ok(name)
        };
        let source = sources.kernel(&entry.kernel)?;
        let name = source.name.clone();
        let kernel = planned(source, name)?;
        let secrets = options.run_secrets && entry.initrd_secrets.is_some();
        let initrd = match &entry.initrd {
            None => None,
            Some(path) => {
                let source = sources.initrd(path, secrets)?;
                let name = if secrets { source.with_secrets(1) } else { source.name.clone() };
                Some(planned(source, name)?)
            }
        };
        named.push((kernel, initrd));
    }
    let entries = text_entries(disk, &menu.entries, &named);
    let text = text(&entries, options.timeout, disk.uuid.as_deref())?;
    files.insert(disk.path(GRUB_CFG).trim_start_matches('/').into(), PlannedFile::Bytes(text.clone().into_bytes()));
    judge(disk, &files, &entries, go_on)?;
    let warnings = domain_builder::judge(options, sources, &menu.entries, go_on)?;
    Ok(Draft { text, missing, warnings })
}

/// The entries that the guest gets. `go_on` is asked before each generation: an error ends it.
pub(super) fn menu(
    options: &PlanOptions,
    toplevel: &Path,
    go_on: &dyn Fn() -> io::Result<()>,
) -> Result<PlannedMenu, GrubCfgError> {
    let generations = generations(&options.root, &options.profiles)?;
    let mut menu = PlannedMenu::planned(&options.root, toplevel, &generations, options.limit, go_on)?;
    if generations.is_empty() {
        let sentence = "there is no generation in `{}` (system-N-link): `{}` alone gets an entry";
        let paths = [&options.profiles, toplevel].map(|path| path.display().to_string());
        menu.warnings.push(paths.iter().fold(sentence.to_owned(), |text, path| text.replacen("{}", path, 1)));
    }
    Ok(menu)
}

/// The entries with the names of their kernels and initrds in the boot directory.
pub(super) fn text_entries<'a>(
    disk: &BootDisk,
    entries: &'a [PlannedEntry],
    named: &[(String, Option<String>)],
) -> Vec<TextEntry<'a>> {
    let path = |name: &String| disk.path(&format!("{KERNELS}/{name}"));
    let entries = entries.iter().zip(named);
    entries
        .map(|(entry, (kernel, initrd))| TextEntry {
            title: &entry.title,
            kernel: path(kernel),
            initrd: initrd.as_ref().map(path),
            args: &entry.args,
        })
        .collect()
}
