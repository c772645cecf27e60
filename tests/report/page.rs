//! The page of `pregrub report`: well-formed, closed to everything outside, and with a guest's words in their place.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use data_encoding::BASE64;
use sha2::{Digest, Sha256};

use crate::common::images::{Filesystem, Image, Tree, Volume};
use crate::common::program::{corpus, run, run_with_input};
use crate::common::tools;

/// What a guest may write to get out of its place. Harmless wherever it ends up.
pub const HOSTILE: &str = "set timeout=5\n\
menuentry \"<script>document.title='ran'</script><img src=x onerror=document.title='ran'>\" {\n\
\tlinux /boot/vmlinuz '\"><svg onload=document.title=1> </style><style>*{display:none}</style> ]]> --> &lt; <!-- {{x}}\n\
\tinitrd /boot/initrd\" onmouseover=\"x\n\
}\n\
menuentry \"turned \u{202e} hidden \u{200b} coloured \u{1b}[31m bell \u{7} none \u{ffff}\" {\n\
\tlinux ($x)/k</pre></code></td><h1>no</h1>\n\
}\n\
menuentry 'javascript:document.title=1' {\n\
\tlinux /boot/vmlinuz url(http://192.0.2.1/x) @import\n\
}\n";

/// The page as XML: what HTML leaves open is closed.
fn as_xml(page: &str) -> String {
    let empty = fancy_regex::Regex::new(r"<(meta|input|br)\b([^>]*)>").unwrap();
    empty.replace_all(page, "<$1$2/>").into_owned()
}

/// Every element with the names of its attributes, as another parser reads the page.
fn elements(page: &str) -> Vec<String> {
    const PROGRAM: &str = "\
import sys
from html.parser import HTMLParser
class Parser(HTMLParser):
    def handle_starttag(self, tag, attributes):
        print(tag, *sorted(name for name, _ in attributes))
    def handle_comment(self, data):
        print('comment')
Parser().feed(sys.stdin.buffer.read().decode())
";
    let mut child = Command::new("python3")
        .args(["-c", PROGRAM])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3");
    let mut stdin = child.stdin.take().unwrap();
    let text = page.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()).unwrap());
    let ended = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(ended.status.success());
    let mut elements: Vec<String> = String::from_utf8(ended.stdout).unwrap().lines().map(str::to_owned).collect();
    elements.sort();
    elements.dedup();
    elements
}

fn assert_closed(page: &str) {
    tools::assert_well_formed(&as_xml(page));
    let start = page.find("<style>").unwrap() + "<style>".len();
    let end = page.find("</style>").unwrap();
    let hash = BASE64.encode(&Sha256::digest(&page.as_bytes()[start..end]));
    let policy = format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'");
    assert!(page.contains(&format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">")), "{policy}");
    assert_eq!(page.matches("<style").count(), 1);
    // Before anything that could load something.
    assert!(page.find("Content-Security-Policy").unwrap() < start);
    for element in elements(page) {
        let mut words = element.split(' ');
        let name = words.next().unwrap();
        assert!(
            !matches!(name, "script" | "img" | "link" | "iframe" | "object" | "base" | "form" | "comment"),
            "{element}"
        );
        let is_bad = |word: &str| word.starts_with("on") || matches!(word, "src" | "style" | "srcset" | "xlink:href");
        assert!(!words.any(is_bad), "{element}");
    }
    let hrefs = page.split("href=\"").skip(1);
    hrefs.for_each(|rest| assert!(rest.starts_with("#t"), "{}", &rest[..rest.len().min(60)]));
    let is_unsafe = |c: &char| {
        c.is_control() && !matches!(c, '\n' | '\t') || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
    };
    let unsafe_char = page.chars().find(is_unsafe);
    assert_eq!(unsafe_char, None);
}

#[test]
fn every_kind_of_target_has_a_page() {
    let targets = [
        corpus("images/recipe.img"),
        corpus("images/nixos-default.img"),
        corpus("cases/debian-12-mkconfig/grub.cfg"),
        corpus("cases/latin-1/grub.cfg"),
        "/nonexistent".to_owned(),
    ];
    for target in &targets {
        assert_closed(&run(&["report", target]).stdout);
    }
    let names: Vec<&str> = targets.iter().map(String::as_str).collect();
    let arguments = [&["report", "--no-compare"], names.as_slice()].concat();
    let page = run(&arguments).stdout;
    assert_closed(&page);
    assert!(page.contains("<h1>5 targets</h1>"));
    for number in 1..=5 {
        let link = format!("href=\"#t{number}\"");
        assert!(page.contains(&link) && page.contains(&format!("<article id=\"t{number}\"")));
    }
    assert_eq!(run(&[&arguments[..], &["--jobs", "3"]].concat()).stdout, page, "the page depends on nothing else");
}

#[test]
fn a_domain_shows_its_text() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("guest.cfg");
    let disk = corpus("images/recipe.img");
    fs::write(
        &file,
        format!(
            "name = '<b>g</b>'\ntype = 'pv'\nbootloader = 'pygrub'\ndisk = [ '{disk},raw,xvda,rw' ]\nmemory = 'x'\n"
        ),
    )
    .unwrap();
    let page = run(&["report", file.to_str().unwrap()]).stdout;
    assert_closed(&page);
    assert!(page.contains("&lt;b&gt;g&lt;/b&gt;") && page.contains("<h2>The domain</h2>"));
}

#[test]
fn a_guests_words_stay_where_they_are() {
    let ended = run_with_input(&["report", "--as", "config", "--dialect", "grub2", "-"], HOSTILE.as_bytes());
    assert_closed(&ended.stdout);
    assert!(ended.stdout.contains("&lt;script&gt;document.title='ran'&lt;/script&gt;"));
    assert!(ended.stdout.contains("<span class=\"raw\">\\u202e</span>"));
    // As a disk, whose files have such names; as the name of the target; with bytes that are not UTF-8.
    let tree = Tree::new().file("/boot/grub/grub.cfg", HOSTILE).file("/boot/vmlinuz", "x");
    assert_closed(&run(&["report", &Image::whole(&Volume::ext4(tree).sized(4 << 20)).argument()]).stdout);
    let directory = tempfile::tempdir().unwrap();
    let named = directory.path().join("<b onclick=x>\"'&\u{202e}.cfg");
    fs::write(&named, [b"menuentry \"caf\xe9\" {\n linux /k \xff\n}\n".as_slice(), b"<script>"].concat()).unwrap();
    let name = named.to_str().unwrap();
    let page = run(&["report", "--as", "config", "--dialect", "grub2", name, name]).stdout;
    assert_closed(&page);
    assert!(page.contains("&lt;b onclick=x&gt;&quot;'&amp;\\u202e.cfg"), "{page}");
    assert!(page.contains("<span class=\"raw\">\\xe9</span>"));
}

#[test]
fn a_long_file_is_shown_in_windows() {
    let mut text = "set timeout=5\nset default=7000\n".to_owned();
    for number in 0..8000 {
        text.push_str(&format!("menuentry \"e{number}\" {{\n linux /k n={number}\n}}\n"));
    }
    text.push_str(&format!(
        "# {}\nmenuentry \"last\" {{\n linux ($x)/k {}\n}}\n",
        "c".repeat(5000),
        "a".repeat(90_000)
    ));
    let ended = run_with_input(
        &["report", "--no-compare", "--as", "config", "--dialect", "grub2", "--release", "4.17", "-"],
        text.as_bytes(),
    );
    let page = ended.stdout;
    assert_closed(&page);
    assert!(page.len() < 250_000, "{} bytes of page for {} of text", page.len(), text.len());
    assert!(page.contains(" are not shown</p>") && page.contains(" more bytes</span>"), "{page}");
    assert!(page.contains("7900 more entries are not shown") || page.contains("more entries are not shown"));
}

#[test]
fn a_partitioned_disk_is_drawn_to_scale() {
    let boot = Volume::ext4(Tree::bootable()).sized(8 << 20);
    let nothing = Volume::new(Filesystem::Raw(vec![0; 4 << 20]), Tree::new());
    let image = Image::mbr(&[nothing, boot]);
    let page = run(&["report", "--no-compare", &image.argument()]).stdout;
    assert_closed(&page);
    // 1 MiB in front, 4 MiB, 8 MiB, and what is left at the end.
    let length = fs::metadata(image.path()).unwrap().len();
    let percent = |bytes: u64| format!("{}.{:03}%", bytes * 100 / length, bytes * 100_000 / length % 1000);
    for (start, bytes) in image.offsets().iter().zip([4_u64 << 20, 8 << 20]) {
        let end = bytes + start;
        let width = end * 100_000 / length - start * 100_000 / length;
        let rectangle = format!("x=\"{}\" y=\"12\" width=\"{}.{:03}%\"", percent(*start), width / 1000, width % 1000);
        assert!(page.contains(&rectangle), "{rectangle}\n{page}");
    }
    assert!(page.contains("pygrub finds here: /boot/grub/grub.cfg, /boot/vmlinuz, /boot/initrd"));
}
