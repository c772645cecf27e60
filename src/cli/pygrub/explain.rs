//! What the drop-in says on standard error where pygrub fails: pygrub's own last line, and before it, in place of a traceback,
//! what that line does not tell.

use super::console::complain;
use crate::boot::{Run, Verdict};
use crate::config::{Effect, Raised};
use crate::escape::escaped;
use crate::explain::explain;

/// Explains a run that did not boot, and returns pygrub's last line.
pub(super) fn failure(run: &Run) -> String {
    let Some(explanation) = explain(run) else { return "pregrub: nothing was found".to_owned() };
    let place = place(run);
    if run.verdict == Verdict::Unknown {
        return format!("pregrub: cannot tell what pygrub would do: {}", escaped(&explanation.reason));
    }
    complain(format!("pregrub: {place}{}", escaped(&explanation.reason)).as_bytes());
    if let Some(help) = &explanation.help {
        complain(format!("pregrub: {}", escaped(help)).as_bytes());
    }
    for note in run.deciding_attempt().into_iter().flat_map(|attempt| &attempt.notes) {
        complain(format!("pregrub: note: {}", escaped(&note.text)).as_bytes());
    }
    match &explanation.evidence {
        // A message of several lines comes as it is.
        Some(raised) if raised.exception == "SystemExit" => raised.message.clone(),
        _ if run.process.stderr_last_line.is_empty() || run.process.exit == 0 => {
            "pregrub: nothing is handed over".to_owned()
        }
        _ => run.process.stderr_last_line.to_string_lossy().into_owned(),
    }
}

/// `/grub/grub.cfg, line 5: `, where that is known.
fn place(run: &Run) -> String {
    let found = run.deciding_attempt().and_then(|attempt| attempt.found.as_ref());
    let span = run.failure.as_ref().and_then(|failure| failure.raised()?.span);
    match (found, span) {
        (Some(found), Some(span)) => format!("{}, line {}: ", escaped(&found.path.to_string_lossy()), span.line),
        _ => String::new(),
    }
}

/// `--debug`: the directives that pygrub knows and ignores, and the exceptions that it swallows.
pub(super) fn debug(run: &Run) {
    for attempt in &run.attempts {
        if let Some(found) = &attempt.found {
            let config = &found.config;
            let of_file = config.directives.iter().map(|directive| ("directive", directive));
            let of_entries = config.entries.iter().flat_map(|entry| &entry.directives);
            let all = of_file.chain(of_entries.map(|directive| ("image directive", directive)));
            for (what, directive) in all.filter(|(_, directive)| directive.effect == Effect::Ignored) {
                let line = found.text.get(directive.line.range()).unwrap_or_default();
                let word = line.split(|byte| b" \t=".contains(byte)).next().unwrap_or_default();
                complain(&[b"INFO:root:Ignored ", what.as_bytes(), b" ", word].concat());
            }
        }
        if let Some(raised) = &attempt.raised {
            complain(swallowed(raised).as_bytes());
        }
    }
}

fn swallowed(raised: &Raised) -> String {
    let line = raised.span.map(|span| format!(" (line {})", span.line)).unwrap_or_default();
    format!("{raised}{line}")
}
