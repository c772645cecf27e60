//! Where a menu entry ends: a closing brace that closes nothing, and an end that pygrub does not see.

use super::advice::{Advice, RaisingConfig, advice};
use super::entry_end::EntryEnd;
use super::remedy::Remedy;
use super::unmatched_brace::{Opener, openers};
use crate::config::{Raised, Writer};

pub(super) fn closing_brace(found: Option<RaisingConfig<'_>>, raised: &Raised) -> Advice {
    let opener = found.zip(raised.span).and_then(|(found, brace)| {
        // Of several, this is the first that pygrub refuses, or the rule looks for all of them at once.
        openers(found.config, found.text, &[brace]).pop().flatten()
    });
    of_closing_brace(opener, found.map_or(Writer::Other, |found| found.writer))
}

/// What a closing brace means that is refused, where it is known what opened it.
pub(crate) fn of_closing_brace(opener: Option<Opener>, writer: Writer) -> Advice {
    let edit = |edit: &str| Remedy::LineEdit { edit: edit.to_owned(), writer };
    let reason = "a closing brace comes where pygrub sees no open menu entry, and it rejects the whole file";
    let label = "closes nothing that pygrub has seen";
    match opener {
        Some(Opener { span, kind }) => {
            advice(format!("{reason}: {}", kind.clause(span.line)), label, edit(kind.help()))
        }
        None => advice(
            reason,
            label,
            edit("remove it, or write the line that begins its menu entry: `menuentry \"title\" {`"),
        ),
    }
}

/// The end of the last entry that begins before this byte, which pygrub does not see.
pub(super) fn unseen_end(found: Option<RaisingConfig<'_>>, before: Option<u32>) -> Option<EntryEnd> {
    let found = found?;
    let entries = &found.config.entries;
    let count = entries.partition_point(|entry| before.is_none_or(|before| entry.header.start < before));
    EntryEnd::of(found.config, found.text, entries.get(count.checked_sub(1)?)?)
}
