//! What pygrub raises after the parser, or would if nothing raised in it: in the menu, and when it selects.

use crate::boot::{Overrides, Task, menu, select};
use crate::config::{Cause, Config, Raised, Setting, Stage};
use crate::lint::analysis::context::LintContext;

/// What is raised in the menu and in the selection, or would be if the lines that raise were not there: each cause once. An entry
/// without kernel is not among it, since its kernel may be one of those lines.
pub(in crate::lint) fn raised(context: &LintContext<'_>, causes: &[Cause]) -> Vec<Raised> {
    let ended = context.run.failure.as_ref().and_then(|failure| failure.raised().cloned());
    let ended = ended.filter(|raised| matches!(raised.stage, Stage::Menu | Stage::Select));
    let Some(configuration) = context.configuration() else { return only(ended, causes) };
    let options = &context.run.options;
    if options.task == Task::ListEntries || ended.is_none() && configuration.raised.is_empty() {
        return only(ended, causes);
    }
    let config = configuration.config;
    let shown = options.shows_menu().then(|| menu::show(config, options.release).raised).flatten();
    // The timeout is read first, and once it is a number the menu is drawn.
    let drawn = shown.as_ref().filter(|raised| raised.cause == Cause::Timeout).and_then(|_| {
        let mut config: Config = config.clone();
        config.timeout = Setting::Text("5".into());
        menu::show(&config, options.release).raised
    });
    let selected = select(config, Overrides::of(options), options.build()).raised;
    // Where entries are not what they seem, nothing is known of the menu.
    let doubtful = configuration.raised.iter().any(|raised| is_structural(raised.cause));
    let mut all: Vec<Raised> = ended.into_iter().collect();
    for raised in [shown, drawn, selected].into_iter().flatten() {
        let unsure = doubtful && matches!(raised.cause, Cause::NoEntry | Cause::Drawing);
        if raised.cause != Cause::NoKernel && !unsure && all.iter().all(|known| known.cause != raised.cause) {
            all.push(raised);
        }
    }
    all.retain(|raised| causes.contains(&raised.cause));
    all
}

fn only(raised: Option<Raised>, causes: &[Cause]) -> Vec<Raised> {
    raised.into_iter().filter(|raised| causes.contains(&raised.cause)).collect()
}

/// Whether it is about where entries begin and end.
fn is_structural(cause: Cause) -> bool {
    matches!(cause, Cause::ClosingBrace | Cause::NestedEntry | Cause::OpenEntry | Cause::NotUtf8)
}
