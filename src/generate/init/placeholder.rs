//! A kernel and an initrd that are tiny, but real as far as Xen's domain builder and pygrub look: a bzImage whose payload is an
//! ELF file with Xen's notes. Started as a PV guest, the kernel writes its arguments on the console and powers off.

use crc::{CRC_32_ISO_HDLC, Crc};

/// Where Linux for 64 bits lies.
const BASE: u64 = 0xffff_ffff_8000_0000;
/// The entry point, 16 MiB above.
const ENTRY: u64 = BASE + 0x100_0000;
const PAGE: usize = 4096;
/// What the kernel writes on the guest's console before its arguments.
const MESSAGE: &str = "pregrub: started by Xen with: ";

/// The kernel. `version` stands in its header, as `file` shows it.
pub(super) fn kernel(version: &str) -> Vec<u8> {
    let payload = gzip(&elf(version));
    // The boot sector and one more sector of setup code; fields by the boot protocol of Linux for x86.
    let mut setup = vec![0; 1024];
    let mut put = |at: usize, bytes: &[u8]| setup[at..at + bytes.len()].copy_from_slice(bytes);
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    put(0x1f1, &[1]); // sectors of setup code after the first
    put(0x1f4, &(length.div_ceil(16)).to_le_bytes()); // size of what follows, in 16 bytes
    put(0x1fe, &[0x55, 0xaa]);
    put(0x200, &[0xeb, 0x6a]);
    put(0x202, b"HdrS");
    put(0x206, &0x020f_u16.to_le_bytes()); // version of the protocol
    put(0x20e, &0x80_u16.to_le_bytes()); // the version text, counted from 0x200
    put(0x211, &[1]); // loaded high
    put(0x214, &0x10_0000_u32.to_le_bytes());
    put(0x230, &0x20_0000_u32.to_le_bytes()); // alignment
    put(0x234, &[1]); // relocatable
    put(0x236, &1_u16.to_le_bytes()); // 64 bits
    put(0x238, &2047_u32.to_le_bytes()); // longest command line
    put(0x248, &0_u32.to_le_bytes()); // the payload follows at once
    put(0x24c, &length.to_le_bytes());
    let text: Vec<u8> = format!("{version} (pregrub) #1 placeholder").bytes().take(200).collect();
    put(0x280, &text);
    setup.extend(payload);
    setup
}

/// The data in a gzip file, uncompressed: Xen's domain builder complains of a payload that is not compressed in any way.
fn gzip(data: &[u8]) -> Vec<u8> {
    let short = u16::try_from(data.len()).unwrap_or(u16::MAX);
    let mut file = b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec();
    // The last block, stored: its length, and that inverted.
    file.push(1);
    file.extend([short, !short].map(u16::to_le_bytes).concat());
    file.extend(data);
    file.extend(Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(data).to_le_bytes());
    file.extend(u32::from(short).to_le_bytes());
    file
}

/// A 64-bit ELF file: one page of code, and the notes by which Xen knows a PV Linux.
fn elf(version: &str) -> Vec<u8> {
    let notes: Vec<u8> = [
        note(6, b"linux\0"),                                      // guest OS
        note(7, format!("{version}\0").as_bytes()),               // its version
        note(5, b"xen-3.0\0"),                                    // interface
        note(3, &BASE.to_le_bytes()),                             // virtual base
        note(1, &ENTRY.to_le_bytes()),                            // entry
        note(15, &0x80_0000_0000_u64.to_le_bytes()),              // where Xen puts the map of pages
        note(10, b"!writable_page_tables|pae_pgdir_above_4gb\0"), // features
        note(9, b"yes\0"),                                        // PAE
        note(8, b"generic\0"),                                    // loader
        note(4, &0_u64.to_le_bytes()),                            // physical offset
    ]
    .concat();
    let at_notes = 64 + 2 * 56;
    let mut file = Vec::with_capacity(2 * PAGE);
    file.extend(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    file.extend([2_u16, 62].map(u16::to_le_bytes).concat()); // executable, x86-64
    file.extend(1_u32.to_le_bytes());
    file.extend([ENTRY, 64, 0].map(u64::to_le_bytes).concat()); // entry, program headers, no sections
    file.extend(0_u32.to_le_bytes());
    file.extend([64_u16, 56, 2, 0, 0, 0].map(u16::to_le_bytes).concat());
    let page = PAGE as u64;
    file.extend(program_header(1, 5, page, ENTRY, 0x100_0000, page));
    file.extend(program_header(4, 4, at_notes, 0, 0, notes.len() as u64));
    file.extend(notes);
    file.resize(PAGE, 0);
    file.extend(code());
    file.resize(2 * PAGE, 0x90);
    file
}

fn program_header(kind: u32, flags: u32, offset: u64, virtual_at: u64, physical_at: u64, size: u64) -> Vec<u8> {
    let mut header = [kind, flags].map(u32::to_le_bytes).concat();
    let alignment = if kind == 1 { PAGE as u64 } else { 4 };
    header.extend([offset, virtual_at, physical_at, size, size, alignment].map(u64::to_le_bytes).concat());
    header
}

/// A note of Xen's: name and value padded to four bytes.
fn note(kind: u32, value: &[u8]) -> Vec<u8> {
    let mut note = [4, u32::try_from(value.len()).unwrap_or(u32::MAX), kind].map(u32::to_le_bytes).concat();
    note.extend(b"Xen\0");
    note.extend(value);
    note.resize(note.len().next_multiple_of(4), 0);
    note
}

/// The code, by the hypercall interface for 64-bit PV guests (`syscall` with the number in eax): writes [`MESSAGE`] and its arguments
/// into the ring of the console, notifies the other end, waits until it has read them, and powers off.
///
/// In: rsi is the address of `start_info`. The pages of the store's and the console's rings follow it, as the domain builder lays
/// them out. The ring: output at 0x400, 2048 bytes; how much was read at 0xc08, written at 0xc0c.
fn code() -> Vec<u8> {
    let code: [&[u8]; 38] = [
        b"\x48\x89\xf3",                 // mov rbx, rsi
        b"\x48\x8d\xab\x00\x20\x00\x00", // lea rbp, [rbx + 0x2000]
        b"\x8b\x95\x0c\x0c\x00\x00",     // mov edx, [rbp + 0xc0c]
        b"\x48\x8d\x35\x8a\x00\x00\x00", // lea rsi, [message]
        b"\xe8\x65\x00\x00\x00",         // call print
        b"\x48\x8d\xb3\x80\x00\x00\x00", // lea rsi, [rbx + 128]: the arguments
        b"\xe8\x59\x00\x00\x00",         // call print
        b"\x48\x8d\x35\x6f\x00\x00\x00", // lea rsi, [line end]
        b"\xe8\x4d\x00\x00\x00",         // call print
        b"\x89\x95\x0c\x0c\x00\x00",     // mov [rbp + 0xc0c], edx
        b"\x48\x8d\x73\x50",             // lea rsi, [rbx + 80]: the console's event channel
        b"\xbf\x04\x00\x00\x00",         // mov edi, 4: send
        b"\xb8\x20\x00\x00\x00\x0f\x05", // event_channel_op
        b"\x41\xbc\x00\x00\x10\x00",     // mov r12d, 0x100000: it may be that nobody reads
        b"\x8b\x85\x08\x0c\x00\x00",     // wait: mov eax, [rbp + 0xc08]
        b"\x3b\x85\x0c\x0c\x00\x00",     // cmp eax, [rbp + 0xc0c]
        b"\x74\x0e",                     // je off
        b"\x31\xff",                     // xor edi, edi: yield
        b"\xb8\x1d\x00\x00\x00\x0f\x05", // sched_op
        b"\x41\xff\xcc",                 // dec r12d
        b"\x75\xe4",                     // jnz wait
        b"\x48\x8d\x35\x27\x00\x00\x00", // off: lea rsi, [reason]
        b"\xbf\x02\x00\x00\x00",         // mov edi, 2: shutdown
        b"\xb8\x1d\x00\x00\x00\x0f\x05", // sched_op
        b"\xeb\xeb",                     // jmp off
        b"\xac",                         // print: lodsb
        b"\x84\xc0",                     // test al, al
        b"\x74\x13",                     // jz done
        b"\x89\xd1",                     // mov ecx, edx
        b"\x81\xe1\xff\x07\x00\x00",     // and ecx, 2047
        b"\x88\x84\x0d\x00\x04\x00\x00", // mov [rbp + rcx + 0x400], al
        b"\xff\xc2",                     // inc edx
        b"\xeb\xe8",                     // jmp print
        b"\xc3",                         // done: ret
        b"\x00\x00\x00\x00",             // reason: power off
        b"\r\n\0",                       // line end
        MESSAGE.as_bytes(),
        b"\0",
    ];
    code.concat()
}

/// The initrd: a cpio archive with an /init that Linux would start, had it a shell.
pub(super) fn initrd() -> Vec<u8> {
    let mut archive = entry(b"init\0", b"#!/bin/sh\n", 0o100_755);
    archive.extend(entry(b"TRAILER!!!\0", b"", 0));
    archive.resize(512, 0);
    archive
}

/// An entry of a cpio archive in the format newc; the name has its NUL.
fn entry(name: &[u8], data: &[u8], mode: u32) -> Vec<u8> {
    let numbers = [0, mode as usize, 0, 0, 1, 0, data.len(), 0, 0, 0, 0, name.len(), 0];
    let mut entry = b"070701".to_vec();
    entry.extend(numbers.map(|number| format!("{number:08x}")).concat().bytes());
    for part in [name, data] {
        entry.extend(part);
        entry.resize(entry.len().next_multiple_of(4), 0);
    }
    entry
}
