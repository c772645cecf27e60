//! The kernel's parameters: one line that pygrub hands over as it stands and GRUB reads as a script.

use super::refusal::Refusal;

/// Checks one parameter: both readers must take it for the same.
///
/// # Errors
///
/// They would not (measured with pygrub 4.17.7 and GRUB 2.06), or NixOS sets it itself.
pub(crate) fn check(parameter: &str) -> Result<(), Refusal> {
    let shown = parameter.escape_debug();
    let refused =
        |why: &str, instead: &str| Err(Refusal::new(format!("the kernel parameter `{shown}` {why}"), instead));
    if parameter.is_empty() {
        return refused("is empty", "leave it out");
    }
    if parameter.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return refused("has a blank or a control character in it", "give each parameter by itself");
    }
    if let Some(c) = parameter.chars().find(|c| "\"'$\\;{}&|<>`".contains(*c)) {
        return Err(Refusal::new(
            format!(
                "the kernel parameter `{shown}` has a `{c}` in it, which pygrub hands over as it stands and GRUB takes for a part \
                 of its script, so that one disk would start with two command lines"
            ),
            "find a way to say it without",
        ));
    }
    if parameter.starts_with('#') {
        return refused("begins with `#`, where GRUB's comments begin and pygrub's do not", "leave it out");
    }
    if parameter.starts_with("init=") {
        return refused("would replace the init= of every generation by one", "leave it out: NixOS sets it");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn parameters() {
        for fine in ["quiet", "console=hvc0", "x=1,2", "a#b", "é=1", "root=fstab", "a=b=c"] {
            check(fine).unwrap();
        }
        for refused in ["", "a b", "a\tb", "a\n", "#a", "a;b", "$x", "\"a\"", "a\\b", "init=/bin/sh", "a\u{1}", "it's"]
        {
            assert!(check(refused).is_err(), "{refused:?}");
        }
    }
}
