//! `pregrub explain`.

use std::io::{self, Write};

use super::Status;
use super::args::Explain;
use crate::cli::stdout::{Out, complain};
use crate::lint::{Group, RULES, Rule, Selector, find};
use crate::report::explain;

pub(super) fn run(args: &Explain) -> io::Result<Status> {
    let mut asked = Vec::new();
    for name in &args.rules {
        match (find(name), name.parse()) {
            (Some(rule), _) => asked.push(About::Rule(rule)),
            (None, Ok(Selector::Group(group))) => asked.push(About::Group(group)),
            _ => {
                complain(&unknown(name));
                return Ok(Status::Usage);
            }
        }
    }
    let mut out = Out::new(args.color);
    let look = out.look(false);
    for (number, about) in asked.into_iter().enumerate() {
        if number > 0 {
            writeln!(out.text(), "\n")?;
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

/// The rule whose code or name looks most like `name`.
fn closest(name: &str) -> Option<&'static Rule> {
    /// Below this likeness the guess would be no help.
    const LEAST: f64 = 0.7;
    let name = name.to_lowercase();
    let likeness = |rule: &Rule| {
        let code = strsim::normalized_damerau_levenshtein(&rule.code.to_lowercase(), &name);
        code.max(strsim::jaro_winkler(rule.name, &name))
    };
    let rules = RULES.iter().map(|rule| (likeness(rule), *rule));
    let best = rules.max_by(|(one, first), (other, second)| one.total_cmp(other).then(second.code.cmp(first.code)));
    best.filter(|(likeness, _)| *likeness >= LEAST).map(|(_, rule)| rule)
}
