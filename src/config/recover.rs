//! Reading on after what pygrub raises: what else is wrong.

use std::collections::BTreeMap;

use crate::config::{Cause, Config, Dialect, Raised, read};
use crate::flavour::Build;

/// A configuration as pygrub would have it if the lines that raise were not there.
#[derive(Clone, Debug)]
pub struct Recovered {
    /// What is left. An entry that is still open where another begins, or at the end of the file, is closed there.
    pub config: Config,
    /// All that raised, in the order of the parsing: the first is what pygrub raises. An entry is read when it ends.
    /// Of one cause they are the first 50,000.
    pub raised: Vec<Raised>,
    /// How often something raised, by its cause.
    counts: BTreeMap<Cause, usize>,
}

impl Recovered {
    /// How often this raised beyond what [`raised`](Self::raised) holds.
    pub fn more_of(&self, cause: Cause) -> usize {
        self.counts.get(&cause).map_or(0, |count| count.saturating_sub(MOST_RAISED))
    }

    /// How often anything raised.
    pub fn count(&self) -> usize {
        self.counts.values().fold(0, |sum, count| sum.saturating_add(*count))
    }
}

/// How many exceptions of one cause are kept: a file of a mebibyte can hold half a million.
const MOST_RAISED: usize = 50_000;

/// What raised so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Caught {
    raised: Vec<Raised>,
    counts: BTreeMap<Cause, usize>,
    /// What pygrub has: the configuration as it was when the first one raised.
    pygrubs: Option<Box<Config>>,
}

impl Caught {
    /// What pygrub has, where something raised.
    pub(super) fn pygrubs_mut(&mut self) -> Option<&mut Config> {
        self.pygrubs.as_deref_mut()
    }

    /// Keeps what raised when `config` had come so far.
    pub(super) fn push(&mut self, raised: Raised, config: &Config) {
        if self.pygrubs.is_none() {
            self.pygrubs = Some(Box::new(Config { raised: Some(raised.clone()), ..config.clone() }));
        }
        let count = self.counts.entry(raised.cause).or_default();
        *count = count.saturating_add(1);
        if *count <= MOST_RAISED {
            self.raised.push(raised);
        }
    }
}

/// Parses `text`: as pygrub has it, and, where that raises, as [`recover`] has it. The first is a beginning of the second.
pub(crate) fn parse_and_recover(dialect: Dialect, text: &[u8], build: impl Into<Build>) -> (Config, Option<Recovered>) {
    let mut config = Config::new(dialect);
    read(&mut config, text, build.into());
    let Caught { raised, counts, pygrubs } = std::mem::take(&mut config.caught);
    match pygrubs {
        Some(pygrubs) => (*pygrubs, Some(Recovered { config, raised, counts })),
        None => (config, None),
    }
}

/// Parses `text` as [`parse`](super::parse) does, and goes on where pygrub ends.
///
/// ```
/// use pregrub::config::{self, Cause, Dialect};
/// use pregrub::release::Release;
///
/// let text = b"set a=b=c\nmenuentry \"A\" {\n  set root=$x\n  linux /k\n}\n";
/// let recovered = config::recover(Dialect::Grub2, text, Release::NEWEST);
/// let causes: Vec<Cause> = recovered.raised.iter().map(|raised| raised.cause).collect();
/// assert_eq!(causes, [Cause::SetArity, Cause::Device]);
/// assert_eq!(recovered.config.entries.len(), 1);
/// ```
pub fn recover(dialect: Dialect, text: &[u8], build: impl Into<Build>) -> Recovered {
    match parse_and_recover(dialect, text, build) {
        (_, Some(recovered)) => recovered,
        (config, None) => Recovered { config, raised: Vec::new(), counts: BTreeMap::new() },
    }
}

/// Text with a question mark for each byte that is not UTF-8, so that everything else stays in its place.
pub(super) fn readable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(std::iter::repeat_n('?', chunk.invalid().len()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::Release;

    fn causes(dialect: Dialect, text: &[u8]) -> (Vec<Cause>, usize) {
        let recovered = recover(dialect, text, Release::NEWEST);
        assert_eq!(recovered.raised.first().cloned(), crate::config::parse(dialect, text, Release::NEWEST).raised);
        (recovered.raised.iter().map(|raised| raised.cause).collect(), recovered.config.entries.len())
    }

    #[test]
    fn every_exception_is_found() {
        let text = b"set default=-1\n}\nmenuentry \"A\" {\nset root=x\nmenuentry \"B\" {\nlinux (k\nset x\n}\nmenuentry \"C\" {\n";
        let want = [
            Cause::NegativeDefault,
            Cause::ClosingBrace,
            Cause::NestedEntry,
            Cause::Device,
            Cause::Parenthesis,
            Cause::SetArity,
            Cause::OpenEntry,
        ];
        assert_eq!(causes(Dialect::Grub2, text), (want.to_vec(), 3));
        let text = b"default -1\nsplashimage (x)\ntitle A\nroot x\nkernel (k\n";
        let want = [Cause::NegativeDefault, Cause::Device, Cause::Device, Cause::Parenthesis];
        assert_eq!(causes(Dialect::Legacy, text), (want.to_vec(), 1));
        let text = b"label a\nkernel \"/k \"\nlabel b\nkernel \"/k \"\n";
        assert_eq!(causes(Dialect::Extlinux, text), (vec![Cause::QuotedKernel, Cause::QuotedKernel], 2));
    }

    #[test]
    fn bytes_stay_in_their_places() {
        assert_eq!(readable(b"a\xff\xc3\xa9\xe2\x82b"), "a?\u{e9}??b");
        assert_eq!(
            causes(Dialect::Grub2, b"# \xff\nmenuentry \"A\" {\n}\n}\n"),
            (vec![Cause::NotUtf8, Cause::ClosingBrace], 1)
        );
    }
}
