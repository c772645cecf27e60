//! What the page has of one target: the verdict first, then the disk, the run, the menu, the texts, the files, the others.

use maud::{Markup, PreEscaped, html};

use super::overview::{OverviewRow, badge};
use super::source_view::{SourceView, findings_elsewhere, lines_of_interest};
use super::{builder, comparison, menu};
use crate::boot::{BootFiles, ChosenFile, Run};
use crate::compare::Comparison;
use crate::initrd::InitrdLook;
use crate::lint::SpanSource;
use crate::report::guest_text::{kept_in_place, marked_short, plain, short};
use crate::report::notes;
use crate::report::picture::{DiskMap, Station, size, stations, svg};
use crate::report::target_report::{ReportOutcome, TargetReport};
use crate::target::Kind;

/// What other readers make of a target.
#[derive(Clone, Copy)]
pub(crate) struct OtherReaders<'a> {
    /// The comparison.
    pub comparison: &'a Comparison,
    /// The code of the rule for each of its differences.
    pub codes: &'a [Option<&'a str>],
}

/// A target, with all that the page shows of it.
pub(crate) struct TargetSection<'a> {
    /// The number of the section, counted from 1.
    pub number: usize,
    /// Whether there is no other.
    pub is_single: bool,
    /// The target, and what came of it.
    pub report: TargetReport<'a>,
    /// The disk, if it is one.
    pub map: Option<&'a DiskMap>,
    /// What the toolstack and the guest's kernel make of the initrd.
    pub initrd: Option<&'a InitrdLook>,
    /// What other readers make of it, if they were asked.
    pub compared: Option<OtherReaders<'a>>,
}

/// The most of a path or of arguments, in characters.
const LONGEST: usize = 4000;

impl TargetSection<'_> {
    /// The section as HTML.
    pub(crate) fn write(&self) -> String {
        let row = OverviewRow::new(self.number, &self.report);
        let body = match self.report.outcome {
            ReportOutcome::Read { .. } => self.read(),
            ReportOutcome::Unreadable { why, .. } => html! { p class="reason" { (plain(why)) } },
        };
        let section = html! {
            @if self.is_single {
                article class={ "target is-" (row.outcome.class()) } {
                    header { p class="verdict" { (badge(row.outcome)) } h1 { (row.file_name()) } @if row.file_name() != row.name { p class="soft" { (row.name) } } }
                    (body)
                }
            } @else {
                details class={ "target row is-" (row.outcome.class()) } {
                    summary { (badge(row.outcome)) " " h2 { (row.name) } }
                    article id={ "t" (self.number) } aria-label=(row.name) { (body) }
                }
            }
            (PreEscaped("\n"))
        };
        kept_in_place(section.into_string())
    }

    fn read(&self) -> Markup {
        let ReportOutcome::Read { kind, run, explanation, built, findings, suppressed, sources, hashes, .. } =
            self.report.outcome
        else {
            return Markup::default();
        };
        let found = run.deciding_attempt().and_then(|attempt| attempt.found.as_ref()).filter(|found| !found.directory);
        let name_of = |source| sources_name(sources, source);
        html! {
            p class="who" { (kind_words(kind)) ", as pygrub of " (run.options.build().to_string()) " reads it" }
            @if let Some(explanation) = explanation {
                div class="why" {
                    p class="reason" { (plain(&explanation.reason)) }
                    @if let Some(help) = &explanation.help { p class="help" { strong { "What to change: " } (plain(help)) } }
                    @if let Some(evidence) = &explanation.evidence {
                        p class="evidence" { "pygrub raises " code { (short(&evidence.to_string(), LONGEST)) } }
                    }
                }
            }
            @if let Some(chosen) = &run.chosen { (self.chosen(run, chosen, kind, hashes)) }
            @for note in notes::of_disk(run).chain(notes::of(run)) { p class="note" { "Note: " (plain(&note)) } }
            @if let Some(map) = self.map {
                (self.part("The disk", html! { (disk(map)) }))
            }
            (self.part("The run", run_list(&stations(run, explanation, built, kind))))
            @if let Some(attempt) = run.deciding_attempt() {
                @if let Some(found) = &attempt.found { (self.part("The menu", menu::menu(run, attempt, found))) }
            }
            @if let Some(elsewhere) = findings_elsewhere(findings) { (self.part("Findings", elsewhere)) }
            @if let Some(found) = found {
                @let view = SourceView {
                    text: &found.text,
                    findings,
                    source: SpanSource::Configuration,
                    effects: lines_of_interest(run, found),
                    explanation,
                };
                (self.part(&format!("The configuration: {}", name_of(SpanSource::Configuration).unwrap_or_else(|| found.path.to_string())), view.write()))
            }
            @if let Some(text) = sources.domain_text {
                @let view = SourceView { text, findings, source: SpanSource::Domain, effects: Vec::new(), explanation: None };
                (self.part("The domain", view.write()))
            }
            @if suppressed > 0 {
                p class="note" { (suppressed) " finding" @if suppressed != 1 { "s" } " suppressed by comments" }
            }
            @if let Some(built) = built {
                (self.part("The kernel, as Xen's domain builder sees it", builder::facts(built)))
            }
            @if let Some(initrd) = self.initrd {
                (self.part("The initrd, as the toolstack and the guest's kernel see it", builder::of_initrd(initrd)))
            }
            @if let Some(compared) = self.compared { (self.part("Other releases, flavours and GRUB", comparison::table(compared))) }
        }
    }

    /// A part of the section, with its headline.
    fn part(&self, title: &str, body: Markup) -> Markup {
        html! {
            section {
                @if self.is_single { h2 { (plain(title)) } } @else { h3 { (plain(title)) } }
                (body)
            }
        }
    }

    /// What pygrub hands over.
    fn chosen(&self, run: &Run, chosen: &BootFiles, kind: Kind, hashes: &crate::report::check::Hashes) -> Markup {
        let attempt = run.attempts.get(chosen.attempt);
        let entry = chosen.entry.zip(attempt.and_then(|attempt| attempt.found.as_ref()));
        let entry = entry.and_then(|(index, found)| Some((index, found.config.entries.get(index)?, found)));
        html! {
            dl class="chosen" {
                (file("Kernel", &chosen.kernel, hashes.kernel.as_deref()))
                @match &chosen.ramdisk {
                    Some(ramdisk) => (file("Initrd", ramdisk, hashes.ramdisk.as_deref())),
                    None => { dt { "Initrd" } dd { "none" } },
                }
                dt { "Arguments" }
                dd { @match &chosen.args { Some(args) => code { (marked_short(args.as_bytes(), LONGEST)) }, None => "none" } }
                @if let Some((index, entry, found)) = entry {
                    dt { "Entry" }
                    dd { (index) ": " (marked_short(entry.title.as_bytes(), LONGEST)) span class="soft" { ", line " (entry.lines.0) " of " (plain(&found.path.to_string_lossy())) } }
                }
                @if let Some(attempt) = attempt.filter(|_| kind.is_disk()) {
                    dt { "Found" }
                    dd { "offset " (attempt.offset.to_string()) " (" (crate::explain::partition_name::describe(attempt.candidate.as_ref())) ")" }
                }
            }
        }
    }
}

fn sources_name(sources: crate::report::finding::Sources<'_>, source: SpanSource) -> Option<String> {
    match source {
        SpanSource::Configuration => sources.configuration.map(str::to_owned),
        SpanSource::Domain => sources.domain.map(str::to_owned),
        SpanSource::Target => None,
    }
}

fn kind_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Image => "A disk",
        Kind::Directory => "A directory",
        Kind::Config => "A boot configuration alone",
        Kind::Xl => "A domain of xl",
        Kind::Libvirt => "A domain of libvirt",
        Kind::Xapi => "A VM of xapi",
    }
}

fn file(name: &str, file: &ChosenFile, hash: Option<&str>) -> Markup {
    html! {
        dt { (name) }
        dd {
            code { (marked_short(file.path.as_bytes(), LONGEST)) }
            @if let Some(bytes) = file.size { span class="soft" { ", " (size(bytes)) } }
            @if let Some(span) = file.span { span class="soft" { ", line " (span.line) } }
            @if let Some(hash) = hash { span class="soft hash" { " SHA-256 " (hash) } }
        }
    }
}

/// The disk to scale, and what lies on it.
fn disk(map: &DiskMap) -> Markup {
    html! {
        figure class="disk" {
            svg role="img" width="100%" height=(svg::BAR_HEIGHT) {
                title { (plain(&svg::described(map))) }
                (svg::bar(map))
            }
            figcaption { (size(map.length)) " in all, to scale" }
        }
        ol class="pieces" {
            @for piece in &map.pieces {
                li class=(piece.state.class()) {
                    strong { (plain(&piece.title)) }
                    @if let Some(content) = &piece.content { " " span class="content" { (plain(content)) } }
                    " " span class="soft" { (size(piece.length)) " from " (size(piece.start)) }
                    br;
                    (short(&piece.done, LONGEST))
                }
            }
        }
        @if map.left_out > 0 { p class="note" { (map.left_out) " more are not shown" } }
    }
}

/// The steps of the run.
fn run_list(stations: &[Station]) -> Markup {
    html! {
        ol class="run" {
            @for station in stations {
                li class=(station.tone.class()) {
                    span class="what" { (plain(&station.what)) }
                    @if !station.details.is_empty() {
                        ul { @for detail in &station.details { li { (short(detail, LONGEST)) } } }
                    }
                }
            }
        }
    }
}
