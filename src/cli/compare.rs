//! `pregrub compare`.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use clap::Args;

use super::Status;
use super::args::{Answer, Format, GuestArg, How};
use super::progress::Progress;
use super::recursive::{RecursiveArgs, Sought};
use super::settings::{Finder, Settings};
use super::stdout::{Out, complain};
use crate::boot::Options;
use crate::compare::{Change, Comparison, Environment, Readers, compare_on};
use crate::flavour::Build;
use crate::lint::{Rule, explaining_rules};
use crate::release::Release;
use crate::report::compare::{Report, Upgrade};
use crate::report::compare_text;
use crate::storage::mount::Volumes;
use crate::target::{Kind, Target};

const AFTER: &str = "\
Exit status: 0 all boot the same; with --from and --to, every target boots the same as before, or boots with neither; 1 something \
boots something else or nothing; 2 called wrongly, a broken pregrub.toml, or an internal error; 3 a target could not be read, or \
pregrub cannot tell (with several targets this wins over 1).";

#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub(super) struct CompareArgs {
    /// What to compare on: an image, a block device, a directory, a configuration (of the boot, or of a domain), or `-`
    #[arg(required = true, value_name = "TARGET")]
    targets: Vec<String>,
    /// The pygrub of today, as --release takes it: show only what another one (--to) changes [default with --to: host]
    #[arg(long, value_name = "RELEASE", requires = "to", conflicts_with = "release")]
    from: Option<String>,
    /// The pygrub of tomorrow: 4.20, debian-4.17, xcp-ng-8.3
    #[arg(long, value_name = "RELEASE", conflicts_with = "release")]
    to: Option<String>,
    /// Leave GRUB out: compare pygrubs only
    #[arg(long)]
    no_grub: bool,
    /// The type of the guest that the kernel is loaded for [default: what the domain's configuration says, else pv]
    #[arg(long = "type", value_enum)]
    guest: Option<GuestArg>,
    #[command(flatten)]
    how: How,
    #[command(flatten)]
    answer: Answer,
    #[command(flatten)]
    recursive: RecursiveArgs,
}

pub(super) fn run(args: &CompareArgs) -> io::Result<Status> {
    match all(args) {
        Ok(done) => done,
        Err(error) => {
            complain(&error);
            Ok(Status::Usage)
        }
    }
}

/// Compares on all targets. An error is about what the user asked for, not about a target.
fn all(args: &CompareArgs) -> Result<io::Result<Status>, String> {
    let mut finder = Finder::new(&args.how.settings, &args.targets)?;
    let targets = args.recursive.targets(&args.targets, Sought::Everything, &mut finder)?;
    // A mistake in the options is reported before anything is read.
    let first = finder.of("-")?;
    args.readers(&first)?;
    let mut work = Work {
        args,
        out: Out::new(args.answer.color),
        counts: BTreeMap::new(),
        unreadable: 0,
        upgrade: args.upgrade()?,
        written: false,
    };
    let progress = Progress::new(targets.names.len(), args.recursive.recursive);
    let mut worst = if targets.incomplete { Status::Unknown } else { Status::Fine };
    for name in &targets.names {
        let readers = args.readers(&*finder.of(name)?)?;
        match work.one(name, &readers) {
            Ok(status) => worst = worst.max(status),
            Err(error) => return Ok(Err(error)),
        }
        if let Err(error) = progress.done(|| work.out.flush_for(args.recursive.recursive)) {
            return Ok(Err(error));
        }
    }
    progress.finish();
    Ok(work.finish().map(|()| worst))
}

impl CompareArgs {
    /// The two pygrubs of an upgrade.
    fn upgrade(&self) -> Result<Option<(Build, Build)>, String> {
        let Some(to) = &self.to else { return Ok(None) };
        let from = self.from.as_deref().unwrap_or("host");
        Ok(Some((How::build_named(from)?, How::build_named(to)?)))
    }

    fn readers(&self, settings: &Settings) -> Result<Readers, String> {
        let guest = self.guest.map(Into::into);
        if let Some(to) = &self.to {
            let from = self.from.as_deref().unwrap_or("host");
            let pygrubs: Vec<Options> =
                [from, to].into_iter().map(|word| self.how.options_named(word, settings)).collect::<Result<_, _>>()?;
            return Ok(Readers { pygrubs, environments: Vec::new(), guest });
        }
        let environments = if self.no_grub { Vec::new() } else { Environment::all() };
        Ok(Readers { pygrubs: self.how.every_options(settings)?, environments, guest })
    }
}

/// The work on all targets.
struct Work<'a> {
    args: &'a CompareArgs,
    out: Out,
    counts: BTreeMap<Change, usize>,
    unreadable: usize,
    upgrade: Option<(Build, Build)>,
    /// Whether a target is on the page already.
    written: bool,
}

impl Work<'_> {
    fn one(&mut self, name: &str, readers: &Readers) -> io::Result<Status> {
        match read(self.args, name, readers) {
            Ok(compared) => self.report(name, &compared),
            Err(error) => {
                self.unreadable += 1;
                if self.args.answer.format == Format::Json {
                    self.out.json(&Report::of_unreadable(name, &error))?;
                }
                complain(&error);
                Ok(Status::Unknown)
            }
        }
    }

    fn report(&mut self, name: &str, compared: &Compared) -> io::Result<Status> {
        let Compared { kind, comparison, rules } = compared;
        let codes: Vec<Option<&str>> = rules.iter().map(|rule| rule.map(|rule| rule.code)).collect();
        let upgrade = self.upgrade.and_then(|(from, to)| {
            let change = Change::between(&comparison.of_build(from)?.pick, &comparison.of_build(to)?.pick);
            Some(Upgrade { from, to, change })
        });
        if let Some(upgrade) = upgrade {
            *self.counts.entry(upgrade.change).or_default() += 1;
        }
        let status = match upgrade.map(|upgrade| upgrade.change) {
            Some(Change::Unknown) => Status::Unknown,
            Some(change) if change.is_bad() => Status::Fails,
            Some(_) => Status::Fine,
            None if !comparison.is_known() => Status::Unknown,
            None if comparison.agrees() => Status::Fine,
            None => Status::Fails,
        };
        if self.args.answer.format == Format::Json {
            self.out.json(&Report::new(name, *kind, comparison, &codes, upgrade))?;
            return Ok(status);
        }
        if upgrade.is_some_and(|upgrade| upgrade.change.is_none()) {
            return Ok(status);
        }
        if std::mem::replace(&mut self.written, true) {
            writeln!(self.out.text())?;
        }
        let look = self.out.look(false);
        match upgrade {
            Some(upgrade) => {
                compare_text::write_upgrade(comparison, name, upgrade, &codes, look, &mut self.out.colored())?;
            }
            None => compare_text::write(comparison, name, &codes, look, &mut self.out.colored())?,
        }
        Ok(status)
    }

    fn finish(mut self) -> io::Result<()> {
        if let Some((from, to)) = self.upgrade.filter(|_| self.args.answer.format == Format::Text) {
            let names = (from.to_string(), to.to_string());
            let summary = compare_text::summary((&names.0, &names.1), &self.counts, self.unreadable);
            let gap = if self.written { "\n" } else { "" };
            writeln!(self.out.text(), "{gap}{summary}")?;
        }
        self.out.finish()
    }
}

/// A target that was compared on.
struct Compared {
    kind: Kind,
    comparison: Comparison,
    /// The rules that explain the differences.
    rules: Vec<Option<&'static Rule>>,
}

/// Opens a target for the oldest of its readers, who reads most of a configuration, and compares.
fn read(args: &CompareArgs, name: &str, readers: &Readers) -> Result<Compared, String> {
    let oldest = readers.pygrubs.iter().map(|options| options.release).min().unwrap_or(Release::NEWEST);
    let target =
        Target::open(Path::new(name), args.how.wanted(), oldest).map_err(|error| error.to_string())?;
    let volumes = target.volumes();
    let comparison =
        compare_on(&target, volumes.as_ref(), name, readers).map_err(|error| error.to_string())?;
    let rules = explaining_rules(&comparison, &target, volumes.as_ref().map(|volumes| volumes as &dyn Volumes));
    Ok(Compared { kind: target.kind(), comparison, rules })
}
