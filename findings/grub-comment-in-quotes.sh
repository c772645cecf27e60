#!/usr/bin/env bash
# grub-emu 2.06-13+deb12u2 (Debian 12): GRUB drops every line of a configuration that begins with `#` before its parser sees it, also in
# the middle of a quoted string that goes over several lines. `x="one`, `# two`, `three"` stores `one` and `three`; a shell keeps all three.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -qq -o APT::Sandbox::User=root download grub-emu=2.06-13+deb12u2
dpkg -x grub-emu_*.deb root
mkdir boot
cat > boot/grub.cfg <<'END'
x="one
# two
three"
echo "<$x>"
exit
END
sh -c '. ./boot/grub.cfg' | grep -q '^# two$'
seen=$(timeout 60 root/usr/bin/grub-emu -m /dev/null -d "$folder/boot" -r host < /dev/null 2>&1 | tr -d '\r' |
    sed 's/\x1b\[[0-9;?]*[A-Za-z]//g' | grep -A 3 '^<')
echo "$seen"
[ "$seen" = '<one
three>' ]
