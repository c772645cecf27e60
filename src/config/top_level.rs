//! Directives outside entries: default, timeout and the rest.

use super::directive::{self, Directive, Effect};
use super::entry::{FilePath, PathRule};
use super::raised::{Cause, Raised, Stage};
use super::span::LineText;
use super::warnings::Beginning;
use super::{Config, Setting};
use crate::python::{Int, PyStr, Python, int};
use crate::release::{Change, Release};

impl Config {
    /// Notes what a line did.
    pub(super) fn note(&mut self, line: LineText<'_>, argument: &str, effect: Effect) {
        if self.keeps(effect) {
            self.directives.push(Directive { line: line.span(), argument: line.span_of(argument), effect });
        }
    }

    /// Does what a directive outside an entry does. `argument` is stripped.
    pub(super) fn apply(
        &mut self,
        line: LineText<'_>,
        argument: &str,
        effect: Effect,
        release: Release,
    ) -> Result<(), Raised> {
        self.note(line, argument, effect);
        let result = match effect {
            Effect::Default => self.set_default(line, argument, release),
            Effect::Timeout => {
                self.timeout = Setting::Text(PyStr::from_line(argument, release.python()));
                self.timeout_span = Some(line.span_of(argument));
                Ok(())
            }
            Effect::Password => {
                self.has_password = true;
                self.password = Some(PyStr::from_line(argument, release.python()));
                Ok(())
            }
            _ => Ok(()),
        };
        directive::mark(&mut self.directives, &result);
        result
    }

    /// A `splashimage`: nothing but a path that can raise.
    pub(super) fn apply_splash(&mut self, line: LineText<'_>, argument: &str, release: Release) -> Result<(), Raised> {
        self.note(line, argument, Effect::Stored);
        let result = FilePath::parse(line, argument, PathRule::Device, release).map(drop);
        directive::mark(&mut self.directives, &result);
        result
    }

    /// Sets the default by the rules of GRUB's dialects: a number, text, or 0 where it is not a number.
    pub(super) fn set_default(&mut self, line: LineText<'_>, value: &str, release: Release) -> Result<(), Raised> {
        let python = release.python();
        let span = line.span_of(value);
        self.default_span = Some(span);
        if value == "saved" {
            self.default = Setting::Number(Int::Small(0));
            return Ok(());
        }
        let since_python3 = release.has(Change::Python3);
        if !since_python3 && release.has(Change::DefaultByTitle) {
            self.default = Setting::Text(PyStr::from_line(value, python));
            return Ok(());
        }
        let number = match (int::parse(value, python), since_python3) {
            (Ok(number), _) => number,
            (Err(message), false) => {
                return Err(Raised::new(Stage::Parse, "ValueError", message, Cause::DefaultNotANumber).at(span));
            }
            (Err(_), true) => {
                let warning = format!("Invalid value {value}, setting default to 0");
                self.warnings.push(Beginning::Nothing, &warning, python, span.line);
                Int::Small(0)
            }
        };
        if number.is_negative() {
            let message =
                if since_python3 { "default must be non-negative number" } else { "default must be positive number" };
            return Err(Raised::new(Stage::Parse, "ValueError", message, Cause::NegativeDefault).at(span));
        }
        self.default = Setting::Number(number);
        Ok(())
    }

    /// Logs a command that pygrub does not know, at the level that its flavour has for that.
    pub(super) fn warn_unknown(&mut self, line: LineText<'_>, beginning: Beginning, command: &str, python: Python) {
        let log = if self.warns_of_unknown { &mut self.warnings } else { &mut self.debug_messages };
        log.push(beginning, command, python, line.number);
    }
}
