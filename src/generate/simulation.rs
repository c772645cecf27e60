//! The proof that comes before the text: pregrub's own run on the configuration that NixOS will write.

use super::nixos_grub_cfg::{EntryFiles, NixosGrubCfg};
use super::refusal::Refusal;
use crate::boot::{self, Options, Run, Verdict};
use crate::config::{Dialect, FilePath};
use crate::explain::explain;
use crate::flavour::{Build, Flavour};
use crate::release::Release;

/// Runs `written` as pygrub of `release` would, and as the newest of every distributor, with its menu and without. Every generation
/// must be seen, and the newest booted.
///
/// The files need no filesystem here: they are asked for by exactly the paths that the installer puts them at, and those have
/// neither `//` nor symbolic links in them.
///
/// # Errors
///
/// pygrub would not boot it, or something else.
pub(crate) fn prove(written: &NixosGrubCfg, release: Release) -> Result<(), Refusal> {
    let text = written.text();
    let distributed = Flavour::ALL.into_iter().filter(|flavour| *flavour != Flavour::Upstream).map(Build::newest);
    let builds = std::iter::once(Build::from(release)).chain(distributed);
    for (build, interactive) in builds.flat_map(|build| [(build, true), (build, false)]) {
        let Build { release, flavour } = build;
        let options = Options { release, flavour, interactive: Some(interactive), ..Options::default() };
        let run = boot::run_config(written.path(), Dialect::Grub2, text.clone().into_bytes(), options);
        if run.verdict != Verdict::Selects {
            return Err(not_booting(&run, build));
        }
        let found = run.deciding_attempt().and_then(|attempt| attempt.found.as_ref());
        if found.is_some_and(|found| found.config.truncated) {
            return Err(Refusal::new(
                format!(
                    "pregrub's own simulation of {build} does not see all that NixOS would write: pygrub reads no more than 1 MiB of it"
                ),
                "keep fewer generations: a lower --limit (boot.loader.grub.configurationLimit)",
            ));
        }
        if let Some(other) = other_than_written(&run, written) {
            return Err(Refusal::new(
                format!("pregrub's own simulation of {build} sees another menu than NixOS would write: {other}"),
                "leave the further lines for GRUB out that add menu entries or hide them",
            ));
        }
    }
    Ok(())
}

/// What differs between the run and what the installer means: every generation in its place, and the newest booted.
fn other_than_written(run: &Run, written: &NixosGrubCfg) -> Option<String> {
    let found = run.deciding_attempt().and_then(|attempt| attempt.found.as_ref());
    let entries = found.map_or(&[][..], |found| &found.config.entries);
    let newest_first = std::iter::once(written.generations).chain((1..=written.generations).rev());
    let wanted: Vec<EntryFiles> = newest_first.map(|number| written.booted(number)).collect();
    if entries.len() != wanted.len() {
        return Some(format!("it has {} entries instead of {}", entries.len(), wanted.len()));
    }
    let differing = entries.iter().zip(&wanted).position(|(entry, wanted)| {
        let path = |file: &Option<FilePath>| file.as_ref().map(|file| file.path.to_string_lossy().into_owned());
        path(&entry.kernel).as_ref() != Some(&wanted.kernel)
            || path(&entry.initrd).as_ref() != Some(&wanted.initrd)
            || entry.args.as_ref().map(|args| args.to_string_lossy()) != Some(wanted.args.as_str().into())
    });
    if let Some(number) = differing {
        return Some(format!("its entry {number} boots something else"));
    }
    let chosen = run.chosen.as_ref().map(|chosen| chosen.kernel.path.to_string_lossy());
    let newest = written.default_boots().kernel;
    (chosen.as_deref() != Some(&newest)).then(|| "it does not boot the newest generation".to_owned())
}

fn not_booting(run: &Run, build: Build) -> Refusal {
    let explanation = explain(run);
    let reason = explanation.as_ref().map_or("no reason is known", |explanation| &explanation.reason);
    let help = explanation.as_ref().and_then(|explanation| explanation.help.as_deref());
    Refusal::new(
        format!("pregrub's own simulation of {build} does not boot what NixOS would write: {reason}"),
        help.unwrap_or("leave the further lines for GRUB out"),
    )
}
