//! Patterns in words: the files whose names match, in the order of the directory.

use super::interpreter::Interpreter;
use super::machine::FileLookup;

/// The most files that a pattern is replaced by.
const MOST: usize = 10_000;

/// A byte and whether it is protected.
type Letter = (u8, bool);

/// The files that match; none where none does, or where it is not a path.
pub(super) fn matching(grub: &mut Interpreter<'_>, pattern: &[Letter]) -> Vec<Vec<u8>> {
    let slash = pattern.iter().position(|(byte, _)| *byte == b'/').unwrap_or(pattern.len());
    let (device, path) = pattern.split_at(slash);
    let mut found: Vec<Vec<u8>> = if device.iter().any(is_wild) {
        let names = grub.machine.devices().into_iter().map(|device| format!("({})", device.name).into_bytes());
        names.filter(|name| matches(device, name)).collect()
    } else {
        vec![device.iter().map(|(byte, _)| *byte).collect()]
    };
    if path.is_empty() {
        return found;
    }
    for component in path[1..].split(|(byte, _)| *byte == b'/') {
        let mut deeper = Vec::new();
        let wild = component.iter().any(is_wild);
        for place in found {
            if !wild {
                let name: Vec<u8> = component.iter().map(|(byte, _)| *byte).collect();
                deeper.push([&place[..], b"/", &name].concat());
                continue;
            }
            grub.spend(50);
            let directory = [&place[..], b"/"].concat();
            let listed = match grub.locate(&directory) {
                Ok((device, path)) => grub.machine.list(&device, &path),
                Err(_) => Ok(Vec::new()),
            };
            match listed {
                Ok(names) => {
                    grub.spend(names.len() as u64);
                    let names = names.into_iter().filter(|name| matches(component, name));
                    deeper.extend(names.map(|name| [&directory[..], &name].concat()));
                }
                Err(FileLookup::Unknown(why)) => {
                    let shown = String::from_utf8_lossy(&directory).into_owned();
                    if grub.machine.is_imagined() {
                        grub.note(format!(
                            "there is no disk to look at: pregrub assumes that nothing in `{shown}` matches a pattern"
                        ));
                    } else {
                        grub.cannot_tell(format!("which files in `{shown}` match a pattern: {why}"));
                    }
                }
                Err(_) => {}
            }
            deeper.truncate(MOST);
        }
        found = deeper;
    }
    // What does not exist is not a match.
    found.retain(|name| exists(grub, name));
    found
}

fn exists(grub: &mut Interpreter<'_>, name: &[u8]) -> bool {
    !matches!(grub.find(name), FileLookup::Missing(_))
}

fn is_wild(letter: &Letter) -> bool {
    matches!(letter, (b'*' | b'?', false))
}

/// Whether a name matches: `*` any letters, `?` none or one.
fn matches(pattern: &[Letter], name: &[u8]) -> bool {
    // Which lengths of the name the pattern so far can have matched.
    let mut reached = vec![false; name.len() + 1];
    reached[0] = true;
    for &(byte, protected) in pattern {
        let mut next = vec![false; name.len() + 1];
        match (byte, protected) {
            (b'*', false) => {
                let mut any = false;
                for (at, here) in reached.iter().enumerate() {
                    any |= here;
                    next[at] = any;
                }
            }
            (b'?', false) => {
                for (at, here) in reached.iter().enumerate() {
                    next[at] |= here;
                    if *here && at < name.len() {
                        next[at + 1] = true;
                    }
                }
            }
            _ => {
                for (at, letter) in name.iter().enumerate() {
                    next[at + 1] = reached[at] && *letter == byte;
                }
            }
        }
        reached = next;
    }
    reached[name.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match() {
        let letters = |text: &str| text.bytes().map(|byte| (byte, false)).collect::<Vec<_>>();
        for (pattern, name, want) in [
            ("v-*", "v-6.1", true),
            ("*", "", true),
            ("*a*", "xay", true),
            ("*a*", "xy", false),
            ("a*b", "ab", true),
            ("a", "ab", false),
        ] {
            assert_eq!(matches(&letters(pattern), name.as_bytes()), want, "{pattern} {name}");
        }
    }
}
