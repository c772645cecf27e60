#!/usr/bin/env bash
# grub-emu 2.06-13+deb12u2 (Debian 12): in GRUB's `[`, a word that is not a number counts as 0, and GRUB complains of it only where
# the condition is met: `[ abc -eq 0 ]` is true with the message "unrecognized number", `[ abc -eq 1 ]` is false without a word.
# `08` is 8, and `[ a` needs no closing bracket. POSIX test(1) ends each of these (but the octal look) with an error.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -qq -o APT::Sandbox::User=root download grub-emu=2.06-13+deb12u2
dpkg -x grub-emu_*.deb root
mkdir boot
cat > boot/grub.cfg <<'END'
function look { if [ "$1" -eq "$2" ]; then echo "equal $1 $2"; else echo "differs $1 $2"; fi; }
look abc 0
look abc 1
look 08 8
if [ a; then echo "open bracket"; fi
exit
END
seen=$(timeout 60 root/usr/bin/grub-emu -m /dev/null -d "$folder/boot" -r host < /dev/null 2>&1 | tr -d '\r' |
    sed 's/\x1b\[[0-9;?]*[A-Za-z]//g' | grep -E 'number|equal|differs|bracket')
echo "$seen"
[ "$seen" = 'error: unrecognized number.
equal abc 0
differs abc 1
equal 08 8
open bracket' ]
