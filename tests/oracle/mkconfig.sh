#!/usr/bin/env bash
# Runs the installed grub-mkconfig for a guest that does not exist: in a mount namespace of its own, with another /boot, another
# /etc/default/grub and a grub-probe that says what that guest's disks are.
#
#     mkconfig.sh whole|partition|lvm KERNELS SETTINGS...      prints grub.cfg
#
# KERNELS: versions, with commas between them. SETTINGS: lines for /etc/default/grub. With SCRIPTS=DIRECTORY in the environment the scripts
# in that directory are in /etc/grub.d as well.
set -euo pipefail
layout=$1 kernels=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/boot/grub"
for version in ${kernels//,/ }; do
    : >"$work/boot/vmlinuz-$version"
    : >"$work/boot/initrd.img-$version"
    : >"$work/boot/config-$version"
done
printf '%s\n' "$@" >"$work/default"
cat >"$work/probe" <<PROBE
#!/bin/sh
for word; do case \$word in
    --target=*) target=\${word#--target=} ;;
    -t) next=1 ;;
    *) [ -z "\${next:-}" ] || target=\$word; next= ;;
esac; done
case $layout:\$target in
    whole:device) echo /dev/xvda ;;
    partition:device) echo /dev/xvda1 ;;
    lvm:device) echo /dev/mapper/vg-root ;;
    *:fs_uuid) echo 6eb1a2f6-0b0a-4a0c-8f0e-1c1d2f3a4b5c ;;
    partition:partuuid) echo 11223344-01 ;;
    *:partuuid) exit 1 ;;
    *:fs) echo ext2 ;;
    partition:partmap) echo msdos ;;
    lvm:abstraction) echo lvm ;;
    whole:drive) echo '(hostdisk//dev/xvda)' ;;
    partition:drive) echo '(hostdisk//dev/xvda,msdos1)' ;;
    lvm:drive) echo '(lvm/vg-root)' ;;
    whole:compatibility_hint) echo hd0 ;;
    partition:compatibility_hint) echo hd0,msdos1 ;;
    lvm:compatibility_hint) echo lvm/vg-root ;;
    *:hints_string) echo ;;
    *) ;;
esac
PROBE
chmod +x "$work/probe"
cp -a /etc/grub.d "$work/grub.d"
[ -z "${SCRIPTS:-}" ] || cp -a "$SCRIPTS/." "$work/grub.d/"
export work
unshare --map-root-user --mount sh -euc '
    mount --bind "$work/boot" /boot
    mount --bind "$work/probe" /usr/sbin/grub-probe
    mount --bind "$work/grub.d" /etc/grub.d
    if [ -e /etc/default/grub ]; then mount --bind "$work/default" /etc/default/grub; else
        mkdir "$work/etc"; cp "$work/default" "$work/etc/grub"; mount --bind "$work/etc" /etc/default; fi
    /usr/sbin/grub-mkconfig 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
' | sed "s,$work/boot,/boot,"
