//! Findings about what pygrub raises: what an exception means and the way out is told by `boot::advice`, in one place for the
//! verdict and for the rules.

use crate::boot::advice;
use crate::config::{Raised, Stage};
use crate::lint::{Finding, Subject};

/// The finding for something that pygrub raises. It stops the boot.
pub(super) fn finding(subject: &Subject<'_>, raised: Raised) -> Finding {
    let advice = match subject.configuration() {
        Some(configuration) => {
            let seen = advice::Seen {
                path: configuration.path,
                dialect: configuration.dialect,
                text: configuration.text,
                directory: false,
                config: configuration.config,
            };
            advice::of_raised(subject.attempt(), Some(seen), &raised)
        }
        None => advice::of_raised(subject.attempt(), subject.attempt().and_then(advice::Seen::of), &raised),
    };
    let mut finding = Finding::new(advice.reason).stops_boot(true);
    if let Some(span) = raised.span.filter(|_| subject.configuration().is_some()) {
        finding = finding.at(span, advice.label);
    } else if matches!(raised.stage, Stage::Parse | Stage::Menu | Stage::Select) && subject.configuration().is_some() {
        finding = finding.in_configuration();
    }
    finding.help = advice.help;
    finding.raised = Some(raised);
    finding
}
