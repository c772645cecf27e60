//! A bzImage: Linux's boot sector and setup, with the kernel packed inside.

/// How much of the file the header takes that libxenguest looks at.
pub(super) const HEADER: usize = 0x250;
/// Where `HdrS` stands.
const MAGIC_AT: usize = 0x202;
/// The oldest boot protocol whose header says where the payload is: 2.08.
const OLDEST: u16 = 0x0208;
/// The longest version string that is looked at.
const LONGEST_VERSION: usize = 256;

/// The header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BzImage {
    /// The boot protocol: 0x020f is 2.15.
    pub protocol: u16,
    /// Where the payload begins.
    pub payload_start: u64,
    /// Its length by the header.
    pub payload_length: u64,
    /// Where the version string begins.
    pub version_at: Option<u64>,
}

impl BzImage {
    /// `None` if the file does not begin as one.
    pub(super) fn read(head: &[u8]) -> Option<Self> {
        let head = head.get(..HEADER)?;
        if !head[MAGIC_AT..].starts_with(b"HdrS") {
            return None;
        }
        let word = |at: usize| head[at..].first_chunk().map_or(0, |word| u16::from_le_bytes(*word));
        let long = |at: usize| head[at..].first_chunk().map_or(0, |long| u64::from(u32::from_le_bytes(*long)));
        let setup = u64::from(head[0x1f1]).saturating_add(1).saturating_mul(512);
        let version = u64::from(word(0x20e));
        Some(Self {
            protocol: word(0x206),
            payload_start: setup.saturating_add(long(0x248)),
            payload_length: long(0x24c),
            version_at: (version != 0 && version + 0x200 < setup).then_some(version + 0x200),
        })
    }

    /// Whether the header is too old to tell where the payload is.
    pub(super) fn is_too_old(&self) -> bool {
        self.protocol < OLDEST
    }
}

/// The version in the text at the beginning of `bytes`: its first word, and the whole text.
pub(super) fn version(bytes: &[u8]) -> Option<String> {
    let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    let text = &text[..text.len().min(LONGEST_VERSION)];
    let word = text.split(|byte| byte.is_ascii_whitespace()).next().unwrap_or_default();
    let word = std::str::from_utf8(word).ok()?;
    (!word.is_empty() && word.chars().all(|c| c.is_ascii_graphic())).then(|| word.to_owned())
}
