# Xen, a dom0 and a guest's kernel, from Debian's packages, and a machine made of them by QEMU. Sourced by `boot`.
#
# The packages are downloaded with all they depend on and unpacked, not installed, into $unpacked (125 MB of downloads).

cache=${XDG_CACHE_HOME:-$HOME/.cache}/pregrub-xen
unpacked=$cache/unpacked-1

packages=(xen-hypervisor-4.17-amd64 xen-utils-4.17 linux-image-amd64 linux-image-cloud-amd64
    busybox-static bash dash grep sed ncurses-base)
disk_modules=(virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk
    crc16 crc32c_generic mbcache jbd2 ext4)
xen_modules=(xen-privcmd xen-evtchn xen-gntdev xen-gntalloc xenfs xen-blkback)

# take_modules FROM TO NAME...: copies kernel modules into one folder.
take_modules() {
    local from=$1 to=$2 name
    shift 2
    mkdir -p "$to"
    for name; do
        find "$from" -name "$name.ko" -exec cp {} "$to/" \;
        [ -e "$to/$name.ko" ] || die "the kernel package has no module $name"
    done
    printf '%s\n' "$@" >"$to/order"
}

# pack_initrd FOLDER FILE
pack_initrd() {
    (cd "$1" && find . | cpio --quiet -o -H newc -R 0:0) | gzip -1 >"$2"
}

# unpack PACKAGE FOLDER: without the device nodes, which take root.
unpack() {
    mkdir -p "$2"
    dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --keep-directory-symlink --no-same-owner --exclude='./dev/*'
}

# Makes, once: xen, dom0-kernel, dom0-initrd, dom0.img (dom0's root), guest-kernel, busybox.
fetch() {
    local deb tree new
    mkdir -p "$cache"
    exec 9>"$cache/lock"
    flock 9
    if [ ! -e "$unpacked/done" ]; then
        echo 'boot: downloading and unpacking, once' >&2
        rm -rf "$unpacked" "$cache"/new.*
        new=$(mktemp -d "$cache/new.XXXXXX")
        mkdir -p "$new/debs/partial"
        # With an empty status file everything is missing, so everything is fetched.
        apt-get -qq -o Dir::State::status=/dev/null -o Dir::Cache::archives="$new/debs" \
            -o Debug::NoLocking=1 -o APT::Sandbox::User= --no-install-recommends \
            --download-only -y install "${packages[@]}" >"$new/log" 2>&1 ||
            die "apt-get failed; apt-get update may help: $(tail -n 3 "$new/log")"

        tree=$new/tree
        mkdir -p "$tree"/{usr/{bin,sbin,lib,lib64},var,dev,proc,sys,run,tmp,mnt,job}
        for deb in bin sbin lib lib64; do
            ln -s usr/$deb "$tree/$deb"
        done
        ln -s /run "$tree/var/run"
        for deb in "$new"/debs/*.deb; do
            case ${deb##*/} in
            linux-image-[0-9]*-cloud-amd64_*) unpack "$deb" "$new/guest" ;;
            linux-image-[0-9]*) unpack "$deb" "$new/dom0" ;;
            xen-hypervisor-*) unpack "$deb" "$new/hypervisor" ;;
            *) unpack "$deb" "$tree" ;;
            esac
        done
        rm -rf "$tree"/usr/share/{doc,man,locale,info} "$tree"/usr/lib/{systemd,udev}
        mkdir -p "$tree/usr/local/busybox" "$tree/var/log/xen" "$tree/var/lib/xen"

        gunzip -c "$new"/hypervisor/boot/xen-*-amd64.gz >"$new/xen"
        mv "$new"/dom0/boot/vmlinuz-* "$new/dom0-kernel"
        mv "$new"/guest/boot/vmlinuz-* "$new/guest-kernel"
        cp "$tree/bin/busybox" "$new/busybox"
        take_modules "$new/dom0" "$tree/modules" "${xen_modules[@]}"
        make_dom0_initrd "$new"
        mke2fs -q -t ext2 -d "$tree" -m 0 "$new/dom0.img" $(($(du -sm "$tree" | cut -f1) * 5 / 4 + 256))M >"$new/log"
        rm -rf "$tree" "$new"/{debs,dom0,guest,hypervisor,log}
        touch "$new/done"
        mv "$new" "$unpacked"
    fi
    exec 9>&-
}

# A small initrd: finds dom0's root disk and the job, and hands over.
make_dom0_initrd() {
    local root=$1/initrd
    mkdir -p "$root"/{bin,dev,new}
    cp "$1/busybox" "$root/bin/"
    take_modules "$1/dom0" "$root/modules" "${disk_modules[@]}"
    cat >"$root/init" <<'END'
#!/bin/busybox sh
b=/bin/busybox
$b mount -t devtmpfs dev /dev
for module in $($b cat /modules/order); do $b insmod /modules/$module.ko; done
$b mount -t ext2 /dev/vda /new
$b mount --move /dev /new/dev
$b tar -x -C /new/job -f /new/dev/vdb
exec $b switch_root /new /job/start
END
    chmod +x "$root/init"
    pack_initrd "$root" "$1/dom0-initrd"
    rm -rf "$root"
}

# run_machine JOB RESULTS SECONDS DISK...: boots Xen and dom0, which does JOB (a folder), with these disks at /dev/vdd and
# on; they are not written to. Waits for its end.
run_machine() {
    local job=$1 results=$2 seconds=$3 options=() disk status
    shift 3
    tar -c -C "$job" -f "$work/job.tar" .
    truncate -s %512 "$work/job.tar"
    truncate -s 64M "$work/results.img"
    for disk; do
        options+=(-drive "if=virtio,format=raw,snapshot=on,file=$disk")
    done
    : >"$work/serial.log"
    # Emulated: Xen needs no virtualisation of the host's, and nested ones often fail.
    timeout "$seconds" qemu-system-x86_64 -accel tcg -smp 2 -m 1280 \
        -nodefaults -display none -no-reboot -serial "file:$work/serial.log" \
        -kernel "$unpacked/xen" \
        -append 'console=com1 com1=115200,8n1 dom0_mem=768M,max:768M dom0_max_vcpus=1' \
        -initrd "$unpacked/dom0-kernel console=hvc0 panic=1 loglevel=4,$unpacked/dom0-initrd" \
        -drive "if=virtio,format=raw,snapshot=on,file=$unpacked/dom0.img" \
        -drive "if=virtio,format=raw,readonly=on,file=$work/job.tar" \
        -drive "if=virtio,format=raw,file=$work/results.img" \
        "${options[@]}" </dev/null >"$work/qemu.log" 2>&1 &
    machine=$!
    tail -n +1 -f --pid=$machine "$work/serial.log" 2>/dev/null | grep --line-buffered -a '^boot: ' >&2 &
    status=0
    wait $machine || status=$?
    machine=''
    mkdir -p "$results"
    tar -x -C "$results" -f "$work/results.img" 2>/dev/null || true
    cp "$work/serial.log" "$work/qemu.log" "$results/"
    if [ ! -e "$results/done" ]; then
        cat "$work/qemu.log" >&2
        tail -n 20 "$work/serial.log" >&2
        die "dom0 gave no results within $seconds s (QEMU: status $status); the end of its console is above"
    fi
}
