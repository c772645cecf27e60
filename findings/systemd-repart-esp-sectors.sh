#!/usr/bin/env bash
# systemd-repart 257: into a plain image file it writes a GPT with sectors of 512 bytes, and formats a vfat partition in it with
# sectors of 4096 bytes. A partition of 300 MiB ends up that way without a word. One of 100 MiB has too few clusters then, and the
# first file of CopyFiles= ends it all: mcopy says "No directory slots". With --sector-size=512 both are as the GPT says.
#
# Seen with Debian's systemd-repart 257.13-1~deb13u1 (trixie), dosfstools 4.2-1 and mtools 4.0.32 (bookworm):
#     100 MiB, --sector-size=512: status 0, GPT at 512, vfat sectors of 512
#     100 MiB, default: status 1, No directory slots
#     300 MiB, --sector-size=512: status 0, GPT at 512, vfat sectors of 512
#     300 MiB, default: status 0, GPT at 512, vfat sectors of 4096
# Needs: a Debian whose own package sources are in the deb822 form, dosfstools, mtools.
set -euo pipefail; export LC_ALL=C
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
mkdir lists cache debs
sed -E 's/^(Suites: ).*/\1trixie/' /etc/apt/sources.list.d/debian.sources | awk -v RS= 'NR == 1' >trixie.sources
apt=(apt-get -qq -o Dir::Etc::sourcelist="$work/trixie.sources" -o Dir::Etc::sourceparts=-
    -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root)
"${apt[@]}" update
(cd debs && "${apt[@]}" download systemd-repart=257.13-1~deb13u1 libsystemd-shared=257.13-1~deb13u1 libc6 libblkid1 \
    libfdisk1 libcap2 libcrypt1 libmount1 libuuid1 libseccomp2 libacl1 libselinux1 libpcre2-8-0 libcryptsetup12 libssl3t64)
for package in debs/*.deb; do dpkg -x "$package" root; done
libraries=$work/root/usr/lib/x86_64-linux-gnu

mkdir tree definitions
echo text >tree/file
make() { # SIZE-IN-MIB [OPTION]
    printf '[Partition]\nType=esp\nFormat=vfat\nSizeMinBytes=%sM\nSizeMaxBytes=%sM\nCopyFiles=%s:/\n' \
        "$1" "$1" "$work/tree" >definitions/10-esp.conf
    rm -f image
    local status=0
    "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries:$libraries/systemd" root/usr/bin/systemd-repart --no-pager \
        --definitions=definitions --empty=create --size=$(($1 + 10))M --dry-run=no --offline=yes "${@:2}" image \
        >said 2>&1 || status=$?
    echo -n "$1 MiB, ${2:-default}: status $status, "
    if ((status)); then
        grep -o 'No directory slots' said || tail -3 said
    else
        local at
        for at in 512 4096; do
            if [ "$(tail -c +$((at + 1)) image | head -c 8 | tr -d '\0')" = 'EFI PART' ]; then echo -n "GPT at $at, "; fi
        done
        echo "vfat sectors of $(od -An -tu2 -j $((1048576 + 11)) -N2 image | tr -d ' ')"
    fi
}
for size in 100 300; do make $size --sector-size=512; make $size; done | tee seen
[ "$(cat seen)" = '100 MiB, --sector-size=512: status 0, GPT at 512, vfat sectors of 512
100 MiB, default: status 1, No directory slots
300 MiB, --sector-size=512: status 0, GPT at 512, vfat sectors of 512
300 MiB, default: status 0, GPT at 512, vfat sectors of 4096' ]
