//! The kernel's command line, in words that pygrub and GRUB read alike.
//!
//! What the two do not read alike stands in `generate/kernel_parameters.rs`.

use std::path::Path;

use crate::generate::kernel_parameters::{fault, shown};

/// The arguments of a system: `init=` and its parameters, one space between them.
///
/// # Errors
///
/// A parameter would be read in two ways; the sentence names it.
pub(super) fn command_line(init: &Path, params: &[String]) -> Result<String, String> {
    let init = init.to_str().ok_or_else(|| format!("the path `{}` is not UTF-8", init.display()))?;
    let words: Vec<String> = std::iter::once(format!("init={init}")).chain(params.iter().cloned()).collect();
    if init.contains(' ') {
        return Err(format!("the path `{init}` has a space, which ends a kernel parameter"));
    }
    // A parameter may itself be a list of words: NixOS joins them with spaces in any case.
    let words: Vec<&str> = words.iter().flat_map(|param| param.split(' ')).filter(|word| !word.is_empty()).collect();
    for word in &words {
        if let Some(why) = fault(word) {
            return Err(format!("the kernel parameter `{}` has {why}", shown(word)));
        }
    }
    Ok(words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(params: &[&str]) -> Result<String, String> {
        let params: Vec<String> = params.iter().map(|&param| param.to_owned()).collect();
        command_line(Path::new("/nix/store/x/init"), &params)
    }

    #[test]
    fn words_are_joined() {
        let params = ["loglevel=4", "a=b  c", "", "x=y,z:#1", "cmd=[ok]*", "--", "\u{e9}"];
        assert_eq!(line(&params).unwrap(), "init=/nix/store/x/init loglevel=4 a=b c x=y,z:#1 cmd=[ok]* -- \u{e9}");
    }

    #[test]
    fn what_is_read_in_two_ways_is_refused() {
        for param in
            ["a;b", "#a", "a #b", "a$b", "a\"b", "a'b", "a\\b", "a\tb", "a\nb", "a{", "}", "a|b", "a&b", "<", ">"]
        {
            assert!(line(&[param]).unwrap_err().contains("the kernel parameter `"), "{param}");
        }
        for param in
            ["/dev/*", "(hd0)/?", "*", "?hd0)", "[(]hd0)", "]]", "a\u{a0}b", "\u{2003}", "\u{85}", "a\0b", "a\u{1b}[2J"]
        {
            assert!(line(&[param]).is_err(), "{param:?}");
        }
        assert!(line(&[&"x".repeat(9000)]).is_err());
        assert!(command_line(Path::new("/a b/init"), &[]).is_err());
    }
}
