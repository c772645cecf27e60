//! `pregrub completions`: scripts that complete the command line, from the table of options that parses it.

use clap::builder::PossibleValuesParser;
use clap::{Arg, Args, Command, ValueEnum, ValueHint};
use clap_complete::Shell;
use clap_complete_nushell::Nushell;

use super::output_args::Color;
use super::{Error, Status};
use crate::cli::stdout::Out;
use crate::lint::{Group, RULES};
use crate::report::schema::SCHEMAS;

const AFTER_COMPLETIONS: &str = "\
Where the script belongs:
  bash        /usr/share/bash-completion/completions/pregrub
  zsh         a directory of $fpath, as _pregrub
  fish        ~/.config/fish/completions/pregrub.fish
  elvish      eval (pregrub completions elvish | slurp), in rc.elv
  nushell     a file that config.nu names with `use`
  powershell  pregrub completions powershell | Out-String | Invoke-Expression, in $PROFILE

The packages install those of bash, zsh and fish.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_COMPLETIONS)]
pub(super) struct CompletionsArgs {
    /// The shell to write the script for
    #[arg(value_enum, value_name = "SHELL")]
    shell: ShellArg,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ShellArg {
    Bash,
    Elvish,
    Fish,
    Nushell,
    Powershell,
    Zsh,
}

/// Writes the script that completes `command`, the whole command line.
pub(super) fn run(args: &CompletionsArgs, mut command: Command) -> Result<Status, Error> {
    // Until then the subcommands have no options.
    command.build();
    let mut command = suggesting(command);
    let mut script = Vec::new();
    let mut write = |shell: Shell| clap_complete::generate(shell, &mut command, "pregrub", &mut script);
    match args.shell {
        ShellArg::Bash => write(Shell::Bash),
        ShellArg::Elvish => write(Shell::Elvish),
        ShellArg::Fish => write(Shell::Fish),
        ShellArg::Powershell => write(Shell::PowerShell),
        ShellArg::Zsh => write(Shell::Zsh),
        ShellArg::Nushell => clap_complete::generate(Nushell, &mut command, "pregrub", &mut script),
    }
    let mut out = Out::new(Color::Never);
    out.own().write_all(&script)?;
    out.finish()?;
    Ok(Status::Fine)
}

/// The table with what a shell may suggest: files, rules and schemas. Parsing does not go by it, since more is accepted.
fn suggesting(command: Command) -> Command {
    command.mut_subcommands(|subcommand| {
        let name = subcommand.get_name().to_owned();
        subcommand
            .mut_args(|arg| {
                let values: Vec<&'static str> = match (name.as_str(), arg.get_id().as_str()) {
                    ("explain", "rules") => rules(),
                    ("schema", "name") => SCHEMAS.iter().map(|schema| schema.word()).collect(),
                    (_, "allow" | "warn" | "deny") => rules().into_iter().chain(["all"]).collect(),
                    _ => Vec::new(),
                };
                if !values.is_empty() {
                    return arg.value_parser(PossibleValuesParser::new(values));
                }
                hinted(arg)
            })
            .mut_subcommands(|subcommand| subcommand.mut_args(hinted))
    })
}

/// Codes of rules and names of groups.
fn rules() -> Vec<&'static str> {
    RULES.iter().map(|rule| rule.code).chain(Group::ALL.into_iter().map(Group::name)).collect()
}

/// The argument with what its value is, by the name that the help gives it. What is not said completes to the names of files.
fn hinted(arg: Arg) -> Arg {
    let hint = match arg.get_value_names().and_then(|names| names.first()).map(|name| name.as_str()) {
        Some("TARGET" | "FILE" | "FILE|-" | "IMAGE") => ValueHint::FilePath,
        Some("DIRECTORY") => ValueHint::DirPath,
        Some(_) => ValueHint::Other,
        None => return arg,
    };
    arg.value_hint(hint)
}
