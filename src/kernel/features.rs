//! Features that a kernel supports or requires, by Xen's numbers for them.

/// The names that libelf knows, with their numbers.
const NAMES: [(u32, &str); 7] = [
    (0, "writable_page_tables"),
    (1, "writable_descriptor_tables"),
    (2, "auto_translated_physmap"),
    (3, "supervisor_mode_kernel"),
    (4, "pae_pgdir_above_4gb"),
    (8, "hvm_callback_vector"),
    (DOM0, "dom0"),
];

/// The feature of a kernel that runs as dom0; one that requires it is none for a guest.
pub(super) const DOM0: u32 = 11;

/// The longest name that libelf looks at.
const LONGEST: usize = 63;

/// The names of the features in a bit mask; a number stands for one that has no name.
pub fn names(mask: u32) -> Vec<String> {
    let name = |bit: u32| match NAMES.iter().find(|(number, _)| *number == bit) {
        Some((_, name)) => (*name).to_owned(),
        None => bit.to_string(),
    };
    (0..32).filter(|bit| mask >> bit & 1 == 1).map(name).collect()
}

/// Reads `a|!b|c` into the masks of supported and required features, where `!` means required. `false` if one is required that
/// libelf does not know.
pub(super) fn parse(text: &[u8], supported: &mut u32, required: &mut u32) -> bool {
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.iter().take(LONGEST).position(|&byte| byte == b'|');
        let (word, next) = match end {
            Some(end) => (&rest[..end], end.saturating_add(1)),
            None => (&rest[..rest.len().min(LONGEST)], rest.len().min(LONGEST)),
        };
        rest = &rest[next..];
        let (name, is_required) = match word.strip_prefix(b"!") {
            Some(name) => (name, true),
            None => (word, false),
        };
        match NAMES.iter().find(|(_, known)| known.as_bytes() == name) {
            Some((number, _)) => {
                *supported |= 1 << number;
                if is_required {
                    *required |= 1 << number;
                }
            }
            None if is_required => return false,
            None => {}
        }
    }
    true
}
