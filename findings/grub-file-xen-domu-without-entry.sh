#!/usr/bin/env bash
# grub-common 2.06 (Debian 12): grub-file --is-x86_64-xen-domu says yes to a kernel whose Xen notes have no entry for a PV guest (note 1,
# ENTRY): one that was built for PVH only. A PV guest that starts it ends at once. It also says yes to one that requires to be dom0.
# So the answer means "pvgrub2 can unpack it and there are Xen notes", not "it is a kernel for domU".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
version=$(apt-cache madison grub-common | awk '$3 ~ /^2\.06/ { print $3; exit }')
apt-get -qq -o APT::Sandbox::User=root download "grub-common=$version"
dpkg -x grub-common_*.deb root
python3 - <<'END'
import struct

def note(kind, value):
    data = struct.pack("<3I", 4, len(value), kind) + b"Xen\0" + value
    return data + b"\0" * (-len(data) % 4)

def kernel(name, features, physical):
    notes = note(6, b"linux\0") + note(7, b"2.6\0") + note(5, b"xen-3.0\0") + note(10, features) + note(8, b"generic\0")
    if physical:
        notes += note(18, struct.pack("<Q", 0x1000850))
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x1000000, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    base, code = 0x1000000, bytes(4096)
    header += struct.pack("<IIQQQQQQ", 1, 5, 176, base, base, len(code), len(code), 4096)
    header += struct.pack("<IIQQQQQQ", 4, 4, 176 + len(code), base, base, len(notes), len(notes), 4)
    with open(name, "wb") as file:
        file.write(header + code + notes)

kernel("pvh-only", b"!writable_page_tables\0", True)
kernel("dom0-only", b"!dom0\0", False)
END
echo "grub-common $version"
for name in pvh-only dom0-only; do
    status=0
    root/usr/bin/grub-file --is-x86_64-xen-domu "$name" || status=$?
    echo "$name: status $status"
    [ "$status" = 0 ]
done
