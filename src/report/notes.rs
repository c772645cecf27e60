//! What a user should know of an outcome that is not what it looks like: a wish that pygrub ignored.

use crate::boot::{BootFiles, Run};
use crate::python::PyStr;
use crate::storage::container::compression;
use crate::storage::filesystem::Topic;
use crate::storage::identify::Format;

/// Notes on what is booted, each a sentence without a full stop.
pub(crate) fn of(run: &Run) -> Vec<String> {
    let mut notes = Vec::new();
    notes.extend(run.image_format.map(|format| of_image(run, format)));
    if run.options.ramdisk.is_some() && run.options.kernel.as_ref().is_none_or(PyStr::is_empty) {
        notes.push("pygrub ignores --ramdisk without --kernel".to_owned());
    }
    if let Some(chosen) = &run.chosen {
        about_selection(run, chosen, &mut notes);
    }
    if let Some(handover) = &run.handover {
        notes.extend(handover.notes.iter().cloned());
        if let Some(error) = &handover.error {
            let space = if error.code.is_empty() { "" } else { " " };
            notes.push(format!("{} reports: {}{space}{}", handover.name, error.code, error.message));
        }
    }
    notes
}

/// What a disk inside of an image asks of who calls pygrub.
fn of_image(run: &Run, format: Format) -> String {
    let title = format.title();
    if run.disk.is_some() {
        return format!("the disk is in a {title}, which the toolstack attaches before it calls pygrub");
    }
    if compression(format).is_some() {
        return format!(
            "this is the verdict on the disk inside of the {title}: decompress it before the guest is started, since neither pygrub nor \
             xl reads it packed"
        );
    }
    format!(
        "this is the verdict on the disk inside of the {title}: if it was made in this format, give pygrub its raw view (format= \
         in the domain's disk, qemu-nbd -f, tapdisk), since it cannot read the file itself; if the guest was given a raw disk, it wrote \
         the header itself: see --image-format raw"
    )
}

/// Notes on the disk that no rule of the linter reports, each a sentence without a full stop.
pub(crate) fn of_disk(run: &Run) -> impl Iterator<Item = String> {
    let notes = run.deciding_attempt().into_iter().flat_map(|attempt| &attempt.notes);
    notes.filter(|note| matches!(note.topic, Topic::Names | Topic::Directory)).map(|note| note.text.clone())
}

fn about_selection(run: &Run, chosen: &BootFiles, notes: &mut Vec<String>) {
    let Some(attempt) = run.attempts.get(chosen.attempt) else { return };
    let (Some(found), Some(selection), Some(index)) = (&attempt.found, &attempt.selection, chosen.entry) else {
        return;
    };
    let config = &found.config;
    let count = config.entries.len();
    if let Some(entry) = &run.options.entry
        && selection.wanted.as_ref().is_none_or(|wanted| wanted.to_string() != entry.to_string_lossy())
        && config.entries[index].title != *entry
        && entry.to_string_lossy().trim().parse::<usize>().ok() != Some(index)
    {
        notes.push(format!("--entry {entry} names none of the {count} entries, so pygrub ignores it"));
    }
}
