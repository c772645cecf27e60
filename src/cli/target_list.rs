//! `--targets-from` and `--shard`: which targets there are, where the command line does not name each.

use std::fs::File;
use std::io::{self, Read};
use std::str::FromStr;

use clap::Args;
use sha2::{Digest, Sha256};

use super::caller_file::TargetTrees;
use super::target_name::TargetName;
use crate::cli::stdout::complain;

#[derive(Debug, Args)]
pub(super) struct TargetListArgs {
    /// Take targets from this file as well, or from standard input (`-`): one a line, or separated by NUL bytes where there is one, as `find -print0` writes them. The disks that domains of the list name are opened only with --trust-domains
    #[arg(long, value_name = "FILE|-", help_heading = "Many targets")]
    targets_from: Option<TargetName>,
    /// Look only at part I of N of the targets, for N jobs with the same targets: I is 1 to N; a target stays in its part when others are added
    #[arg(long, value_name = "I/N", help_heading = "Many targets")]
    shard: Option<Shard>,
}

/// The targets that are named, before directories are searched.
#[derive(Debug)]
pub(super) struct NamedTargets {
    pub names: Vec<TargetName>,
    /// The list has no target. It has been complained about.
    pub is_incomplete: bool,
}

/// A list of ten million paths is about as long.
const LONGEST: u64 = 1 << 30;

impl TargetListArgs {
    /// The targets of the command line, and those of the list.
    ///
    /// # Errors
    ///
    /// The list cannot be read.
    pub(super) fn named(&self, given: &[TargetName]) -> Result<NamedTargets, String> {
        let mut named = NamedTargets { names: given.to_vec(), is_incomplete: false };
        let Some(list) = &self.targets_from else { return Ok(named) };
        if list.is_stdin() && given.iter().any(TargetName::is_stdin) {
            return Err("standard input cannot be both the list of targets and a target".to_owned());
        }
        let text = read(list, given).map_err(|error| super::cannot_read(list.as_str(), &error))?;
        let separator = if memchr::memchr(0, &text).is_some() { 0 } else { b'\n' };
        let before = named.names.len();
        let names = text.split(|&byte| byte == separator).filter(|name| !name.is_empty());
        named.names.extend(names.map(TargetName::of_bytes));
        if named.names.len() == before {
            complain(&format!("`{list}` lists no target"));
            named.is_incomplete = true;
        }
        Ok(named)
    }

    /// Whether the targets are many by the way they are named, so that a sum is wanted.
    pub(super) fn is_given(&self) -> bool {
        self.targets_from.is_some()
    }

    /// Leaves only the targets of the part that is asked for.
    pub(super) fn keep_shard(&self, names: &mut Vec<TargetName>) {
        if let Some(shard) = self.shard {
            names.retain(|name| shard.has(name.path().as_os_str().as_encoded_bytes()));
        }
    }
}

/// A line that is not a target is printed in an error. So in a directory that is looked at no link is followed; elsewhere one is the
/// caller's, as is `<(find ...)`, which a shell hands over as a link to a pipe.
fn read(list: &TargetName, given: &[TargetName]) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let mut reader: Box<dyn Read> = if list.is_stdin() {
        Box::new(io::stdin().lock())
    } else {
        let of_a_tree = TargetTrees::of(given).open(list.path());
        Box::new(of_a_tree.unwrap_or_else(|| File::open(list.path()))?)
    };
    (&mut reader).take(LONGEST).read_to_end(&mut text)?;
    Ok(text)
}

/// One of several parts of the targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shard {
    /// From 0.
    index: u32,
    count: u32,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, count) = text.split_once('/').ok_or("write I/N, such as 1/4")?;
        let parse = |text: &str| text.parse::<u32>().map_err(|_| "write I/N with two numbers, such as 1/4");
        let (number, count) = (parse(number)?, parse(count)?);
        if number == 0 {
            return Err("parts are counted from 1: 1/4 is the first of four".to_owned());
        }
        if number > count {
            return Err(format!("there is no part {number} of {count}"));
        }
        Ok(Self { index: number - 1, count })
    }
}

impl Shard {
    /// Whether a target belongs to this part: by a hash of its name alone.
    fn has(self, name: &[u8]) -> bool {
        let digest = Sha256::digest(name);
        let key = digest.iter().take(8).fold(0_u64, |key, byte| key << 8 | u64::from(*byte));
        jump(key, self.count) == self.index
    }
}

/// Jump consistent hash (Lamping and Veach, 2014): spreads keys evenly, and with one part more moves only those that go there.
fn jump(mut key: u64, count: u32) -> u32 {
    let (mut bucket, mut next) = (0, 0);
    while next < i64::from(count) {
        bucket = next;
        key = key.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(1);
        // Both are below 2^31 and 2^33, which a double holds exactly; the quotient is cut as the paper has it.
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
        let there = ((bucket + 1) as f64 * (2_147_483_648.0 / ((key >> 33) + 1) as f64)) as i64;
        next = there;
    }
    u32::try_from(bucket).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jumps_are_those_of_the_paper() {
        // What other implementations test with (jump-consistent-hash of PyPI, go-jump).
        for (key, count, bucket) in
            [(1, 1, 0), (42, 57, 43), (0xdead_10cc, 1, 0), (0xdead_10cc, 666, 361), (256, 1024, 520)]
        {
            assert_eq!(jump(key, count), bucket, "{key} {count}");
        }
    }

    #[test]
    fn each_target_is_in_one_part_and_stays_there() {
        let names: Vec<String> = (0..2000).map(|number| format!("/dev/vg/guest{number}-boot")).collect();
        let part = |name: &str, count| -> Vec<u32> {
            (0..count).filter(|&index| Shard { index, count }.has(name.as_bytes())).collect()
        };
        let (mut sizes, mut moved) = ([0; 4], 0);
        for name in &names {
            let [four] = part(name, 4)[..] else { panic!("{name}") };
            let [five] = part(name, 5)[..] else { panic!("{name}") };
            sizes[four as usize] += 1;
            assert!(four == five || five == 4);
            moved += usize::from(four != five);
        }
        assert!(sizes.iter().all(|size| (400..600).contains(size)), "{sizes:?}");
        assert!((300..500).contains(&moved), "{moved}");
    }

    #[test]
    fn shards_are_parsed() {
        assert_eq!("2/3".parse(), Ok(Shard { index: 1, count: 3 }));
        for text in ["0/3", "4/3", "1", "1/x", "-1/3", "1/0"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
