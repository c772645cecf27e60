//! `test` and `[`.

use super::files::{self, DirectoryItem};
use crate::grub::interpreter::{CommandOutcome, Interpreter};
use crate::grub::machine::{CommandFailure, FileLookup};
use crate::grub::test_expression::{self, Surroundings};

/// `[`: a `]` at the end is not looked for, and left out where it stands there.
pub(super) fn bracket(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    test(grub, test_expression::within_brackets(arguments))
}

pub(super) fn test(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    match test_expression::evaluate(arguments, grub) {
        Err(failure) => CommandOutcome::Failed(failure),
        Ok(result) if !result.met => CommandOutcome::Failed(CommandFailure::test()),
        // A number that cannot be read counts as 0, and is complained of where the condition is met.
        Ok(result) => result.trouble.map_or(CommandOutcome::Status(0), CommandOutcome::Complaining),
    }
}

impl Surroundings for Interpreter<'_> {
    fn step(&mut self) {
        self.spend(1);
    }

    fn file(&mut self, operator: u8, name: &[u8]) -> bool {
        match operator {
            b'd' => files::exists(self, name) == DirectoryItem::Directory,
            b'e' => files::exists(self, name) != DirectoryItem::Nothing,
            b'f' => matches!(files::exists(self, name), DirectoryItem::File | DirectoryItem::Dangling),
            _ => match self.find(name) {
                FileLookup::File { size } => size > 0,
                FileLookup::Directory | FileLookup::Missing(_) => false,
                FileLookup::Unknown(why) => {
                    files::cannot_look(self, name, why);
                    false
                }
            },
        }
    }

    fn times(&mut self) -> bool {
        self.cannot_tell("a condition compares the times of two files, which pregrub does not read".to_owned());
        false
    }
}
