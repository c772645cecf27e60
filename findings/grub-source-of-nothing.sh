#!/usr/bin/env bash
# grub-emu 2.06-13+deb12u2 (Debian 12): `source`, `.` and `configfile` of a file that does not exist print nothing and end with status 0,
# so that `if source FILE; then` is always true. `cat` of the same file prints an error and fails. (2.12 and 2.14 do the same.)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -qq -o APT::Sandbox::User=root download grub-emu=2.06-13+deb12u2
dpkg -x grub-emu_*.deb root
mkdir boot
cat > boot/grub.cfg <<'END2'
source /nonexistent/file
echo "<source $?>"
configfile /nonexistent/file
echo "<configfile $?>"
if source /nonexistent/file; then echo "<true>"; else echo "<false>"; fi
cat /nonexistent/file
echo "<cat $?>"
exit
END2
seen=$(timeout 60 root/usr/bin/grub-emu -m /dev/null -d "$folder/boot" -r host < /dev/null 2>&1 | tr -d '\r' |
    sed 's/\x1b\[[0-9;?]*[A-Za-z]//g' | grep -E '^<|error:')
echo "$seen"
[ "$seen" = "<source 0>
<configfile 0>
<true>
error: can't open \`/nonexistent/file': No such file or directory.
<cat 7>" ]
