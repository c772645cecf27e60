//! Commands that read files and whose result is printed or a status: checksums, comparisons, dumps, tests of a file's kind.

use super::files::not_read;
use crate::grub::interpreter::{CommandOutcome, Interpreter};
use crate::grub::machine::{CommandFailure, FileLookup};
use crate::grub::options::{self, Declined, OptionSpec, Style};
use crate::grub::settings::Version;

fn filename_expected() -> CommandOutcome {
    CommandOutcome::Failed(CommandFailure::bad_argument("filename expected"))
}

/// Whether GRUB can read a file; what comes of it where not.
fn readable(grub: &mut Interpreter<'_>, name: &[u8]) -> Result<(), CommandOutcome> {
    match grub.find(name) {
        FileLookup::File { .. } => Ok(()),
        found => Err(not_read(grub, name, found)),
    }
}

/// All of these must be readable; the first one that is not decides.
fn all_readable(grub: &mut Interpreter<'_>, names: &[Vec<u8>]) -> CommandOutcome {
    for name in names {
        if let Err(outcome) = readable(grub, name) {
            return outcome;
        }
    }
    CommandOutcome::Status(0)
}

/// `hashsum`, and with `hash` its short forms. What the sums are is not printed here.
pub(super) fn checksum(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>], hash: Option<&str>) -> CommandOutcome {
    const KNOWN: &[OptionSpec] = &[
        OptionSpec::with_value("hash", Some(b'h')),
        OptionSpec::with_value("check", Some(b'c')),
        OptionSpec::with_value("prefix", Some(b'p')),
        OptionSpec::flag("keep-going", Some(b'k')),
        OptionSpec::flag("uncompress", Some(b'u')),
    ];
    /// Those that Debian's GRUB has, without regard to case.
    const HASHES: [&str; 22] = [
        "adler32",
        "blake2b_512",
        "crc24_rfc2440",
        "crc32",
        "crc32_rfc1510",
        "crc64",
        "md4",
        "md5",
        "ripemd160",
        "rmd160",
        "sha1",
        "sha224",
        "sha256",
        "sha384",
        "sha512",
        "stribog256",
        "stribog512",
        "tiger",
        "tiger1",
        "tiger192",
        "tiger2",
        "whirlpool",
    ];
    let given = match options::parse(arguments, KNOWN, Style::Strict) {
        Ok(given) => given,
        Err(Declined::Help) => return CommandOutcome::Status(0),
        Err(Declined::Failed(failure)) => return CommandOutcome::Failed(failure),
    };
    let hash = match (given.value("hash"), hash) {
        (Some(hash), _) => String::from_utf8_lossy(hash).to_ascii_lowercase(),
        (None, Some(hash)) => hash.to_owned(),
        (None, None) => return CommandOutcome::Failed(CommandFailure::bad_argument("no hash specified")),
    };
    if !HASHES.contains(&hash.as_str()) {
        return CommandOutcome::Failed(CommandFailure::bad_argument("unknown hash"));
    }
    if let Some(list) = given.value("check").map(<[u8]>::to_vec) {
        if let Err(outcome) = readable(grub, &list) {
            return outcome;
        }
        grub.cannot_tell("whether the checksums that `hashsum --check` compares are right".to_owned());
        return CommandOutcome::Status(0);
    }
    all_readable(grub, &given.words)
}

/// `crc`: every word is a file.
pub(super) fn crc(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    all_readable(grub, arguments)
}

/// The most of a file that is compared.
const MOST: usize = 1 << 20;

/// `cmp`: a difference is printed; since 2.12 it is the status, too.
pub(super) fn compare(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    let words: Vec<Vec<u8>> = arguments.iter().filter(|word| *word != b"-v").cloned().collect();
    if words.len() != 2 {
        return CommandOutcome::Failed(CommandFailure::bad_argument("two arguments expected"));
    }
    let outcome = all_readable(grub, &words);
    if grub.settings.version < Version::V2_12 {
        return outcome;
    }
    match outcome {
        CommandOutcome::Failed(failure) => {
            grub.report(&failure);
            CommandOutcome::Status(CommandFailure::TEST)
        }
        CommandOutcome::Status(0) => {
            let texts = (grub.read(&words[0], MOST), grub.read(&words[1], MOST));
            let (Ok(first), Ok(second)) = texts else { return CommandOutcome::Status(CommandFailure::TEST) };
            if first.len() == MOST && second.len() == MOST && first == second {
                grub.cannot_tell("whether two large files are the same".to_owned());
            }
            CommandOutcome::Status(i32::from(first != second))
        }
        other => other,
    }
}

/// `testload`, `blocklist`, `hexdump`: one file.
pub(super) fn one_file(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    let name = arguments.iter().find(|word| !word.starts_with(b"-"));
    match name {
        Some(name) => readable(grub, name).err().unwrap_or(CommandOutcome::Status(0)),
        None => filename_expected(),
    }
}

/// `file`: whether a file is of a kind.
pub(super) fn kind(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    let Some(name) = arguments.iter().find(|word| !word.starts_with(b"-")) else { return filename_expected() };
    let Some(option) = arguments.iter().find(|word| word.starts_with(b"-")) else {
        return CommandOutcome::Failed(CommandFailure::bad_argument("no type specified"));
    };
    if let Err(outcome) = readable(grub, name) {
        return outcome;
    }
    let (name, option) = (String::from_utf8_lossy(name).into_owned(), String::from_utf8_lossy(option).into_owned());
    grub.cannot_tell(format!("whether `{name}` is what `file {option}` asks for"));
    CommandOutcome::Status(1)
}

/// `verify_detached`: files must be there; signatures are not checked here.
pub(super) fn verify(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    let words: Vec<Vec<u8>> = arguments.iter().filter(|word| !word.starts_with(b"-")).cloned().collect();
    if words.len() < 2 {
        return CommandOutcome::Failed(CommandFailure::bad_argument("two arguments expected"));
    }
    let outcome = all_readable(grub, &words);
    if matches!(outcome, CommandOutcome::Status(0)) {
        grub.cannot_tell("whether a signature that `verify_detached` checks is right".to_owned());
    }
    outcome
}
