//! `pregrub man`: manual pages and the reference page, from the table of options that parses the command line.

mod markdown;

use std::io;
use std::path::PathBuf;

use clap::{Args, Command, ValueEnum};
use clap_mangen::Man;

use super::interrupt::while_writing;
use super::output_args::Color;
use super::{Error, Status};
use crate::cli::stdout::Out;
use crate::generate::output::{make_directories, write_files_again};

/// The date that the pages bear: that of the last change of the command line (docs/release.md).
const DATE: &str = "2026-11-28";

const AFTER_MAN: &str = "\
The pages are those that the packages install: pregrub man check | man -l -

Exit status: 0 written; 2 there is no such page, or a file cannot be written.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_MAN)]
pub(super) struct ManArgs {
    /// The page to print: a subcommand, such as `check` or `generate nixos` [default: pregrub itself]
    #[arg(value_name = "COMMAND", conflicts_with = "directory")]
    page: Vec<String>,
    /// Write all pages into this directory, which is made: pregrub.1, pregrub-check.1, ...
    #[arg(long, value_name = "DIRECTORY")]
    directory: Option<PathBuf>,
    /// How it is written; markdown is the reference page of all commands, docs/command-line.md
    #[arg(long, value_enum, default_value_t = ManFormat::Roff, conflicts_with_all = ["directory", "page"])]
    format: ManFormat,
}

/// How pages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ManFormat {
    /// For man
    Roff,
    Markdown,
}

/// Writes the pages of `table`, the whole command line.
pub(super) fn run(args: &ManArgs, table: Command) -> Result<Status, Error> {
    let table = built(table);
    let pages = pages(&table)?;
    if let Some(directory) = &args.directory {
        make_directories(directory).map_err(|error| Error::Usage(error.to_string()))?;
        let names: Vec<String> = pages.iter().map(|page| format!("{}.1", page.name)).collect();
        let files: Vec<_> = names.iter().zip(&pages).map(|(name, page)| (name.as_str(), page.text.as_str())).collect();
        while_writing(|| write_files_again(directory, &files, is_page))
            .map_err(|error| Error::Usage(error.to_string()))?;
        return Ok(Status::Fine);
    }
    if args.format == ManFormat::Markdown {
        let page = markdown::page(&table).map_err(|error| io::Error::other(error.to_string()))?;
        return print(&page);
    }
    let wanted: Vec<&str> = std::iter::once("pregrub").chain(args.page.iter().map(String::as_str)).collect();
    let wanted = wanted.join("-");
    let page = pages.iter().find(|page| page.name == wanted).ok_or_else(|| {
        Error::Usage(format!(
            "there is no page `{wanted}`: `pregrub --help` lists the subcommands, each of which has one"
        ))
    })?;
    print(&page.text)
}

/// Whether a file begins as a manual page of this program does.
fn is_page(head: &[u8]) -> bool {
    memchr::memmem::find(head, b"\n.TH PREGRUB").is_some_and(|at| at < 200)
}

fn print(page: &str) -> Result<Status, Error> {
    let mut out = Out::new(Color::Never);
    out.own().write_all(page.as_bytes())?;
    out.finish()?;
    Ok(Status::Fine)
}

/// A manual page.
struct Page {
    /// `pregrub-check`.
    name: String,
    /// In roff.
    text: String,
}

/// All pages, that of the program first.
fn pages(table: &Command) -> io::Result<Vec<Page>> {
    let mut pages = Vec::new();
    add(table, &mut pages)?;
    Ok(pages)
}

/// The table of commands and options, with what clap adds.
fn built(table: Command) -> Command {
    let mut command = table.disable_help_subcommand(true);
    command.build();
    command
}

fn add(command: &Command, pages: &mut Vec<Page>) -> io::Result<()> {
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let man = Man::new(command.clone().version(None::<&str>))
        .title(name.to_uppercase())
        .date(DATE)
        .source(concat!("pregrub ", env!("CARGO_PKG_VERSION")))
        .manual("User Commands");
    let mut roff = Vec::new();
    man.render(&mut roff)?;
    // Two breaks around an empty line are one gap, and a section needs a name that says what it holds.
    let text = String::from_utf8_lossy(&roff).replace("\n.br\n\n.br\n", "\n.sp\n");
    let mut text = text.replace("\n.SH EXTRA\n", "\n.SH NOTES\n");
    if pages.is_empty() {
        text.push_str(MORE);
    } else {
        text.push_str(".SH \"SEE ALSO\"\n\\fBpregrub\\fR(1)\n");
    }
    pages.push(Page { name, text });
    command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()).try_for_each(|one| add(one, pages))
}

/// What no option says, after the options of the program.
const MORE: &str = r#".SH ENVIRONMENT
.TP
\fBNO_COLOR\fR
If it is set and not empty, no colours are used.
.TP
\fBFORCE_COLOR\fR, \fBCLICOLOR_FORCE\fR
If one is set to anything but 0, colours are used wherever the output goes.
.TP
\fBCLICOLOR\fR
If it is 0, no colours are used.
.TP
\fBFORCE_HYPERLINK\fR
0 turns links in the text off, 1 turns them on where the terminal does not say that it has them.
.TP
\fBPREGRUB_RELEASE\fR, \fBPREGRUB_FLAVOUR\fR
The pygrub that the drop-in is: see \fBpregrub-pygrub\fR(1).
.TP
\fBGITHUB_ACTIONS\fR, \fBTF_BUILD\fR, \fBGITLAB_CI\fR, \fBTEAMCITY_VERSION\fR, \fBJENKINS_URL\fR, \fBCI\fR
If one is set, what a guest wrote cannot become a command of the runner.
.SH FILES
.TP
\fIpregrub.toml\fR
Settings for every run in its directory and below.
.SH "SEE ALSO"
\fBpregrub-check\fR(1), \fBpregrub-lint\fR(1), \fBpregrub-explain\fR(1), \fBxl.cfg\fR(5)
"#;
