//! GRUB's environment block, `grubenv`: what `grub-reboot`, `grub-set-default` and `savedefault` leave there.

use crate::lint::analysis::context::LintContext;

/// How long the block is.
const LENGTH: usize = 1024;
/// The value of a variable in the grubenv beside the configuration. Nothing where there is no such file on the disk, no such
/// variable in it, or the variable is empty.
pub(in crate::lint) fn variable(context: &LintContext<'_>, name: &str) -> Option<Vec<u8>> {
    let path = context.configuration()?.path.as_bytes();
    let directory = &path[..path.iter().rposition(|byte| *byte == b'/')?];
    let block = context.files()?.beginning(&[directory, b"/grubenv"].concat(), LENGTH)?;
    value(&block, name)
}

fn value(block: &[u8], name: &str) -> Option<Vec<u8>> {
    let variables = crate::grub::environment_block(block)?;
    let last = variables.into_iter().rev().find(|(known, _)| known == name.as_bytes());
    last.map(|(_, value)| value).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found() {
        let block = b"# GRUB Environment Block\nsaved_entry=a\\\\b\nnext_entry=\nsaved=x\n##########";
        assert_eq!(value(block, "saved_entry").as_deref(), Some(&b"a\\b"[..]));
        assert_eq!(value(block, "next_entry"), None);
        assert_eq!(value(block, "saved").as_deref(), Some(&b"x"[..]));
        assert_eq!(value(&block[1..], "saved"), None);
    }
}
