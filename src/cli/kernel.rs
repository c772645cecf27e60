//! `pregrub kernel`.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use super::Status;
use super::args::{Format, Kernel};
use crate::cli::stdout::{Out, complain};
use crate::kernel::{Depth, Look, Looks, Outcome, Question};
use crate::report::kernel::{self as report, Kernel as Report};
use crate::storage::source::FileSource;

pub(super) fn run(args: &Kernel) -> io::Result<Status> {
    let question = match args.question() {
        Ok(question) => question,
        Err(error) => {
            complain(&error);
            return Ok(Status::Usage);
        }
    };
    let mut out = Out::new(args.answer.color);
    let looks = Looks::remembering(args.files.len() > 1);
    let mut worst = Status::Fine;
    for (number, file) in args.files.iter().enumerate() {
        let json = args.answer.format == Format::Json;
        if number > 0 && !json {
            writeln!(out.text())?;
        }
        match look(file, &question, &looks) {
            Ok(look) => {
                if json {
                    out.json(&Report::of_look(file, &look, &question))?;
                } else {
                    report::write_text(file, &look, &question, &mut out.text())?;
                }
                worst = worst.max(match look.outcome(question.guest).and_then(Outcome::starts) {
                    Some(true) => Status::Fine,
                    Some(false) => Status::Fails,
                    None => Status::Unknown,
                });
            }
            Err(error) => {
                let error = format!("cannot read `{file}`: {}", super::why(&error));
                if json {
                    out.json(&Report::of_unreadable(file, &question, &error))?;
                }
                complain(&error);
                worst = Status::Unknown;
            }
        }
    }
    out.finish()?;
    Ok(worst)
}

fn look(file: &str, question: &Question, looks: &Looks) -> io::Result<Look> {
    let file = File::open(Path::new(file))?;
    if file.metadata()?.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let source = FileSource::new(file)?;
    let size = crate::storage::source::Source::len(&source);
    looks.look(&source, size, question, Depth::All)
}
