#!/usr/bin/env bash
# initramfs-tools-core 0.142+deb12u3 (Debian 12): lsinitramfs lists all of a plain, uncompressed cpio initrd that GNU cpio wrote, and ends with
# status 2 ("premature end of archive"), with the zeros that fill the last block of 512 bytes and without them. An initrd of this kind boots.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -qq -o APT::Sandbox::User=root download initramfs-tools-core=0.142+deb12u3 cpio=2.13+dfsg-7.1
for package in *.deb; do dpkg -x "$package" root; done
export PATH=$folder/root/bin:$PATH
mkdir in
echo '#!/bin/sh' > in/init
echo 'more' > in/more
(cd in && printf 'init\nmore\n' | cpio -o -H newc > ../initrd) 2> /dev/null
status=0
seen=$(root/usr/bin/lsinitramfs initrd 2> said) || status=$?
echo "$seen"
cat said
echo "status $status"
[ "$seen" = 'init
more' ] && [ "$status" = 2 ]
