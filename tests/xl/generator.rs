//! Generated domain configurations and disk specifications: some sound, most with something wrong in them.

use crate::common::random::Random;

const NAMES: [&str; 8] = ["a", "b", "disk", "bootloader_args", "memory", "x_1", "on_crash", "vif"];
const STRINGS: [&str; 22] = [
    "'x'",
    "\"y\"",
    "''",
    "\"\"",
    "'é'",
    "\"a'b\"",
    "'a\"b'",
    "'a\\'b'",
    "'\\n\\t'",
    "'\\\\'",
    "'\\101'",
    "'\\1 23z'",
    "'\\x41'",
    "'\\e'",
    "'\\9'",
    "'\\12x'",
    "'a;b#c'",
    "'[1]'",
    "\"phy:/dev/vg/x,xvda,w\"",
    "'x",
    "\"",
    "'\\'",
];
const NUMBERS: [&str; 12] =
    ["0", "1", "512", "0x1f", "010", "12ab", "00a", "9223372036854775808", "1f", "0x", "08", "0xx"];
const NOISE: [&str; 34] = [
    " ",
    "\t",
    "\n",
    "\n\n",
    ";",
    ";;",
    "#",
    "# c\n",
    "#\n",
    ",",
    "[",
    "]",
    "=",
    "+=",
    "+",
    "-",
    ".",
    "(",
    ")",
    ":",
    "@",
    "A",
    "_",
    "\r\n",
    "\r",
    "é",
    "\u{b}",
    "\u{c}",
    "\\",
    "\\\n",
    "{",
    "}",
    "True",
    "def f():\n",
];

fn blank(random: &mut Random) -> &'static str {
    random.pick(&["", "", "", " ", "  ", "\t"])
}

fn value(random: &mut Random, depth: u32, out: &mut String) {
    if depth < 4 && random.chance(if depth == 0 { 40 } else { 12 }) {
        out.push('[');
        let count = random.below(4);
        for index in 0..count {
            out.push_str(random.pick(&["", "", " ", "\n", " # c\n ", "\n\n"]));
            value(random, depth + 1, out);
            out.push_str(random.pick(&["", "", " ", "\n"]));
            if index + 1 < count || random.chance(20) {
                out.push(',');
            }
        }
        out.push_str(random.pick(&["", "", " ", "\n"]));
        out.push(']');
    } else if random.chance(60) {
        // Sound ones mostly.
        let index = if random.chance(93) { random.below(11) } else { random.below(STRINGS.len() as u64) };
        out.push_str(STRINGS[usize::try_from(index).expect("an index")]);
    } else {
        out.push_str(random.pick(&NUMBERS));
    }
}

/// A configuration, and the names that may be in it.
pub fn configuration(seed: u64, number: u64) -> (Vec<u8>, Vec<String>) {
    let mut random = Random::new(seed.wrapping_mul(0x1000_0000).wrapping_add(number));
    let mut text = String::new();
    for _ in 0..random.below(7) {
        text.push_str(blank(&mut random));
        if random.chance(90) {
            text.push_str(random.pick(&NAMES));
            text.push_str(blank(&mut random));
            text.push_str(if random.chance(85) { "=" } else { "+=" });
            text.push_str(blank(&mut random));
            value(&mut random, 0, &mut text);
            text.push_str(blank(&mut random));
        }
        text.push_str(random.pick(&["\n", "\n", "\n", ";", "\n\n", " # c\n", "; # c\n", "#\n"]));
    }
    if random.chance(25) {
        while text.ends_with('\n') {
            text.pop();
        }
    }
    let mut bytes = text.into_bytes();
    // Something is put in, taken out or cut off.
    if random.chance(45) {
        for _ in 0..=random.below(2) {
            let at = usize::try_from(random.below(bytes.len() as u64 + 1)).expect("an index");
            match random.below(4) {
                0 => {
                    bytes.splice(at..at, random.pick(&NOISE).bytes());
                }
                1 if at < bytes.len() => {
                    bytes.remove(at);
                }
                2 => bytes.truncate(at),
                _ => {
                    // Any byte but NUL, at which libxlutil aborts where it stands in a string.
                    let byte = u8::try_from(random.below(255)).expect("a byte") + 1;
                    bytes.insert(at, byte);
                }
            }
        }
    }
    (bytes, NAMES.iter().map(|name| (*name).to_owned()).collect())
}

const PIECES: [&str; 76] = [
    "/x",
    "/dev/vg/x",
    "",
    "",
    "raw",
    "qcow2",
    "vhd",
    "empty",
    "qed",
    "foo",
    "xvda",
    "hdc",
    "hdc:cdrom",
    "sda:disk",
    "a:b:cdrom",
    "w",
    "r",
    "ro",
    "rw",
    "q",
    "phy:/x",
    "file:/x",
    "phy:x",
    "tap:aio:/x",
    "tap2:/x",
    "tap:",
    "aio:",
    "qcow:/x",
    "raw:",
    "nbd:h",
    "iscsi:i:x",
    "e?nbd:x",
    "enbd:x",
    "drbd:x",
    "ioemu:hda",
    "tapdisk:/x",
    "foo:/x",
    "foo:x",
    "foo:",
    "a1:",
    "format=raw",
    "format=qcow2",
    "format=",
    "format=x",
    "vdev=xvda",
    "vdev=",
    "access=rw",
    "access=ro",
    "access=",
    "access=x",
    "target=/x",
    "target=",
    "target=/x,y,z",
    "cdrom",
    "cdromx",
    "devtype=cdrom",
    "devtype=disk",
    "devtype=x",
    "backend=d",
    "backendtype=phy",
    "backendtype=qdisk",
    "backendtype=x",
    "specification=virtio",
    "specification=x",
    "script=block-x",
    "direct-io-safe",
    "discard",
    "no-discard",
    "colo",
    "colo-port=7",
    "colo-port=x",
    "colo-host=h",
    "bogus=1",
    "bogus=",
    "Bogus=1",
    "a-b=12",
];

/// A disk specification.
pub fn disk(seed: u64, number: u64) -> Vec<u8> {
    let mut random = Random::new(seed.wrapping_mul(0x1000_0000).wrapping_add(number));
    let mut pieces = Vec::new();
    if random.chance(60) {
        // In the order of the positions, or each with its name.
        let sound: &[&str] = if random.chance(60) { &["/x", "raw", "xvda", "rw"] } else { &["phy:/x", "xvda", "w"] };
        pieces.extend(sound.iter().take(usize::try_from(random.below(5)).expect("a number")));
    }
    for _ in 0..random.below(5) {
        let at = usize::try_from(random.below(pieces.len() as u64 + 1)).expect("an index");
        pieces.insert(at, random.pick(&PIECES));
    }
    let mut text = String::new();
    for (index, piece) in pieces.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(random.pick(&["", "", "", "", "", "", " ", "\t", "\n"]));
        text.push_str(piece);
        if random.chance(4) {
            text.push_str(random.pick(&[" ", "\n", "=", ":", ",", "é", "x"]));
        }
    }
    text.into_bytes()
}
