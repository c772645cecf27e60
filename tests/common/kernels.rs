//! Small kernels, real as far as libxenguest looks: ELF files with Xen's notes, and bzImages that hold them packed by the real
//! tools.

use std::io::Write;
use std::process::{Command, Stdio};

use super::random::Random;

const BASE: u64 = 0xffff_ffff_8000_0000;
/// Where the code begins in the file.
const CODE: usize = 0x2000;

/// What a kernel is made of.
#[derive(Clone, Copy, Debug)]
pub struct Elf {
    /// The notes that a PV guest needs.
    pub pv: bool,
    /// The note that a PVH guest needs.
    pub pvh: bool,
    /// Whether the notes are a segment; else they are a section only.
    pub segment: bool,
    /// Whether there are notes at all.
    pub notes: bool,
    /// Bytes of code.
    pub code: usize,
}

impl Default for Elf {
    fn default() -> Self {
        Self { pv: true, pvh: true, segment: true, notes: true, code: 40_000 }
    }
}

/// One of Xen's notes.
pub fn note(kind: u32, value: &[u8]) -> Vec<u8> {
    let mut note = [4, value.len() as u32, kind].map(u32::to_le_bytes).concat();
    note.extend(b"Xen\0");
    note.extend(value);
    note.resize(note.len().next_multiple_of(4), 0);
    note
}

impl Elf {
    fn note_bytes(self) -> Vec<u8> {
        if !self.notes {
            return Vec::new();
        }
        let mut notes = [note(6, b"linux\0"), note(7, b"2.6\0"), note(5, b"xen-3.0\0")].concat();
        if self.pv {
            notes.extend(note(3, &BASE.to_le_bytes()));
            notes.extend(note(15, &0x80_0000_0000_u64.to_le_bytes()));
            notes.extend(note(1, &(BASE + 0x100_0040).to_le_bytes()));
        }
        notes.extend(note(10, b"!writable_page_tables|pae_pgdir_above_4gb\0"));
        notes.extend(note(17, &0x8801_u32.to_le_bytes()));
        notes.extend([note(9, b"yes\0"), note(8, b"generic\0")].concat());
        if self.pv {
            notes.extend(note(4, &0_u64.to_le_bytes()));
        }
        if self.pvh {
            notes.extend(note(18, &0x100_0850_u64.to_le_bytes()));
        }
        notes
    }

    /// The file.
    pub fn bytes(self) -> Vec<u8> {
        self.with_notes(&self.note_bytes(), 0x5000)
    }

    /// The file with other notes, and so many bytes of memory after its code.
    pub fn with_notes(self, notes: &[u8], room: u64) -> Vec<u8> {
        let mut random = Random::new(7);
        let words: Vec<Vec<u8>> =
            (0..300).map(|_| (0..3 + random.index(9)).map(|_| random.next() as u8).collect()).collect();
        let mut code = Vec::new();
        while code.len() < self.code {
            code.extend(&words[random.index(words.len())]);
        }
        code.truncate(self.code);
        let at_notes = CODE + code.len().next_multiple_of(4);
        let at_names = at_notes + notes.len();
        let names = b"\0.text\0.notes\0.shstrtab\0";
        let at_sections = (at_names + names.len()).next_multiple_of(8);
        let segments = if self.segment { 2 } else { 1 };
        let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
        file.extend([2_u16, 62].map(u16::to_le_bytes).concat());
        file.extend(1_u32.to_le_bytes());
        file.extend([0x100_0000, 64, at_sections as u64].map(u64::to_le_bytes).concat());
        file.extend(0_u32.to_le_bytes());
        file.extend([64_u16, 56, segments, 64, 4, 3].map(u16::to_le_bytes).concat());
        let mut program = |kind: u32, flags: u32, values: [u64; 6]| {
            file.extend([kind, flags].map(u32::to_le_bytes).concat());
            file.extend(values.map(u64::to_le_bytes).concat());
        };
        let length = code.len() as u64;
        program(1, 5, [CODE as u64, BASE + 0x100_0000, 0x100_0000, length, length + room, 4096]);
        if self.segment {
            let size = notes.len() as u64;
            program(4, 4, [at_notes as u64, BASE + 0x100_0000 + length, 0x100_0000 + length, size, size, 4]);
        }
        file.resize(CODE, 0);
        file.extend(&code);
        file.resize(at_notes, 0);
        file.extend(notes);
        file.extend(names);
        file.resize(at_sections, 0);
        for (name, kind, offset, size) in
            [(0, 0, 0, 0), (1, 1, CODE, code.len()), (7, 7, at_notes, notes.len()), (14, 3, at_names, names.len())]
        {
            file.extend([name as u32, kind].map(u32::to_le_bytes).concat());
            file.extend([0, 0, offset as u64, size as u64].map(u64::to_le_bytes).concat());
            file.extend([0_u32, 0].map(u32::to_le_bytes).concat());
            file.extend([1_u64, 0].map(u64::to_le_bytes).concat());
        }
        file
    }
}

/// A bzImage of boot protocol 2.15 with this payload.
pub fn bzimage(payload: &[u8]) -> Vec<u8> {
    let mut setup = vec![0; 1024];
    let mut put = |at: usize, bytes: &[u8]| setup[at..at + bytes.len()].copy_from_slice(bytes);
    put(0x1f1, &[1]);
    put(0x1fe, &[0x55, 0xaa]);
    put(0x202, b"HdrS");
    put(0x206, &0x020f_u16.to_le_bytes());
    put(0x20e, &0x80_u16.to_le_bytes());
    put(0x211, &[1]); // loaded high
    put(0x24c, &(payload.len() as u32).to_le_bytes());
    put(0x280, b"6.6.0-test (pregrub)");
    setup.extend(payload);
    setup
}

/// How a kernel is packed: a name, the program with its arguments, and whether the length is put after the data.
pub const PACKINGS: [(&str, &[&str], bool); 15] = [
    ("gzip-9", &["gzip", "-9n"], false),
    ("gzip-1", &["gzip", "-1n"], false),
    ("xz-as-linux", &["xz", "--check=crc32", "--x86", "--lzma2=dict=32MiB"], true),
    ("xz-crc64", &["xz", "--check=crc64"], true),
    ("xz-sha256", &["xz", "--check=sha256"], true),
    ("xz-delta", &["xz", "--check=crc32", "--delta=dist=4", "--lzma2"], true),
    ("xz-128-mib", &["xz", "--check=none", "--lzma2=dict=128MiB"], true),
    ("xz-512-mib", &["xz", "--check=crc32", "--lzma2=dict=512MiB"], true),
    ("lzma", &["xz", "--format=lzma", "-6"], true),
    ("zstd-1", &["zstd", "-1", "-q", "--no-check"], true),
    ("zstd-19", &["zstd", "-19", "-q"], true),
    ("zstd-22", &["zstd", "--ultra", "-22", "-q"], true),
    ("lz4", &["lz4", "-l", "-9"], true),
    ("bzip2", &["bzip2", "-9"], true),
    ("lzo", &["lzop", "-9"], true),
];

/// What the program makes of the data. `None`, visibly, if it is not there.
pub fn pack(data: &[u8], program: &[&str], length: bool) -> Option<Vec<u8>> {
    let child = Command::new(program[0]).args(&program[1..]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(_) => {
            super::tools::skipped(&format!("kernels packed by {}", program[0]));
            return None;
        }
    };
    let mut input = child.stdin.take().expect("a pipe");
    let packed = std::thread::scope(|scope| {
        scope.spawn(move || input.write_all(data).expect("the program reads"));
        child.wait_with_output().expect("the program ends").stdout
    });
    let mut packed = packed;
    if length {
        packed.extend((data.len() as u32).to_le_bytes());
    }
    Some(packed)
}
