//! The body of an entry, which the parsers read when the entry ends.

use crate::config::Config;
use crate::config::directive;
use crate::config::entry::Entry;
use crate::config::lines::{Body, BodyLine};
use crate::config::raised::Raised;
use crate::release::Release;

impl Config {
    /// Reads the lines of an entry, each with `read`, and keeps the entry.
    pub(super) fn close(
        &mut self,
        mut entry: Entry,
        body: &Body<'_>,
        release: Release,
        read: impl Fn(&mut Self, &mut Entry, &BodyLine<'_>, Release) -> Result<(), Raised>,
    ) {
        entry.directives.reserve_exact(body.len().min(16));
        for line in body.iter() {
            let result = read(self, &mut entry, &line, release);
            directive::mark(&mut entry.directives, &result);
            self.catch(result);
        }
        entry.directives.shrink_to_fit();
        self.entries.push(entry);
    }
}
