//! `pregrub explain`.

use std::io::Write;

use clap::Args;

use super::output_args::{ObjectFormat, OutputArgs};
use super::{Error, Status};
use crate::cli::stdout::Out;
use crate::lint::{Group, RULES, Rule, Selector, closest, find};
use crate::report::explain;
use crate::report::rules::Rules;

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The rules, by code or name: PG001, device-variable; of a group (storage, PG3) its list
    #[arg(required = true, value_name = "RULE")]
    pub rules: Vec<String>,
    #[command(flatten)]
    pub output: OutputArgs,
}

pub(super) fn run(args: &ExplainArgs) -> Result<Status, Error> {
    let mut asked = Vec::new();
    for name in &args.rules {
        match (find(name), name.parse()) {
            (Some(rule), _) => asked.push(About::Rule(rule)),
            (None, Ok(Selector::Group(group))) => asked.push(About::Group(group)),
            _ => return Err(Error::Usage(unknown(name))),
        }
    }
    let mut out = Out::new(args.output.color);
    if args.output.format == ObjectFormat::Json {
        let rules: Vec<&Rule> = asked.into_iter().flat_map(About::rules).collect();
        out.json(&Rules::of(&rules))?;
        out.finish()?;
        return Ok(Status::Fine);
    }
    let look = out.look(false);
    for (number, about) in asked.into_iter().enumerate() {
        if number > 0 {
            out.text().write_all(b"\n\n")?;
        }
        match about {
            About::Rule(rule) => explain::write(rule, look, &mut out.colored())?,
            About::Group(group) => explain::write_group(group, look, &mut out.colored())?,
        }
    }
    out.finish()?;
    Ok(Status::Fine)
}

/// What is to be explained.
enum About {
    Rule(&'static Rule),
    Group(Group),
}

impl About {
    /// The rules that it is about.
    fn rules(self) -> Vec<&'static Rule> {
        match self {
            Self::Rule(rule) => vec![rule],
            Self::Group(group) => RULES.iter().copied().filter(|rule| rule.group() == group).collect(),
        }
    }
}

/// That there is no such rule, and which one may be meant.
fn unknown(name: &str) -> String {
    let list = "`pregrub rules` lists them";
    match closest(name) {
        Some(rule) => {
            format!("there is no rule `{name}`; the closest is {} ({}), and {list}", rule.code, rule.name)
        }
        None => format!("there is no rule `{name}`: {list}"),
    }
}
