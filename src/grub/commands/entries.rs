//! `menuentry` and `submenu`.

use std::rc::Rc;

use crate::grub::interpreter::{CommandOutcome, Interpreter};
use crate::grub::machine::CommandFailure;
use crate::grub::menu::MenuEntry;
use crate::grub::options::{self, Declined, OptionSpec, Style};
use crate::grub::syntax::Block;
use crate::grub::text::ScriptText;

const KNOWN: &[OptionSpec] = &[
    OptionSpec::with_value("class", None),
    OptionSpec::with_value("users", None),
    OptionSpec::with_value("hotkey", None),
    OptionSpec::with_value("source", None),
    OptionSpec::with_value("id", None),
    OptionSpec::flag("unrestricted", None),
];

pub(super) fn define(
    grub: &mut Interpreter<'_>,
    arguments: &[Vec<u8>],
    block: Option<&Block>,
    submenu: bool,
) -> CommandOutcome {
    // The menu keeps what is given here.
    let kept: usize = arguments.iter().map(Vec::len).sum();
    grub.spend((kept.saturating_sub(4096) / 4) as u64);
    let mut given = match options::parse(arguments, KNOWN, Style::Lenient) {
        Ok(given) => given,
        Err(Declined::Help) => return CommandOutcome::Status(0),
        Err(Declined::Failed(failure)) => return CommandOutcome::Failed(failure),
    };
    let mut words = std::mem::take(&mut given.words);
    let has_words = !words.is_empty();
    if block.is_some()
        && given.options.last().is_some_and(|(_, value)| value.as_ref() == arguments.last())
        && words.len() > 1
    {
        let line = grub.line;
        grub.cannot_tell(format!("an option without a value stands before the `{{` in line {line}: GRUB treats the block as its value, and another word as the block"));
    }
    if block.is_some() {
        words.pop();
    }
    let source = match (given.value("source"), block) {
        (Some(_), Some(_)) => {
            return CommandOutcome::Failed(CommandFailure::bad_argument("multiple menuentry definitions"));
        }
        (Some(text), None) => ScriptText::file(&grub.file, text),
        (None, Some(block)) => {
            let inner = &block.text[1..block.text.len() - 1];
            ScriptText::source(&grub.file, inner, block.lines.to_vec())
        }
        (None, None) if !has_words && arguments.is_empty() => {
            return CommandOutcome::Failed(CommandFailure::bad_argument("missing arguments"));
        }
        (None, None) => return CommandOutcome::Failed(CommandFailure::bad_argument("no menuentry definition")),
    };
    let Some(title) = words.first().cloned() else {
        return CommandOutcome::Failed(CommandFailure::bad_argument("menuentry is missing title"));
    };
    let users = given.value("users").map(<[u8]>::to_vec);
    let restricted = !given.has("unrestricted");
    let entry = MenuEntry {
        id: given.value("id").map_or_else(|| title.clone(), <[u8]>::to_vec),
        title,
        classes: given.values("class").map(<[u8]>::to_vec).collect(),
        users: users.filter(|_| restricted),
        restricted,
        hotkey: given.value("hotkey").map(<[u8]>::to_vec),
        submenu,
        arguments: words,
        source: Rc::new(source),
        file: Rc::clone(&grub.file),
        line: grub.line,
    };
    grub.spend(5);
    grub.add_entry(entry);
    CommandOutcome::Status(0)
}
