#!/usr/bin/env bash
# GRUB 2.06 on a BIOS: where `linux` loads a kernel while another one is loaded, the second kernel boots without its arguments.
# It gets what lies at address 0 (the first bytes of the BIOS's interrupt table) as its command line. Nothing is printed about it.
#
# Seen with Debian's grub-pc-bin 2.06-13+deb12u2 under QEMU (2.12-9+deb13u4 and 2.14-4 do the same):
#     one linux command:  [BOOT_IMAGE=(memdisk)/k second]
#     two:                two bytes of an interrupt vector, 0x53 0xff
# Needs: grub-common (grub-mkimage), binutils, python3, qemu-system-x86, xxd.
set -euo pipefail; export LC_ALL=C
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
apt-get -qq -o APT::Sandbox::User=root download grub-pc-bin=2.06-13+deb12u2
dpkg -x grub-pc-bin_*.deb x
modules=$PWD/x/usr/lib/grub/i386-pc

# A kernel for the 32-bit boot protocol of Linux: it writes its command line on the serial port and ends QEMU.
cat >k.s <<'END'
.code32
    movl 0x228(%esi), %esi
    movb $'[', %al
    call out
1:  lodsb
    testb %al, %al; jz 2f
    call out; jmp 1b
2:  movw $0x0a5d, %ax
    call out
    movb %ah, %al
    call out
    movw $0xf4, %dx; outb %al, %dx
out: pushl %eax
4:  movw $0x3fd, %dx
    inb %dx, %al
    testb $0x20, %al; jz 4b
    popl %eax
    movw $0x3f8, %dx
    outb %al, %dx
    ret
END
as --32 -o k.o k.s && objcopy -O binary -j .text k.o k.bin
python3 - <<'END'
import struct
code = open("k.bin", "rb").read().ljust(512, b"\0"); s = bytearray(1024); s[0x1f1] = 1; s[0x211] = 1
s[0x1fe:0x200], s[0x202:0x206] = b"\x55\xaa", b"HdrS"
for at, form, value in ((0x206, "<H", 0x20c), (0x1f4, "<I", 32), (0x214, "<I", 0x100000), (0x22c, "<I", 0x7fffffff),
                        (0x230, "<I", 0x200000), (0x238, "<I", 2047), (0x260, "<I", 0x100000)):
    struct.pack_into(form, s, at, value)
open("k", "wb").write(s + code)
END
boot() {
    printf 'serial\nterminal_output serial\n%s\nboot\n' "$1" >early.cfg
    tar -cf k.tar k
    grub-mkimage -d "$modules" -O i386-pc -p /boot -m k.tar -c early.cfg -o core memdisk tar linux serial terminal boot
    cat "$modules/lnxboot.img" core >grub
    timeout 120 qemu-system-x86_64 -accel tcg -m 64 -nodefaults -vga std -display none -net none -serial stdio -kernel grub \
        -device isa-debug-exit,iobase=0xf4,iosize=1 </dev/null |
        tr -d '\r' | sed 's/\x1b\[[0-9;]*[A-Za-z]//g' | grep -a '^\[.*\]$' || true
}
one=$(boot 'linux (memdisk)/k second'); two=$(boot $'linux (memdisk)/k first\nlinux (memdisk)/k second' | xxd -p)
echo "one: $one"; echo "two: $two"
[ "$one" = '[BOOT_IMAGE=(memdisk)/k second]' ] && [ "$two" = 5b53ff5d0a ]
