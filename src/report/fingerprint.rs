//! What makes a finding the same as one of an earlier run, for programs that follow findings from run to run.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::lint::{Finding, Identity};
use crate::report::target_report::TargetReport;

/// What makes a finding the same as one of another run: the rule, the file and the text of the line, but not its number.
pub(super) fn digest_of(examined: &TargetReport<'_>, finding: &Finding) -> Sha256 {
    let place = examined.place_of(finding);
    let identity = Identity::of(&place.file, place.inside, finding, examined.text_of(finding));
    digest(&identity.parts())
}

/// The digest of several texts, of which none can pass for another's part.
pub(super) fn digest(parts: &[&str]) -> Sha256 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash
}

/// The fingerprint of a result. Of several results that are the same, each has its own: `given` counts them.
pub(super) fn fingerprint(digest: &Sha256, given: &mut HashMap<[u8; 16], usize>) -> String {
    let first = shortened(digest.clone());
    let times = given.entry(first).or_default();
    *times += 1;
    data_encoding::HEXLOWER.encode(&match *times {
        1 => first,
        times => {
            let (mut more, times) = (digest.clone(), times.to_string());
            more.update(times.len().to_le_bytes());
            more.update(times.as_bytes());
            shortened(more)
        }
    })
}

fn shortened(digest: Sha256) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&digest.finalize()[..16]);
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_given_once() {
        let mut given = HashMap::new();
        let mut of = |parts: &[&str]| fingerprint(&digest(parts), &mut given);
        let (first, second) = (of(&["a", "b"]), of(&["a", "b"]));
        assert_ne!(first, second);
        assert_ne!(first, of(&["ab", ""]));
        assert_eq!(first, fingerprint(&digest(&["a", "b"]), &mut HashMap::new()));
    }
}
