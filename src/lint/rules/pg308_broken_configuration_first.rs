use crate::explain::partition_name as origin;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shown_text;
use crate::lint::rules::{Diagnostic, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds configurations that pygrub gave up on before it went on to the partition that it boots from.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub swallows every error in a configuration and tries the next partition, without a word. What boots then is the
    /// configuration of another partition: often an old one, or a rescue system.
    ///
    /// ## Example
    ///
    /// ```text
    /// xvda1  /grub/grub.cfg with linux ($drive1)//kernels/k
    /// xvda2  /boot/grub/grub.cfg of an older installation
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// xvda1  /grub/grub.cfg with linux /kernels/k
    /// ```
    ///
    /// `pregrub lint` on a copy of the broken configuration reports everything that is wrong in it.
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17. Xen 4.0 looks at one partition only.
    "PG308" "broken-configuration-first" Warning, stops: Never, releases: from(EveryPartition), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let run = context.run;
    let deciding = match (&run.chosen, &run.failure) {
        (Some(chosen), _) => Some(chosen.attempt),
        (None, failure) => failure.as_ref().and_then(|failure| failure.attempt),
    };
    for attempt in run.attempts.iter().take(deciding.unwrap_or(0)) {
        let Some(found) = &attempt.found else { continue };
        let place = origin::describe(attempt.candidate.as_ref());
        let why = match &attempt.raised {
            _ if found.directory => "it is a directory".to_owned(),
            Some(raised) => {
                let said = shown_text(raised.to_string().as_bytes());
                raised.span.map_or(said.clone(), |span| format!("line {}, {said}", span.line))
            }
            None => "the selected entry has an empty path for its kernel".to_owned(),
        };
        let message = format!("pygrub rejects `{}` ({place}) silently and goes on: {why}", found.path);
        report.add(
            Diagnostic::new(message)
                .help("fix that configuration, or remove it if the one on the later partition is meant"),
        );
    }
}
