//! Many targets: what `check` and `lint` do with each, in threads, and how what comes of it is put together.
//!
//! One bad target never stops the rest. What is reported of a target is written into a part of the output of its own, which is
//! handed over in full when its turn comes.

use std::io::{self, Write};
use std::ops::ControlFlow;

use super::emitter::Emitter;
use super::interrupt::Interrupt;
use super::pool::{Panicked, Pool};
use super::progress::Progress;
use super::stdout::{complain, keeping_back};
use super::target_name::TargetName;
use super::{Error, Status};

/// The targets, and how they are gone through.
pub(super) struct Fleet<'a> {
    pub names: &'a [TargetName],
    pub pool: Pool,
    /// Whether an empty line separates the reports.
    pub is_spaced: bool,
    /// Whether some targets are not reported.
    pub leaves_out: bool,
    /// What the status of the program is at least.
    pub least: Status,
}

/// What came of a target.
pub(super) struct TargetEnd<X> {
    pub status: Status,
    /// What the command adds up.
    pub more: X,
}

/// Why nothing came of a target.
#[derive(Debug)]
pub(super) enum TargetTrouble {
    /// It is about this target alone.
    Target(Error),
    /// It is about every target: nothing more is done.
    All(Error),
}

impl From<io::Error> for TargetTrouble {
    fn from(error: io::Error) -> Self {
        Self::All(Error::Output(error))
    }
}

impl From<Error> for TargetTrouble {
    fn from(error: Error) -> Self {
        match error {
            Error::Output(_) => Self::All(error),
            error => Self::Target(error),
        }
    }
}

/// What the reports on all targets come to.
pub(super) struct Total {
    pub status: Status,
    /// How many targets were reported on.
    pub done: usize,
    /// Whether the user ended it early.
    pub is_interrupted: bool,
}

/// A target's part of the output, with what is said on standard error before it.
struct Part<X> {
    reports: Emitter,
    complaints: Vec<String>,
    ended: Result<TargetEnd<X>, TargetTrouble>,
}

impl Fleet<'_> {
    /// Looks at all targets. `work` reports on one, `unreadable` reports on one without a result, and `each` gets what the command
    /// adds up, in order.
    ///
    /// # Errors
    ///
    /// The output cannot be written, or something is wrong for every target.
    pub(super) fn look_at<S, X: Send>(
        &self,
        reports: &mut Emitter,
        first: S,
        start: impl Fn() -> S + Sync,
        work: impl Fn(&mut S, &TargetName, &mut Emitter) -> Result<TargetEnd<X>, TargetTrouble> + Sync,
        unreadable: impl Fn(&str, &str, &mut Emitter) -> io::Result<()> + Sync,
        mut each: impl FnMut(Status, Option<X>) + Send,
    ) -> Result<Total, Error> {
        let several = self.names.len() > 1;
        let interrupt = if several { Interrupt::noted() } else { Interrupt::default() };
        let mut progress = Progress::new(self.names.len());
        let mut total = Total { status: self.least, done: 0, is_interrupted: false };
        let mut trouble = None;
        let mut reported = 0;
        let template = reports.part();
        let one = |state: &mut S, index: usize| {
            let mut part = template.part();
            part.place = index;
            let (ended, complaints) = keeping_back(|| match self.names.get(index) {
                Some(name) => work(state, name, &mut part),
                None => Err(TargetTrouble::Target(Error::Usage("there is no such target".to_owned()))),
            });
            Part { reports: part, complaints, ended }
        };
        let mut hand_on = |total: &mut Total, (index, name): (usize, &str), part: Result<Part<X>, Panicked>| {
            let mut part = part.unwrap_or_else(|Panicked(why)| Part {
                reports: template.part(),
                complaints: Vec::new(),
                ended: Err(TargetTrouble::Target(Error::Usage(format!(
                    "internal error: {why} on `{name}`; please report this, with the target if you can"
                )))),
            });
            for complaint in &part.complaints {
                complain(complaint);
            }
            let (status, more) = match part.ended {
                Ok(TargetEnd { status, more }) => (status, Some(more)),
                Err(TargetTrouble::Target(error)) => {
                    let status = error.report();
                    if several {
                        // Whatever was written before the end is not complete.
                        part.reports = template.part();
                        part.reports.place = index;
                        unreadable(name, &error.to_string(), &mut part.reports)?;
                    }
                    (status, None)
                }
                Err(TargetTrouble::All(error)) => return Err(error),
            };
            // One that is not reported leaves no gap.
            let is_reported = !self.leaves_out || part.reports.out.kept() > 0;
            if self.is_spaced && is_reported && reported > 0 {
                writeln!(reports.out.text())?;
            }
            reported += usize::from(is_reported);
            reports.append(part.reports)?;
            total.done += 1;
            total.status = total.status.max(status);
            each(status, more);
            progress.done(status, || if several { reports.out.flush() } else { Ok(()) })?;
            Ok(())
        };
        let take = |index: usize, part| {
            let name = self.names.get(index).map(TargetName::as_str).unwrap_or_default();
            if let Err(error) = hand_on(&mut total, (index, name), part) {
                trouble = Some(error);
                return ControlFlow::Break(());
            }
            if interrupt.came() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        self.pool.run(self.names.len(), first, start, one, |part| part.reports.out.kept(), take);
        progress.finish();
        if let Some(error) = trouble {
            return Err(error);
        }
        if let Some(signal) = interrupt.signal()
            && total.done < self.names.len()
        {
            complain(&format!("stopped by a signal: {} of {} targets were looked at", total.done, self.names.len()));
            total.is_interrupted = true;
            total.status = Status::Stopped(signal);
        }
        Ok(total)
    }
}
