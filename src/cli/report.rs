//! `pregrub report`: one page to look at, or a picture.

mod destination;

use std::io;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use self::destination::Destination;
use super::caller_file::refuse_links_of_commits;
use super::check::{Asks, configuration_shown, judge};
use super::emitter::Emitter;
use super::exit_status::ExitArgs;
use super::fleet::{Fleet, TargetEnd, TargetTrouble};
use super::guest_arg::GuestArg;
use super::job_args::JobArgs;
use super::levels::LevelArgs;
use super::pygrub_args::PygrubArgs;
use super::recursive::{RecursiveArgs, Sought, Targets};
use super::settings::Finder;
use super::stdin_filename::StdinArgs;
use super::target_list::TargetListArgs;
use super::target_name::TargetName;
use super::{Error, Status};
use crate::boot::{Options, Run};
use crate::check::{Judged, Until, compare_opened};
use crate::cli::effective_settings::{AllAsked, EffectiveSettings};
use crate::cli::stdout::{Out, complain};
use crate::compare::{Comparison, Environment, Readers};
use crate::config::READ_LIMIT;
use crate::initrd::InitrdLook;
use crate::kernel::{GuestType, Looks};
use crate::lint::LintContext;
use crate::release::Release;
use crate::report::html::{OtherReaders, OverviewRow, Page, TargetSection};
use crate::report::picture::{DiskMap, stations, svg};
use crate::report::target_report::{ReportOutcome, TargetReport};
use crate::simulation::OpenTarget;
use crate::storage::mount::{MountedOnce, Volumes};
use crate::target::{DiskAccess, Target};

const AFTER_REPORT: &str = "\
The page is one file, without a script, and loads nothing. It is there in full or not at all. With several targets it has an overview \
with filters first. `--format svg` draws the disk and the run alone, of one target.

Exit status: 0 Xen would boot it (or the bare configuration selects an entry, or pygrub is not asked for this domain) and no finding \
reaches the threshold; 1 it would not, or a finding does; 2 usage error, a broken pregrub.toml, or the report could not be written; 3 a \
target could not be read, or a verdict is unknown; 4 with --exit-not-applicable, pygrub is not asked. With several targets the worst counts: 2, then 3, then 1, then 4.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_REPORT)]
pub(super) struct ReportArgs {
    /// What to report on: an image, a block device, a directory, a configuration (of the boot, or of a domain), or `-`
    #[arg(required_unless_present = "targets_from", value_name = "TARGET")]
    targets: Vec<TargetName>,
    /// Write to this file, in one step; `-` is standard output [default: standard output, unless that is a terminal]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// What to write [default: by the ending of the file; else html]
    #[arg(long, value_enum)]
    format: Option<PageFormat>,
    /// Leave the comparison with other releases, flavours and GRUB out: it takes most of the time
    #[arg(long)]
    no_compare: bool,
    #[command(flatten)]
    pygrub: PygrubArgs,
    /// The type of the guest that the kernel is loaded for [default: what the domain's configuration says, else pv]
    #[arg(long = "type", value_enum)]
    guest: Option<GuestArg>,
    /// Read kernel and initrd in full and show their SHA-256
    #[arg(long)]
    hash: bool,
    #[command(flatten)]
    list: TargetListArgs,
    #[command(flatten)]
    stdin: StdinArgs,
    #[command(flatten)]
    jobs: JobArgs,
    #[command(flatten)]
    levels: LevelArgs,
    #[command(flatten)]
    exit: ExitArgs,
    #[command(flatten)]
    recursive: RecursiveArgs,
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PageFormat {
    /// One page with everything
    Html,
    /// The picture of the disk and the run, of one target
    Svg,
}

impl ReportArgs {
    fn format(&self) -> PageFormat {
        let is_svg = |path: &PathBuf| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("svg"));
        self.format.unwrap_or(if self.output.as_ref().is_some_and(is_svg) { PageFormat::Svg } else { PageFormat::Html })
    }
}

pub(super) fn run(args: &ReportArgs) -> Result<Status, Error> {
    refuse_links_of_commits(args.output.as_slice()).map_err(Error::Usage)?;
    let named = args.list.named(&args.targets).map_err(Error::Usage)?;
    let finder = Finder::new(&args.pygrub.settings, &named.names).map_err(Error::Usage)?;
    let mut targets = args.recursive.targets(named.names, Sought::Everything, &finder).map_err(Error::Usage)?;
    if args.list.is_given() {
        targets.are_listed_but(&args.targets);
    }
    args.pygrub.trust.apply(&mut targets).map_err(Error::Usage)?;
    targets.incomplete |= named.is_incomplete;
    args.list.keep_shard(&mut targets.names);
    let format = args.format();
    let is_single = targets.names.len() == 1;
    if format == PageFormat::Svg && !is_single {
        let why = "a picture is of one target: name one, or write a page (--format html)";
        return Err(Error::Usage(why.to_owned()));
    }
    let destination = Destination::new(args.output.as_deref(), &targets.names).map_err(Error::Usage)?;
    // A mistake in the options is reported before anything is read.
    let first = finder.in_force();
    let options = args.pygrub.options(&first).map_err(Error::Usage)?;
    let reporting = Reporting {
        args,
        format,
        targets: &targets,
        is_single,
        asked: AllAsked::new(
            &finder,
            |settings| args.pygrub.options(settings).map(|options| vec![options]),
            &args.levels,
        ),
        looks: Looks::remembering(!is_single),
    };
    let mut reports = Emitter::of_page(Out::spooled());
    let fleet = Fleet {
        names: &targets.names,
        pool: args.jobs.pool(targets.names.len()),
        is_spaced: false,
        leaves_out: false,
        least: if targets.incomplete { Status::Unknown } else { Status::Fine },
    };
    let release = options.release;
    let total = fleet.look_at(
        &mut reports,
        (),
        || (),
        |(), name, reports| reporting.one(name, reports),
        |name, why, reports| reporting.unreadable(name, why, release, reports),
        |_, _: Option<()>| (),
    )?;
    if total.is_interrupted {
        complain("no report is written");
        return Ok(total.status);
    }
    let (rows, out) = reports.into_page();
    let Some(mut spool) = out.into_spool()?.filter(|_| format == PageFormat::Html || !rows.is_empty()) else {
        return Ok(total.status);
    };
    let page = Page { rows: &rows, build: Some(options.build().to_string()), is_incomplete: targets.incomplete };
    destination.write(|out| {
        if format == PageFormat::Html {
            out.write_all(page.before().as_bytes())?;
        }
        io::copy(&mut spool, out)?;
        if format == PageFormat::Html {
            out.write_all(Page::after().as_bytes())?;
        }
        Ok(())
    })?;
    Ok(total.status)
}

/// The work on all targets, shared by all threads.
struct Reporting<'a> {
    args: &'a ReportArgs,
    format: PageFormat,
    targets: &'a Targets,
    is_single: bool,
    asked: AllAsked,
    looks: Looks,
}

impl Reporting<'_> {
    fn one(&self, name: &TargetName, reports: &mut Emitter) -> Result<TargetEnd<()>, TargetTrouble> {
        let args = self.args;
        let shown = args.stdin.shown(name);
        let all = self.asked.get().map_err(Error::Usage)?;
        let Some(asked) = all.first() else { return Ok(TargetEnd { status: Status::Fine, more: () }) };
        let access = self.targets.access(name);
        match self.examined(name, asked, &access) {
            Ok(examined) => {
                let Examined { judged, map, initrd, comparison, codes } = &examined;
                let status = Status::from(judged.run.verdict).max(asked.threshold.status(&judged.findings));
                let configuration = configuration_shown(judged, name, shown);
                let report = judged.report(shown.as_str(), &judged.findings, configuration.as_deref(), None);
                let codes: Vec<Option<&str>> = codes.clone();
                let compared = comparison.as_ref().map(|comparison| OtherReaders { comparison, codes: &codes });
                self.write(report, Shown { map: map.as_ref(), initrd: initrd.as_ref(), compared }, reports)?;
                Ok(TargetEnd { status: args.exit.applied(status), more: () })
            }
            Err(Error::Target(why)) if self.format == PageFormat::Html => {
                self.unreadable(shown.as_str(), &why, asked.options.release, reports)?;
                complain(&why);
                Ok(TargetEnd { status: Status::Unknown, more: () })
            }
            Err(error) => Err(error.into()),
        }
    }

    fn unreadable(&self, name: &str, why: &str, release: Release, reports: &mut Emitter) -> io::Result<()> {
        let report = TargetReport { target: name, outcome: ReportOutcome::Unreadable { why, release } };
        self.write(report, Shown::default(), reports)
    }

    fn write(
        &self,
        report: TargetReport<'_>,
        Shown { map, initrd, compared }: Shown<'_>,
        reports: &mut Emitter,
    ) -> io::Result<()> {
        let number = reports.place.saturating_add(1);
        let text = match (self.format, report.outcome) {
            (PageFormat::Html, _) => {
                TargetSection { number, is_single: self.is_single, report, map, initrd, compared }.write()
            }
            (PageFormat::Svg, ReportOutcome::Read { kind, run, explanation, built, .. }) => {
                let caption = svg::Caption {
                    target: report.target,
                    build: run.options.build().to_string(),
                    verdict: run.verdict,
                };
                svg::document(&caption, map, &stations(run, explanation, built, kind))
            }
            // There is nothing to draw.
            (PageFormat::Svg, ReportOutcome::Unreadable { .. }) => return Ok(()),
        };
        reports.section(OverviewRow::new(number, &report), &text)
    }

    fn examined(&self, name: &TargetName, asked: &EffectiveSettings, access: &DiskAccess) -> Result<Examined, Error> {
        let args = self.args;
        let guest = args.guest.map(GuestType::from);
        let opened = args.pygrub.open_standing_for(name, &args.stdin, asked.options.clone(), access)?;
        let volumes = opened.target().volumes();
        let asks = Asks { guest, until: Until::Builder, hash: args.hash, looks: &self.looks };
        let judged = judge(&opened, volumes.as_ref(), asked, None, &[], asks)?;
        let map = map(&judged.run, volumes.as_ref())
            .map_err(|error| Error::Target(super::cannot_read(name.as_str(), &error)))?;
        let initrd = volumes.as_ref().and_then(|volumes| initrd(&judged, volumes, args.hash));
        let mut examined = Examined { judged, map, initrd, comparison: None, codes: Vec::new() };
        if args.no_compare || self.format == PageFormat::Svg || !opened.target().asks_bootloader() {
            return Ok(examined);
        }
        let readers = Readers {
            pygrubs: args.pygrub.options_of_every_build(&asked.settings),
            environments: Environment::all(),
            guest,
        };
        let unlimited = self.opened_in_full(name, asked, access, &opened, &readers)?;
        let (target, volumes) = match &unlimited {
            Some(other) => (other.target(), None),
            None => (opened.target(), volumes.as_ref()),
        };
        let compared = compare_opened(target, volumes, name.as_str(), &readers);
        let (comparison, explained) = compared.map_err(|error| Error::Target(error.to_string()))?;
        examined.codes = explained.iter().map(|finding| Some(finding.as_ref()?.rule.code)).collect();
        examined.comparison = Some(comparison);
        Ok(examined)
    }

    /// The configuration once more, with all that the oldest of the readers reads of it. `None` if all of them read the same.
    fn opened_in_full(
        &self,
        name: &TargetName,
        asked: &EffectiveSettings,
        access: &DiskAccess,
        opened: &OpenTarget,
        readers: &Readers,
    ) -> Result<Option<OpenTarget>, Error> {
        let Target::Config { text, .. } = opened.target() else { return Ok(None) };
        if text.len() <= READ_LIMIT || name.is_stdin() {
            return Ok(None);
        }
        let oldest = readers.pygrubs.iter().map(|options| options.release).min().unwrap_or(asked.options.release);
        let options = Options { release: oldest, ..asked.options.clone() };
        self.args.pygrub.open_with(name, options, access).map(Some)
    }
}

/// What is shown of a target besides what came of it.
#[derive(Clone, Copy, Default)]
struct Shown<'a> {
    map: Option<&'a DiskMap>,
    initrd: Option<&'a InitrdLook>,
    compared: Option<OtherReaders<'a>>,
}

/// A target, with everything that the report has of it.
struct Examined {
    judged: Judged,
    map: Option<DiskMap>,
    /// What the toolstack and the guest's kernel make of the initrd.
    initrd: Option<InitrdLook>,
    comparison: Option<Comparison>,
    /// The code of the rule for each difference.
    codes: Vec<Option<&'static str>>,
}

/// What the linter sees of the initrd, in full if that is asked.
fn initrd(judged: &Judged, volumes: &MountedOnce<'_>, in_full: bool) -> Option<InitrdLook> {
    let mut context = LintContext::new(&judged.run, judged.kind).with_volumes(volumes);
    if in_full {
        context = context.with_whole_initrd();
    }
    context.initrd().cloned()
}

/// The disk that the run was performed on. `None` if there is none.
fn map(run: &Run, volumes: Option<&MountedOnce<'_>>) -> io::Result<Option<DiskMap>> {
    let disk = volumes.and_then(|volumes| volumes.disk());
    disk.map(|disk| DiskMap::new(run, disk)).transpose()
}
