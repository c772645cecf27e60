//! Which entry GRUB boots for a default, for the rules that say so.

use crate::config::Dialect;
use crate::lint::analysis::configuration::Configuration;
pub(in crate::lint) use crate::lint::analysis::grub_reading::Choice;
use crate::lint::engine::diagnostic::Diagnostic;

/// The menu as GRUB has it: submenus are items of their own, entries have ids, and conditions count.
pub(in crate::lint) struct GrubMenu<'a> {
    configuration: &'a Configuration<'a>,
}

impl<'a> GrubMenu<'a> {
    pub(in crate::lint) fn new(configuration: &'a Configuration<'a>) -> Self {
        Self { configuration }
    }

    /// Which entry GRUB boots where `default` has this value.
    pub(in crate::lint) fn choose(&self, value: &[u8]) -> Choice {
        let config = self.configuration.config;
        if self.configuration.dialect != Dialect::Grub2 {
            // menu.lst has one list, and numbers.
            let number = number(value).and_then(|number| usize::try_from(number as u32 as i32).ok());
            let number = number.filter(|number| *number < config.entries.len());
            let entry = number.or((!config.entries.is_empty()).then_some(0));
            return Choice { entry, named: number.is_some(), known: true, line: None };
        }
        match self.configuration.grub() {
            Some(reading) => reading.choose(config, Some(value)),
            None => Choice { entry: None, named: false, known: false, line: None },
        }
    }

    /// The entry that GRUB boots, by the default that it ends up with. `None` if there is none, if pygrub does not see it, or if
    /// pregrub cannot tell.
    pub(in crate::lint) fn boots(&self) -> Option<usize> {
        self.configuration.grub()?.choose(self.configuration.config, None).entry
    }

    /// The finding with the entry that GRUB boots, where that is known to be another one than `pygrubs`.
    pub(in crate::lint) fn with_what_boots(&self, finding: Diagnostic, pygrubs: usize) -> Diagnostic {
        match self.boots().filter(|entry| *entry != pygrubs) {
            Some(entry) => finding.and(self.configuration.config.entries[entry].title_span, "what GRUB boots"),
            None => finding,
        }
    }

    /// Whether this is the value of `default` that GRUB ends up with, as far as pregrub can tell.
    pub(in crate::lint) fn goes_by(&self, value: &[u8]) -> bool {
        match self.configuration.grub() {
            Some(reading) => reading.is_known() && reading.variable("default").unwrap_or_default() == value,
            None => self.configuration.dialect != Dialect::Grub2,
        }
    }

    /// The entry with this title or id, in whatever submenu, in upper or lower case: what may be meant.
    pub(in crate::lint) fn similar(&self, value: &[u8]) -> Option<usize> {
        let leaf = value.rsplit(|&byte| byte == b'>').next().unwrap_or(value).trim_ascii();
        self.configuration.grub()?.similar(self.configuration.config, leaf)
    }
}

/// The number that GRUB reads at the start of a value, whatever follows it: decimal, `0x1`, octal `010`, but `08` is 8. Nothing where there is
/// none.
pub(in crate::lint) fn number(value: &[u8]) -> Option<u64> {
    crate::grub::number::read(value).ok().map(|(number, _)| number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot::{self, Options};
    use crate::config::Dialect;
    use crate::lint::analysis::context::LintContext;
    use crate::target::Kind;

    const MENU: &str = "menuentry \"A\" --id ida {\nlinux /a\n}\nsubmenu 'S>T' --id 'ids' {\n\
        menuentry 'B' {\nlinux /b\n}\nsubmenu \"U\" {\nmenuentry \"C\" --id=idc {\nlinux /c\n}\n}\n}\n\
        menuentry \"D\" {\nlinux /d\n}\n";

    fn chosen(text: &str, value: &str) -> Option<(usize, bool)> {
        let run = boot::run_config("grub.cfg", Dialect::Grub2, text.as_bytes().to_vec(), Options::default());
        let context = LintContext::new(&run, Kind::Config);
        let configuration = context.configuration().unwrap();
        let choice = GrubMenu::new(&configuration).choose(value.as_bytes());
        choice.entry.map(|entry| (entry, choice.named))
    }

    // Expected values: grub-emu 2.06, the entry that it says it boots (`set default=VALUE`).
    #[test]
    fn chooses_as_grub_does() {
        for (value, want) in [
            ("0", (0, true)),
            ("1", (1, true)),
            ("2", (3, true)),
            ("3", (0, false)),
            ("1>1", (2, true)),
            ("1>0", (1, true)),
            ("A", (0, true)),
            ("ida", (0, true)),
            ("D", (3, true)),
            ("B", (0, false)),
            ("S>>T", (1, true)),
            ("S>>T>B", (1, true)),
            ("ids>U>idc", (2, true)),
            ("2nd", (3, true)),
            ("0x2", (3, true)),
            ("+2", (0, false)),
        ] {
            assert_eq!(chosen(MENU, value), Some(want), "{value}");
        }
        assert_eq!(chosen("submenu 'S' {\n}\n", "0"), None);
        assert_eq!(chosen("", "0"), None);
    }
}
