//! Paths that pygrub walks, or does not, and a tree with the links that they go over.

use super::images::Tree;
use super::random::noise;

/// One file, and ways to write its path.
pub const SPELLINGS: [&str; 24] = [
    "/kernels/k",
    "kernels/k",
    "./kernels/k",
    "../kernels/k",
    "/../kernels/k",
    "/kernels/./k",
    "/kernels/../kernels/k",
    "//kernels/k",
    "///kernels/k",
    "/kernels//k",
    "/kernels///k",
    "//",
    "/kernels//",
    "/kernels/k/",
    "/abs/",
    "/kernels/k/.",
    "/kernels/k/..",
    "/boot/vmlinuz/x",
    "/",
    ".",
    "..",
    "/.",
    "/kernels",
    "/kernels/",
];

/// Paths over the links of [`tree`], and names that are not like others.
const LINKS: [&str; 30] = [
    "/dir",
    "/empty",
    "/abs",
    "/rel",
    "/up",
    "/kernels/up",
    "/dir/k",
    "/dirslash/k",
    "/fileslash",
    "/double",
    "/inside",
    "/self",
    "/loop1",
    "/dangling",
    "/slow",
    "/through",
    "/sparse",
    "/kernels/\u{e9}\u{96ea}",
    "/kernels/back\\slash",
    "/nothing",
    "/Kernels/k",
    "/kernels/K",
    "/chain6",
    "/chain7",
    "/chain8",
    "/chain9",
    "/e7/k",
    "/e8/k",
    "/e9/k",
    "/fifo",
];

/// The paths to try on a filesystem with the [`tree`] and a FIFO at `/fifo`.
pub fn paths() -> impl Iterator<Item = &'static str> {
    SPELLINGS.into_iter().chain(LINKS)
}

/// The longest name that a file can have; the tree has it at the top.
pub fn longest_name() -> String {
    "n".repeat(255)
}

/// What the paths lead to.
pub fn tree() -> Tree {
    let mut tree = Tree::new()
        .file("/kernels/k", noise(70_000, 2))
        .file("/boot/vmlinuz", "vmlinuz")
        .file("/empty", "")
        .file("/kernels/\u{e9}\u{96ea}", "unicode")
        .file("/kernels/back\\slash", "backslash")
        .file(&format!("/{}", longest_name()), "longest name")
        .sparse("/sparse", 3 << 20, vec![(1 << 20, noise(5000, 3)), ((3 << 20) - 10, vec![7; 10])])
        .symlink("/abs", "/kernels/k")
        .symlink("/rel", "kernels/k")
        .symlink("/up", "../../../kernels/k")
        .symlink("/kernels/up", "../boot/vmlinuz")
        .symlink("/dir", "kernels")
        .symlink("/dirslash", "kernels/")
        .symlink("/fileslash", "kernels/k/")
        .symlink("/double", "//boot/vmlinuz")
        .symlink("/inside", "boot//vmlinuz")
        .symlink("/self", "self")
        .symlink("/loop1", "loop2")
        .symlink("/loop2", "loop1")
        .symlink("/dangling", "nothing")
        .symlink("/slow", &format!("{}kernels/k", "./".repeat(50)))
        .symlink("/through", &format!("{}kernels/k", "here/".repeat(60)))
        .symlink("/here", ".");
    for link in 0..10 {
        let target = if link == 0 { "kernels/k".to_owned() } else { format!("chain{}", link - 1) };
        tree = tree.symlink(&format!("/chain{link}"), &target);
        let target = if link == 0 { "kernels".to_owned() } else { format!("e{}/.", link - 1) };
        tree = tree.symlink(&format!("/e{link}"), &target);
    }
    tree
}
