#!/usr/bin/env bash
# qemu-img 7.2+dfsg-7+deb12u18+b3 (Debian 12): `convert -c -O qcow` (the version before qcow2) writes a whole image, prints nothing and ends
# with status 1, whatever the disk. `qemu-img compare` finds the image identical to the disk. The same call with qcow2 ends with 0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -qq -o APT::Sandbox::User=root download qemu-utils=1:7.2+dfsg-7+deb12u18+b3 libaio1 liburing2
for package in *.deb; do dpkg -x "$package" root; done
export LD_LIBRARY_PATH=$folder/root/usr/lib/x86_64-linux-gnu:$folder/root/lib/x86_64-linux-gnu
img=root/usr/bin/qemu-img
truncate -s 1M zeros
tr '\0' a < zeros > text
for disk in zeros text; do
    for format in qcow qcow2; do
        status=0
        "$img" convert -c -f raw -O "$format" "$disk" "$disk.$format" > said 2>&1 || status=$?
        same=$("$img" compare -f raw -F "$format" "$disk" "$disk.$format")
        echo "$disk $format: status $status, $(wc -c < said) bytes said; $same"
    done
done | tee seen
[ "$(cat seen)" = 'zeros qcow: status 1, 0 bytes said; Images are identical.
zeros qcow2: status 0, 0 bytes said; Images are identical.
text qcow: status 1, 0 bytes said; Images are identical.
text qcow2: status 0, 0 bytes said; Images are identical.' ]
