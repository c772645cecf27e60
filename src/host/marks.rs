//! The marks that distributors' patches leave in pygrub's text.

use memchr::memmem::find;

use super::rooted::Rooted;
use crate::flavour::Flavour;

/// pygrub has some 1,000 lines.
const LONGEST: u64 = 1 << 20;

/// The text of a pygrub; `None` if the file is not there or is not Python, as pregrub in its place is.
pub(super) fn text(host: &Rooted, path: &str) -> Option<Vec<u8>> {
    let text = host.read(path, LONGEST).ok()?;
    let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    (line.starts_with(b"#!") && find(line, b"python").is_some()).then_some(text)
}

/// Who built the pygrub with this text, and what in it says so, as a clause. `None` if it is not pygrub's text.
pub(super) fn flavour(text: &[u8]) -> Option<(Flavour, &'static str)> {
    let has = |mark: &str| find(text, mark.as_bytes()).is_some();
    if has("/etc/pygrub/rules.d") || has("/kernel-xenserver") {
        return Some((Flavour::XcpNg, "has the title rules or the kernel of XenServer's patches"));
    }
    if has("/boot/vmlinuz-xenpae") {
        return Some((Flavour::Suse, "has the fixed kernels of SUSE's patches"));
    }
    match (has("sniff_netware"), has("sniff_solaris")) {
        (true, true) => Some((Flavour::Upstream, "has the probe for Solaris and no patch that pregrub knows")),
        (true, false) => Some((Flavour::Debian, "lacks the probe for Solaris, as Debian's patch leaves it")),
        _ => None,
    }
}
