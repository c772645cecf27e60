//! The linter on any configuration, and its reports and fixes.

use std::io;

use pregrub::boot::{Options, Verdict};
use pregrub::config::Dialect;
use pregrub::lint::{Fixer, Levels, LintContext, lint as all};
use pregrub::release::Release;
use pregrub::report::check::Hashes;
use pregrub::report::finding::Sources;
use pregrub::report::sarif::Log;
use pregrub::report::target_report::{ReportOutcome, TargetReport};
use pregrub::report::text::{TextStyle, write_findings};
use pregrub::report::{concise, github};
use pregrub::simulation::Simulation;
use pregrub::target::{Kind, Target};

/// Looks at a configuration. The first byte says how; the rest is the text.
///
/// Where pygrub fails on it, a finding stops the boot, and where it does not, none does. Places lie in the text, every report can
/// be written, and what is fixed is no worse than before.
pub fn lint(input: &[u8]) {
    let Some((&how, text)) = input.split_first() else { return };
    let dialect = [Dialect::Grub2, Dialect::Legacy, Dialect::Extlinux][usize::from(how & 3).min(2)];
    let releases: Vec<Release> = Release::lines().collect();
    let release = releases[usize::from(how >> 3) % releases.len()];
    let options = Options { release, interactive: Some(false), ..Options::default() };
    let target = Target::Config { dialect, text: text.to_owned() };
    let simulation = Simulation::from(options.clone());
    let run = simulation.on("a configuration", target).run_on(None).expect("it is in memory");
    let levels = Levels::default();
    let findings = all(&LintContext::new(&run, Kind::Config), &levels);
    if run.verdict != Verdict::Unknown {
        let stops = findings.iter().any(|finding| finding.stops_boot);
        assert_eq!(stops, run.verdict == Verdict::Fails, "{release}: {:?}", run.failure);
    }
    for finding in &findings {
        let related = finding.related.iter().map(|related| related.span);
        let edits = finding.fix.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
        for span in finding.span.into_iter().chain(related).chain(edits) {
            assert!(text.get(span.range()).is_some(), "{} points outside: {span:?}", finding.rule.code);
        }
    }
    let sources = Sources { configuration: Some("a configuration"), ..Sources::default() };
    let look = TextStyle { color: false, width: 80, verbose: how & 4 != 0, links: false };
    let written = write_findings(&findings, &run, None, sources, look, &mut io::sink());
    let explanation = pregrub::explain::explain(&run);
    let explanation = explanation.as_ref();
    let hashes = Hashes::default();
    let read = ReportOutcome::Read {
        kind: Kind::Config,
        run: &run,
        explanation,
        judged: true,
        built: None,
        hashes: &hashes,
        findings: &findings,
        suppressed: 0,
        sources,
        pygrubs: None,
    };
    let examined = TargetReport { target: "a configuration", outcome: read };
    let mut log = Log::new(release);
    log.add(&examined);
    let written = written
        .and_then(|()| concise::write(&examined, &mut io::sink()))
        .and_then(|()| github::write(&examined, &mut io::sink()))
        .and_then(|()| log.write(0, &mut io::sink()));
    written.expect("a sink takes everything");

    let unsafe_too = how & 4 != 0;
    let fixer = Fixer { name: "a configuration", dialect, options, levels: &levels, unsafe_too };
    let fixed = fixer.fix(text.to_owned()).text;
    if fixed != text && run.verdict == Verdict::Selects {
        let after = simulation.on("a configuration", Target::Config { dialect, text: fixed });
        let after = after.run_on(None).expect("it is in memory");
        assert_ne!(after.verdict, Verdict::Fails, "fixed, and worse than before");
    }
}
