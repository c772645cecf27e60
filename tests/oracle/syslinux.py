#!/usr/bin/env python3
"""Asks SYSLINUX what it boots: random configurations on a FAT image in QEMU, with a kernel that prints what it was given.

    syslinux.py COUNT [SEED]    one JSON object a line: {"text", "boots": {"kernel", "initrds", "args"} | null}

Needs syslinux, syslinux-common, mtools, qemu-system-x86 and binutils; 8 s for each on an idle machine.
"""

import json
import os
import random
import re
import select
import subprocess
import sys
import tempfile
import time

MODULES = "/usr/lib/syslinux/modules/bios/"
INITRDS = {"/i0": 16, "/i1": 32, "/i2": 48}

# The real-mode part of a kernel by Linux's boot protocol: it prints its name, the size of the initrd and its command line on the
# serial port, and ends QEMU.
KERNEL = r"""
    .code16
    .fill 0x1f1, 1, 0
    .byte 1
    .word 1
    .long 1
    .word 0, 0xffff, 0, 0xaa55
    .byte 0xeb, start - 1f
1:  .ascii "HdrS"
    .word 0x0206
    .long 0
    .word 0x1000, 0
    .byte 0, 1
    .word 0x8000
    .long 0x100000, 0, 0, 0
    .word 0
    .byte 0, 0
    .long 0, 0x7fffffff, 0x100000
    .byte 0, 0
    .word 0
    .long 2047, 0
    .org 0x268
start:
    cli
    mov %cs, %ax
    sub $0x20, %ax
    mov %ax, %ds
    mov $name, %si
    call puts
    mov 0x21c, %eax
    call hex
    mov $bar, %si
    call puts
    mov 0x228, %eax
    mov %eax, %ebx
    shr $4, %ebx
    mov %bx, %ds
    and $15, %ax
    mov %ax, %si
    call puts
    mov %cs, %ax
    sub $0x20, %ax
    mov %ax, %ds
    mov $end, %si
    call puts
    mov $0xf4, %dx
    out %al, %dx
9:  hlt
    jmp 9b
puts:
    lodsb
    test %al, %al
    jz 2f
    call putc
    jmp puts
2:  ret
putc:
    push %ax
    mov $0x3fd, %dx
3:  in %dx, %al
    test $0x20, %al
    jz 3b
    pop %ax
    mov $0x3f8, %dx
    out %al, %dx
    ret
hex:
    mov $8, %cx
4:  rol $4, %eax
    push %eax
    and $15, %al
    add $'0', %al
    cmp $'9', %al
    jbe 5f
    add $7, %al
5:  call putc
    pop %eax
    loop 4b
    ret
name: .asciz "<<NAME|"
bar: .asciz "|"
end: .asciz ">>"
    .org 0x400
    .fill 512, 1, 0
"""


def kernel(folder, name):
    """The bytes of a kernel that calls itself `name`."""
    place = os.path.join(folder, name)
    with open(place + ".S", "w") as file:
        file.write(KERNEL.replace("NAME", name))
    subprocess.run(["as", "--32", place + ".S", "-o", place + ".o"], check=True)
    subprocess.run(["ld", "-m", "elf_i386", "-e", "0", "-Ttext", "0", "--oformat", "binary", place + ".o", "-o", place], check=True)


def image(folder, text):
    """A FAT image with SYSLINUX, kernels, initrds and this configuration."""
    path = os.path.join(folder, "disk")
    subprocess.run(["truncate", "-s", "4M", path], check=True)
    subprocess.run(["mkfs.fat", "-F", "12", path], check=True, stdout=subprocess.DEVNULL)
    files = [MODULES + module for module in ("menu.c32", "libutil.c32", "libcom32.c32")]
    for name in ("k0", "k1", "k2"):
        kernel(folder, name)
        files.append(os.path.join(folder, name))
    for name, size in INITRDS.items():
        files.append(folder + name)
        with open(folder + name, "wb") as file:
            file.write(b"x" * size)
    files.append(os.path.join(folder, "syslinux.cfg"))
    with open(files[-1], "w") as file:
        file.write("SERIAL 0 115200\n" + text)
    subprocess.run(["mcopy", "-i", path, *files, "::"], check=True)
    subprocess.run(["syslinux", "--install", path], check=True)
    return path


def ask(text, patience=120):
    """What SYSLINUX boots. None if it waits."""
    with tempfile.TemporaryDirectory() as folder:
        path = image(folder, text)
        command = ["qemu-system-x86_64", "-display", "none", "-serial", "stdio", "-monitor", "none", "-m", "32", "-net", "none"]
        # Idle time passes at once.
        command += ["-icount", "shift=4,sleep=off", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=1"]
        command += ["-drive", f"file={path},format=raw,snapshot=on"]
        qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        said, end = b"", time.monotonic() + patience
        while time.monotonic() < end and b">>" not in said:
            if select.select([qemu.stdout], [], [], 1)[0]:
                more = os.read(qemu.stdout.fileno(), 65536)
                if not more:
                    break
                said += more
        qemu.kill()
        qemu.wait()
    found = re.search(rb"<<(k\d)\|([0-9A-F]{8})\|(.*?)>>", said, re.S)
    if not found:
        return None
    words = found[3].decode().split()
    named = [word.removeprefix("initrd=") for word in words if word.startswith("initrd=")]
    initrds = named[-1].split(",") if named else []
    assert sum(INITRDS[path] for path in initrds) == int(found[2], 16), said
    args = " ".join(word for word in words if not word.startswith(("BOOT_IMAGE=", "initrd=")))
    return {"kernel": "/" + found[1].decode(), "initrds": initrds, "args": args}


def configuration(rng):
    """A configuration with whatever SYSLINUX and pygrub may read differently."""
    labels = ["a", "b", "c"][: rng.choice([2, 2, 3])]
    if rng.random() < 0.15:
        labels[-1] = labels[-1].upper()
    below = rng.random() < 0.2
    default = rng.choice([*labels, labels[0].upper(), "menu.c32", "", labels[-1], labels[0]])
    head = [rng.choice(["DEFAULT ", "default "]) + default] if default and not below else []
    for chance, line in (
        (0.25, "UI menu.c32"),
        (0.3, "PROMPT " + rng.choice("01")),
        (0.6, "TIMEOUT " + rng.choice(["10", "20", "0"])),
        (0.2, "ONTIMEOUT " + rng.choice(labels)),
        (0.25, "APPEND " + rng.choice(["g=1", "initrd=/i2 g=1", "-"])),
    ):
        if rng.random() < chance:
            head.append(line)
    if rng.random() < 0.3:
        rng.shuffle(head)
    for number, label in enumerate(labels):
        head.append("LABEL " + label)
        if rng.random() < 0.3:
            head.append("  MENU LABEL The " + label)
        if rng.random() < 0.25:
            head.append("  MENU DEFAULT")
        words = rng.choice([" x=1", " x=1 y=2"]) if rng.random() < 0.2 else ""
        lines = [f"  {rng.choice(['KERNEL', 'KERNEL', 'kernel', 'LINUX'])} /k{number}{words}"]
        if rng.random() < 0.8:
            own = [f"initrd=/i{number % 2} r={number}", f"r={number}", "-", f"r={number} initrd=/i0", f"initrd=/i0,/i1 r={number}"]
            lines.append("  APPEND " + rng.choice(own))
        if rng.random() < 0.1:
            lines.append("  APPEND second=1")
        if rng.random() < 0.15:
            lines.append("  INITRD /i1")
        if rng.random() < 0.25:
            rng.shuffle(lines)
        head += lines
    if below and default:
        head.append("DEFAULT " + default)
    return "\n".join(head) + "\n"


if __name__ == "__main__":
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 7)
    for _ in range(int(sys.argv[1])):
        text = configuration(rng)
        print(json.dumps({"text": text, "boots": ask(text)}), flush=True)
