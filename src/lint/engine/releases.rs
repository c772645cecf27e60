//! The releases of Xen that a rule concerns, by the changes that began or ended it, and the words for them.

use std::fmt;

use crate::python::Python;
use crate::release::{Change, Release};

/// Releases of Xen: a range, or two.
///
/// They are shown as ranges of releases: `all`, `4.13 to 4.17.2`, `4.1.3 and later`.
#[derive(Clone, Copy, Debug)]
pub struct Releases {
    first: Range,
    second: Option<Range>,
}

/// Releases that have a change and do not have another one yet.
#[derive(Clone, Copy, Debug)]
struct Range {
    from: Option<Change>,
    until: Option<Change>,
    /// Only where pygrub was built for Python 2 although this release need not be.
    under_python2: bool,
}

/// All releases.
pub(in crate::lint) const fn all() -> Releases {
    Releases { first: Range { from: None, until: None, under_python2: false }, second: None }
}

/// The releases that have this change.
pub(in crate::lint) const fn from(change: Change) -> Releases {
    Releases { first: Range { from: Some(change), until: None, under_python2: false }, second: None }
}

/// The releases that do not have this change yet.
pub(in crate::lint) const fn until(change: Change) -> Releases {
    Releases { first: Range { from: None, until: Some(change), under_python2: false }, second: None }
}

/// The releases that need not run under Python 2, where they do.
pub(in crate::lint) const fn under_python2() -> Releases {
    Releases { first: Range { from: Some(Change::Python3), until: None, under_python2: true }, second: None }
}

impl Releases {
    /// Those of them that do not have this change yet.
    pub(in crate::lint) const fn until(self, change: Change) -> Self {
        Self { first: Range { until: Some(change), ..self.first }, ..self }
    }

    /// These and those: one range each.
    pub(in crate::lint) const fn or(self, other: Self) -> Self {
        Self { second: Some(other.first), ..self }
    }

    /// Whether a release is one of them.
    pub fn include(&self, release: Release) -> bool {
        let is_in = |range: &Range| {
            range.from.is_none_or(|change| release.has(change))
                && range.until.is_none_or(|change| !release.has(change))
                && (!range.under_python2 || release.python() == Python::Two)
        };
        is_in(&self.first) || self.second.as_ref().is_some_and(is_in)
    }

    /// Whether they are all.
    pub fn are_all(&self) -> bool {
        self.second.is_none() && self.first.from.is_none() && self.first.until.is_none()
    }
}

/// More point releases than any line had when a change came to it.
const MOST_POINTS: u8 = 20;

/// Every release in order, the latest of a line last.
fn every() -> impl Iterator<Item = Release> {
    Release::lines()
        .flat_map(|line| (0..MOST_POINTS).map(move |point| Release::exact(line.minor(), point)).chain([line]))
}

impl fmt::Display for Releases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.are_all() {
            return f.write_str("all");
        }
        let mut runs: Vec<(Release, Release)> = Vec::new();
        let mut is_open = false;
        for release in every() {
            match (self.include(release), is_open, runs.last_mut()) {
                (true, true, Some((_, last))) => *last = release,
                (true, ..) => runs.push((release, release)),
                (false, ..) => {}
            }
            is_open = self.include(release);
        }
        let mut runs: Vec<String> = runs.into_iter().map(|(first, last)| words(first, last)).collect();
        if let Some(range) = [Some(self.first), self.second].into_iter().flatten().find(|range| range.under_python2) {
            let first = every().find(|release| range.from.is_none_or(|change| release.has(change)));
            let first = first.map(line_or_point).unwrap_or_default();
            runs.push(format!("{first} and later where pygrub runs under Python 2"));
        }
        f.write_str(&runs.join(", "))
    }
}

/// `4.13` for the first of a line, `4.4.1` for a later one.
fn line_or_point(release: Release) -> String {
    let line = Release::exact(release.minor(), 0);
    if release == line { Release::line(line.minor()).unwrap_or(line).to_string() } else { release.to_string() }
}

fn words(first: Release, last: Release) -> String {
    let from = line_or_point(first);
    let is_end_of_line = Release::line(last.minor()) == Some(last);
    if last == Release::NEWEST {
        format!("{from} and later")
    } else if first.minor() == last.minor() && is_end_of_line {
        // A change that this line got late.
        if first == Release::exact(first.minor(), 0) { from } else { format!("{last} from {from} on") }
    } else {
        format!("{from} to {last}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_have_words() {
        let said = |releases: Releases| releases.to_string();
        assert_eq!(said(all()), "all");
        assert_eq!(said(from(Change::Python3)), "4.13 and later");
        assert_eq!(said(until(Change::InitrdUntouched)), "4.0 to 4.19");
        assert_eq!(said(from(Change::Python3).until(Change::EntryByNumberUnderPython3)), "4.13 to 4.17.2");
        assert_eq!(said(from(Change::Submenu)), "4.1.3 and later");
        assert_eq!(said(from(Change::DefaultByTitle)), "4.3 from 4.3.4 on, 4.4.2 and later");
        assert_eq!(
            said(until(Change::DefaultByTitle).or(from(Change::Python3))),
            "4.0 to 4.3.3, 4.4 to 4.4.1, 4.13 and later"
        );
        assert_eq!(
            said(until(Change::DefaultByTitle).or(under_python2())),
            "4.0 to 4.3.3, 4.4 to 4.4.1, 4.13 and later where pygrub runs under Python 2"
        );
    }

    #[test]
    fn a_release_built_for_python_2_is_told_apart() {
        let releases = under_python2();
        assert!(releases.include("4.17+python2".parse().unwrap()));
        assert!(!releases.include("4.17".parse().unwrap()));
        assert!(!releases.include("4.12".parse().unwrap()));
    }
}
