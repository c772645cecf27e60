//! Continuous integration: where a commit's files lie, and what a commit's domain may have opened.

use std::path::{Path, PathBuf};

use super::runner_commands;
use crate::target::DiskAccess;

/// What a target that the command line names may have opened: a domain that a commit may have written, since it lies in the checkout or comes
/// from a pipe in continuous integration, only disks of the checkout; another one any.
pub(super) fn access_by_place(target: &Path) -> DiskAccess {
    let Some(checkouts) = Checkouts::of_runner() else { return DiskAccess::anywhere() };
    let of_tree = |tree: &Path| DiskAccess::with_disks_beneath(tree).unwrap_or_else(|_| DiskAccess::without_disks());
    let place = target.canonicalize().or_else(|_| std::path::absolute(target)).unwrap_or_default();
    let is_file = place.symlink_metadata().is_ok_and(|metadata| metadata.is_file() || metadata.is_dir());
    match checkouts.of_commit(&place) {
        Some(checkout) => of_tree(&checkout),
        // Nobody knows who writes into a pipe: it has what the runner calls the checkout, or nothing.
        None if target == Path::new("-") || !is_file => match checkouts.of_anybody() {
            Some(checkout) => of_tree(checkout),
            None => DiskAccess::without_disks(),
        },
        None => DiskAccess::anywhere(),
    }
}

/// Where a commit's files lie in continuous integration: the working directory, what the runner calls the checkout, and repositories.
#[derive(Clone, Debug)]
pub(super) struct Checkouts {
    /// As the runner says.
    named: Vec<PathBuf>,
    /// The working directory. None where that is the root directory.
    here: Option<PathBuf>,
}

/// The variables in which runners name the checkout: GitHub's, GitLab's, Jenkins', Azure's, Bitbucket's, CircleCI's, Travis', Drone's,
/// Woodpecker's, Buildkite's, Semaphore's, AppVeyor's, Cirrus'.
const CHECKOUT_VARIABLES: [&str; 14] = [
    "GITHUB_WORKSPACE",
    "CI_PROJECT_DIR",
    "WORKSPACE",
    "BUILD_SOURCESDIRECTORY",
    "SYSTEM_DEFAULTWORKINGDIRECTORY",
    "BITBUCKET_CLONE_DIR",
    "CIRCLE_WORKING_DIRECTORY",
    "TRAVIS_BUILD_DIR",
    "DRONE_WORKSPACE",
    "CI_WORKSPACE",
    "BUILDKITE_BUILD_CHECKOUT_PATH",
    "SEMAPHORE_GIT_DIR",
    "APPVEYOR_BUILD_FOLDER",
    "CIRRUS_WORKING_DIR",
];

/// What only the topmost directory of a repository has.
const OF_REPOSITORIES: [&str; 3] = [".git", ".hg", ".svn"];

impl Checkouts {
    /// Those of the runner that obeys what is printed. `None` at a desk.
    pub(super) fn of_runner() -> Option<Self> {
        let real = |place: &Path| place.canonicalize().ok().filter(|place| place != Path::new("/"));
        let named = CHECKOUT_VARIABLES.into_iter().filter_map(std::env::var_os).filter(|place| !place.is_empty());
        let named = named.filter_map(|place| real(Path::new(&place))).collect();
        runner_commands::are_obeyed().then(|| Self { named, here: real(Path::new(".")) })
    }

    /// Whether a directory, by its real path, is one or lies in one: a link there may be a commit's.
    pub(super) fn have(&self, directory: &Path) -> bool {
        self.named.iter().chain(&self.here).any(|checkout| directory.starts_with(checkout))
            || repository_around(directory).is_some()
    }

    /// The one that a file lies in which a commit may have written, by its real path: the smallest that the runner names; else the
    /// repository, or the working directory.
    fn of_commit(&self, file: &Path) -> Option<PathBuf> {
        let around = |checkouts: &mut dyn Iterator<Item = &PathBuf>| {
            checkouts
                .filter(|checkout| file.starts_with(checkout))
                .max_by_key(|checkout| checkout.components().count())
                .cloned()
        };
        around(&mut self.named.iter()).or_else(|| repository_around(file)).or_else(|| around(&mut self.here.iter()))
    }

    /// Where anybody's files may lie.
    fn of_anybody(&self) -> Option<&Path> {
        self.named.iter().chain(&self.here).next().map(PathBuf::as_path)
    }
}

/// The outermost repository that a place, by its real path, lies in or is: what looks like one below it, a commit may have made.
fn repository_around(place: &Path) -> Option<PathBuf> {
    let is_repository = |directory: &Path| {
        directory.parent().is_some()
            && OF_REPOSITORIES.iter().any(|name| directory.join(name).symlink_metadata().is_ok())
    };
    place.ancestors().filter(|directory| is_repository(directory)).last().map(Path::to_owned)
}
