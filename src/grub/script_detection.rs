//! Whether a text of unknown origin is a script of GRUB's, by its commands.

/// Whether a line begins with one of the commands without which no configuration of GRUB's does anything: entries, or other files.
pub(crate) fn is_script(text: &[u8]) -> bool {
    const COMMANDS: [&[u8]; 22] = [
        b"menuentry",
        b"submenu",
        b"set",
        b"if",
        b"for",
        b"while",
        b"function",
        b"source",
        b".",
        b"configfile",
        b"normal",
        b"linux",
        b"linux16",
        b"linuxefi",
        b"initrd",
        b"chainloader",
        b"multiboot",
        b"multiboot2",
        b"insmod",
        b"search",
        b"blscfg",
        b"load_env",
    ];
    memchr::memchr(0, text).is_none()
        && text.split(|byte| matches!(byte, b'\n' | b';')).any(|line| {
            let mut words =
                line.trim_ascii().split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
            let Some(command) = words.next().filter(|word| COMMANDS.contains(word)) else { return false };
            let rest: Vec<&[u8]> = words.collect();
            match command {
                b"menuentry" | b"submenu" => line.contains(&b'{') || line.contains(&b'"') || line.contains(&b'\''),
                // English has these words as well.
                b"set" => rest.first().is_some_and(|word| word.contains(&b'=')),
                b"if" | b"for" | b"while" => line.contains(&b';') || line.contains(&b'['),
                b"function" => line.contains(&b'{'),
                b"source" | b"." | b"configfile" | b"linux" | b"linux16" | b"linuxefi" | b"initrd" | b"chainloader" => {
                    rest.first().is_some_and(|word| word.iter().any(|byte| matches!(byte, b'/' | b'$' | b'(')))
                }
                b"normal" | b"search" => {
                    rest.first().is_none_or(|word| word.iter().any(|byte| matches!(byte, b'/' | b'$' | b'(' | b'-')))
                }
                _ => true,
            }
        })
}

#[cfg(test)]
mod tests {
    use super::is_script;

    #[test]
    fn scripts_and_prose() {
        for text in [
            "menuentry 'A' {\n",
            "  set default=0\n",
            "x=1; source /boot/a.cfg\n",
            "if [ x = x ]; then\n",
            "search --file /k\n",
            "normal\n",
            "insmod ext2\n",
        ] {
            assert!(is_script(text.as_bytes()), "{text}");
        }
        for text in
            ["", "set the table\n", "if you like\n", "search for it\n", "linux is fine\n", "hello\n", "insmod ext2\n\0"]
        {
            assert!(!is_script(text.as_bytes()), "{text}");
        }
    }
}
