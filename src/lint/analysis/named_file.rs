//! The kernels and initrds that entries name: which of them do not open, and why.

use std::cell::OnceCell;

use crate::boot::Purpose;
use crate::config::{Cause, Entry, FilePath, READ_LIMIT, Raised};
use crate::explain::files::{Answer, Files};
use crate::explain::missing_path::MissingPath;
use crate::explain::path_issue::PathIssue;
use crate::explain::wording::word;
use crate::lint::analysis::configuration::Configuration;
use crate::lint::analysis::context::LintContext;

/// A kernel or initrd that an entry names.
#[derive(Clone, Copy)]
pub(in crate::lint) struct NamedFile<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// Whether it is the one that is selected.
    pub selected: bool,
    /// Whether it is the kernel or the initrd.
    pub purpose: Purpose,
    /// The path.
    pub file: &'a FilePath,
    /// Its place among all.
    number: usize,
}

/// All files of all entries, in their order.
pub(in crate::lint) fn all<'a>(configuration: &Configuration<'a>) -> impl Iterator<Item = NamedFile<'a>> {
    let selected = configuration.selected();
    let named = configuration.entries().iter().enumerate().flat_map(move |(index, entry)| {
        let files = [(Purpose::Kernel, entry.kernel.as_ref()), (Purpose::Ramdisk, entry.initrd.as_ref())];
        files.into_iter().filter_map(move |(purpose, file)| {
            Some(NamedFile { entry, selected: selected == Some(index), purpose, file: file?, number: 0 })
        })
    });
    named.enumerate().map(|(number, named)| NamedFile { number, ..named })
}

/// What is odd about the paths of all files, and which of them open: found once, and not by each rule.
pub(in crate::lint) struct PathIssues {
    /// In the order of [`all`].
    each: Vec<Option<PathIssue>>,
    /// Each that there is, once.
    kinds: Vec<PathIssue>,
    /// Whether each opens, in the same order; `None` for an empty path, and if pregrub cannot tell.
    opens: OnceCell<Vec<Option<bool>>>,
}

impl PathIssues {
    /// Of the files that `configuration` names, to be looked for on this filesystem.
    pub(in crate::lint) fn of(configuration: &Configuration<'_>, filesystem: Option<&str>) -> Self {
        let from = Some((configuration.dialect, configuration.writer()));
        let mut kinds = Vec::new();
        let issue = |named: NamedFile<'_>| {
            let NamedFile { file, purpose, .. } = named;
            let issue = MissingPath { path: &file.path, purpose, entry: None, why: None, filesystem, from }.issue();
            kinds.extend(issue.filter(|issue| !kinds.contains(issue)));
            issue
        };
        Self { each: all(configuration).map(issue).collect(), kinds, opens: OnceCell::new() }
    }
}

impl NamedFile<'_> {
    /// The word for it.
    pub(in crate::lint) fn what(&self) -> &'static str {
        word(self.purpose)
    }

    /// The path.
    pub(in crate::lint) fn path(&self) -> &[u8] {
        self.file.path.as_bytes()
    }

    /// `"Title"`, with a word on whether it is selected: `the selected entry "Title"`.
    pub(in crate::lint) fn of(&self) -> String {
        let selected = if self.selected { "the selected entry " } else { "" };
        format!("{selected}\"{}\"", crate::explain::wording::shown(&self.entry.title))
    }
}

/// Why files do not open, for one rule.
pub(in crate::lint) struct Lookup<'a> {
    configuration: Configuration<'a>,
    files: Option<&'a Files>,
    issues: &'a PathIssues,
    /// What the run raised, with what it says of the file.
    raised: Option<(Raised, String)>,
}

impl<'a> Lookup<'a> {
    /// Nothing where there is no configuration.
    pub(in crate::lint) fn new(context: &'a LintContext<'_>) -> Option<Self> {
        let configuration = context.configuration()?;
        let raised = context.raised(&[Cause::MissingFile]).pop().map(|raised| {
            let step = context.attempt().and_then(|attempt| attempt.steps.last());
            (raised, step.and_then(|step| step.missing.clone()).unwrap_or_default())
        });
        Some(Self { configuration, files: context.files(), issues: context.path_issues(&configuration), raised })
    }

    /// The configuration.
    pub(in crate::lint) fn configuration(&self) -> &Configuration<'a> {
        &self.configuration
    }

    /// The filesystem, where there is one.
    pub(in crate::lint) fn files(&self) -> Option<&'a Files> {
        self.files
    }

    /// What pygrub raises because it lacks this file.
    pub(in crate::lint) fn raised(&self, named: &NamedFile<'_>) -> Option<Raised> {
        let (raised, _) = self.raised.as_ref()?;
        (named.selected && raised.span == Some(named.file.span)).then(|| raised.clone())
    }

    /// What keeps the file from opening by the look of its path, whether or not somebody has looked for it.
    pub(in crate::lint) fn issue(&self, named: &NamedFile<'_>) -> Option<PathIssue> {
        self.issues.each.get(named.number).copied().flatten()
    }

    /// Whether the path of any file has this issue.
    pub(in crate::lint) fn has(&self, issue: PathIssue) -> bool {
        self.issues.kinds.contains(&issue)
    }

    /// Whether pygrub opens the file, without the reason; `None` if pregrub cannot tell.
    pub(in crate::lint) fn opens(&self, files: &Files, named: &NamedFile<'_>) -> Option<bool> {
        let ask = |named: NamedFile<'_>| if named.path().is_empty() { None } else { files.opens(named.path()) };
        let opens = self.issues.opens.get_or_init(|| all(&self.configuration).map(ask).collect());
        opens.get(named.number).copied().flatten()
    }

    /// Whether [`why`](Self::why) has a reason, where nobody asks for it.
    pub(in crate::lint) fn is_missing(&self, named: &NamedFile<'_>) -> bool {
        if self.raised(named).is_some() {
            return true;
        }
        if self.is_cut(named) {
            return false;
        }
        match self.files {
            Some(files) => self.opens(files, named) == Some(false),
            None => self.issue(named).is_some(),
        }
    }

    /// Whether pygrub's reading of the configuration ends in the path. PG014 reports that.
    fn is_cut(&self, named: &NamedFile<'_>) -> bool {
        self.configuration.config.truncated && named.file.span.range().end >= READ_LIMIT
    }

    /// Why the file does not open: nothing where it does, or where pregrub cannot tell. Without a disk, what is odd about its
    /// path is reason enough.
    pub(in crate::lint) fn why(&self, named: &NamedFile<'_>) -> Option<OpenFailure> {
        if let Some((_, why)) = self.raised.as_ref().filter(|_| self.raised(named).is_some()) {
            return Some(OpenFailure::Missing(why.clone()));
        }
        if self.is_cut(named) {
            return None;
        }
        match self.files.map(|files| files.look(named.path())) {
            Some(Answer::Missing(why)) => Some(OpenFailure::Missing(why)),
            Some(Answer::There { .. } | Answer::Unknown) => None,
            None => self.issue(named).map(|_| OpenFailure::Odd),
        }
    }

    /// The file as `boot` explains it.
    pub(in crate::lint) fn missing<'b>(&'b self, named: &NamedFile<'b>, why: Option<&'b str>) -> MissingPath<'b> {
        MissingPath {
            path: &named.file.path,
            purpose: named.purpose,
            entry: Some((&named.entry.title, named.selected)),
            why,
            filesystem: self.files.map(Files::filesystem),
            from: Some((self.configuration.dialect, self.configuration.writer())),
        }
    }
}

/// Why a file does not open.
#[derive(Clone, Debug)]
pub(in crate::lint) enum OpenFailure {
    /// Somebody looked, and got this clause.
    Missing(String),
    /// There is no disk to look at, and a path like this opens on none that is usual.
    Odd,
}
