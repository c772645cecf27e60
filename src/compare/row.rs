//! Readers that pick the same, folded into one row.

use super::pick::Pick;

/// Readers that pick the same.
#[derive(Clone, Debug)]
pub struct Row<R, W> {
    /// The readers, in the order in which they were asked.
    pub readers: Vec<R>,
    /// What they pick.
    pub pick: Pick,
    /// How the last of them comes to it.
    pub run: W,
}

/// Adds a reader to the row that picks the same, or begins one.
pub(super) fn add<R, W>(rows: &mut Vec<Row<R, W>>, reader: R, pick: Pick, run: W) {
    match rows.iter_mut().find(|row| row.pick == pick) {
        Some(row) => {
            row.readers.push(reader);
            row.run = run;
        }
        None => rows.push(Row { readers: vec![reader], pick, run }),
    }
}
