//! `pregrub menu`: pygrub's menu in this terminal, and what would have been booted. The drop-in draws it; nothing is copied.

use std::io::{self, IsTerminal, Write};

use clap::Args;

use super::guest_arg::GuestArg;
use super::output_args::Color;
use super::pygrub::menu::Terminal;
use super::pygrub_args::PygrubArgs;
use super::target_name::TargetName;
use super::{Error, Status};
use crate::boot::{Console, Menu};
use crate::cli::stdout::Out;
use crate::config::Config;
use crate::explain::Explanation;
use crate::kernel::{GuestType, KernelDepth, Looks, build};
use crate::release::Release;
use crate::report::text;
use crate::xl::domain::GuestKind;

const AFTER_MENU: &str = "\
Arrows select, Enter boots, `e` edits the lines of an entry, `a` its arguments, `c` takes commands, `p` the password. After a number of \
seconds that the configuration sets, the selected entry is taken. Nothing is booted and nothing is copied: the choice is reported as \
`pregrub check` reports it.

Exit status: 0 Xen would boot the choice (or the bare configuration selects it, or pygrub is not asked for this domain); 1 it would not, \
or Ctrl-C ended the menu; 2 there is no terminal, usage error, a broken pregrub.toml, or an internal error; 3 the target could not be \
read, or the verdict is unknown.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_MENU)]
pub(super) struct MenuArgs {
    /// Whose menu to show: an image, a block device, a directory, or a configuration (of the boot, or of a domain)
    #[arg(value_name = "TARGET")]
    target: TargetName,
    #[command(flatten)]
    pygrub: PygrubArgs,
    /// The type of the guest that the kernel is loaded for [default: what the domain's configuration says, else pv]
    #[arg(long = "type", value_enum)]
    guest: Option<GuestArg>,
    /// When to use colours in the report; auto respects the terminal and NO_COLOR
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    color: Color,
}

/// The terminal, and whether a menu was shown on it.
struct Watched {
    terminal: Terminal,
    was_shown: bool,
}

impl Console for Watched {
    fn show(&mut self, config: &Config, text: &[u8], release: Release) -> Menu {
        self.was_shown = true;
        self.terminal.show(config, text, release)
    }
}

pub(super) fn run(args: &MenuArgs) -> Result<Status, Error> {
    let name = &args.target;
    if name.is_stdin() {
        return Err(Error::Usage("the keys come from standard input: give the configuration as a file".to_owned()));
    }
    let settings = args.pygrub.settings.of(name).map_err(Error::Usage)?;
    let options = args.pygrub.options(&settings).map_err(Error::Usage)?;
    if !options.shows_menu() {
        let why = "pygrub shows no menu if it is called with an entry, or to be quiet: leave --entry and --quiet out, or call with --interactive";
        return Err(Error::Usage(why.to_owned()));
    }
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        let why =
            "the menu needs a terminal as standard input and output: `pregrub entries` lists the entries without one";
        return Err(Error::Usage(why.to_owned()));
    }
    let mut console = Watched { terminal: Terminal::of_the_host(), was_shown: false };
    if let Some(raised) = console.terminal.refuses() {
        return Err(Error::Usage(format!("the menu cannot be drawn on this terminal, see TERM ({})", raised.message)));
    }
    let target = args.pygrub.open(name, options)?;
    let unreadable = |error: &dyn std::fmt::Display| Error::Target(error.to_string());
    let volumes = target.target().volumes();
    let mut run = target.run_with(volumes.as_ref(), &mut console).map_err(|error| unreadable(&error))?;
    let of_domain = target.target().guest().map(|guest| match guest {
        GuestKind::Pvh => GuestType::Pvh,
        _ => GuestType::Pv,
    });
    let guest = args.guest.map(GuestType::from).or(of_domain).unwrap_or_default();
    let built = match &volumes {
        Some(volumes) => build(&mut run, volumes, guest, KernelDepth::Notes, &Looks::remembering(false))
            .map_err(|error| Error::Target(super::cannot_read(name.as_str(), &error)))?,
        None => None,
    };
    let explanation: Option<Explanation> = target.explain(&run, volumes.as_ref());
    if let Some(chosen) = run.chosen.as_mut().filter(|_| console.was_shown) {
        // How long it was looked at says nothing of a boot.
        chosen.seconds = None;
    }
    let mut out = Out::new(args.color);
    if console.was_shown {
        // The menu leaves the cursor in its last line.
        writeln!(out.text())?;
    }
    let look = out.look(false);
    let said = text::Said { explanation: explanation.as_ref(), built: built.as_ref(), findings: &[] };
    text::write(&run, said, name.as_str(), target.kind(), look, &mut out.colored())?;
    if !console.was_shown && run.started() {
        writeln!(out.text(), "  note: pygrub shows no menu here")?;
    }
    out.finish()?;
    Ok(match Status::from(run.verdict) {
        Status::NotApplicable => Status::Fine,
        status => status,
    })
}
