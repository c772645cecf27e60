//! Which findings have a fix, and how it is made: what `lint` says at its end.

use crate::config::Writer;
use crate::explain::instead_of_editing;
use crate::lint::{Finding, Safety};

/// Findings that have a fix.
#[derive(Debug, Default)]
pub(super) struct Fixable {
    safe: usize,
    uncertain: usize,
    /// In files that NixOS or grub-mkconfig regenerates.
    written_anew: usize,
    written_by: Option<Writer>,
}

impl Fixable {
    /// Takes in the findings of one file.
    pub(super) fn count(&mut self, findings: &[Finding], text: &[u8]) {
        let fixes: Vec<Safety> =
            findings.iter().filter_map(|finding| finding.fix.as_ref()).map(|fix| fix.safety).collect();
        if fixes.is_empty() {
            return;
        }
        let writer = Writer::of(text);
        if writer != Writer::Other {
            self.written_anew += fixes.len();
            self.written_by = Some(writer);
            return;
        }
        let safe = fixes.iter().filter(|safety| **safety == Safety::Safe).count();
        self.safe += safe;
        self.uncertain += fixes.len() - safe;
    }

    /// Adds those of other files.
    pub(super) fn add(&mut self, other: Self) {
        self.safe += other.safe;
        self.uncertain += other.uncertain;
        self.written_anew += other.written_anew;
        self.written_by = self.written_by.or(other.written_by);
    }

    /// `3 findings can be fixed, 2 of them with --unsafe: pregrub lint --fix --unsafe grub.cfg`, and what to do of files that are
    /// regenerated. `file` is the one that was named, where it is the only one.
    pub(super) fn lines(&self, file: Option<&str>) -> Vec<String> {
        let findings = |count: usize| if count == 1 { "1 finding".to_owned() } else { format!("{count} findings") };
        let file = file.unwrap_or("FILE...");
        let mut lines = Vec::new();
        let all = self.safe + self.uncertain;
        match (self.safe, self.uncertain) {
            (0, 0) => {}
            (_, 0) => lines.push(format!("{} can be fixed: pregrub lint --fix {file}", findings(all))),
            (0, _) => lines.push(format!(
                "{} can be fixed after a look at the change: pregrub lint --diff --unsafe {file}",
                findings(all)
            )),
            (_, uncertain) => lines.push(format!(
                "{} can be fixed, {uncertain} of them after a look at the change (--unsafe): pregrub lint --fix [--unsafe] {file}",
                findings(all)
            )),
        }
        if self.written_anew > 0 {
            let how = self.written_by.and_then(instead_of_editing).unwrap_or_default();
            lines.push(format!("{} could be fixed in the text, but {how}", findings(self.written_anew)));
        }
        lines
    }
}
