# shellcheck shell=bash disable=SC2154
# The guests: the recipe's boot disk, and what may become of it. Sourced by `boot`.

# Every guest: name, how its disk is laid out, where the menu lies on it, and the menu (on standard input). Then words for
# bootloader_args, and after `extra` one for xl's `extra`.
guests() {
    local recipe=$project/corpus/images/recipe.grub.cfg cases=$project/corpus/cases
    guest default whole grub/grub.cfg -q <"$recipe"
    # The menu is shown, and its timeout passes.
    guest menu-shown whole grub/grub.cfg <"$recipe"
    guest default-2 whole grub/grub.cfg -q < <(sed 's/set default=0/set default=2/' "$recipe")
    guest entry-in-submenu whole grub/grub.cfg \
        '--entry=NixOS - Configuration 1 (2024-03-02 - 24.05.202402.nbwk6z3)' <"$recipe"
    guest specialisation whole grub/grub.cfg '--entry=NixOS - rescue' <"$cases/nixos-specialisation/grub.cfg"
    guest extra whole grub/grub.cfg -q extra 'systemd.unit=rescue.target two' <"$recipe"
    guest mbr mbr boot/grub/grub.cfg --entry=3 <"$recipe"
    guest gpt gpt grub/grub.cfg -q < <(sed 's/set default=0/set default=3/' "$recipe")
    guest menu.lst whole boot/grub/menu.lst -q <"$cases/ec2-menu-lst/menu.lst"
    guest extlinux whole boot/extlinux/extlinux.conf --entry=linux <"$cases/extlinux-kernel-append/extlinux.conf"
    # What `pregrub init` generates.
    guest generated whole grub/grub.cfg -q < <(generated)
    # What NixOS makes without the recipe: nothing boots.
    guest nixos-default whole grub/grub.cfg -q <"$project/corpus/images/nixos-default.grub.cfg"
}

# The menu that `pregrub init` writes for three generations.
generated() {
    "$pregrub" init "$work/generated.img" >/dev/null
    debugfs -R 'cat /grub/grub.cfg' "$work/generated.img" 2>/dev/null
}

# guest NAME LAYOUT MENU-PATH BOOTLOADER-ARGUMENT... [extra WORDS]
guest() {
    local name=$1 layout=$2 menu=$3 extra='' domain arguments=() tree=$work/tree
    shift 3
    while [ $# -gt 0 ]; do
        if [ "$1" = extra ]; then
            extra=$2
            shift
        else
            arguments+=("$1")
        fi
        shift
    done
    names+=("$name")
    disks+=("$work/disks/$name.img")
    rm -rf "$tree"
    install -D -m 644 /dev/stdin "$tree/$menu"
    fill "$tree" "$tree/$menu"
    make_disk "$layout" "$tree" "$work/disks/$name.img"
    # The number keeps the order, which is that of the disks.
    domain=$(printf %02d ${#names[@]})-$name
    configuration "$domain" "$extra" "${arguments[@]}" >"$job/guests/$domain.cfg"
    predict "$name" "$extra" "${arguments[@]}"
}

# Puts every file that the menu names into the tree. A kernel is a kernel; an initrd tells its own path on the console.
fill() {
    local path root=$work/initrd
    # Absolute paths, the GRUB device before them taken off; an option of the kernel's (init=...) is none.
    grep -o -E '(^|[[:space:]=)])//?(kernels|boot|nix/store)/[^[:space:]]*' "$2" | sed 's/^[[:space:]=)]*//; s,^//,/,' | sort -u |
        while read -r path; do
            case $path in
            */init) ;;
            *init*rd* | *initramfs* | */last | */rescue)
                rm -rf "$root"
                mkdir -p "$root"/{bin,dev,proc,sys}
                cp "$unpacked/busybox" "$root/bin/"
                install -m 755 "$here/guest-init" "$root/init"
                echo "$path" >"$root/path"
                mkdir -p "$1/$(dirname "$path")"
                pack_initrd "$root" "$1$path"
                ;;
            *)
                mkdir -p "$1/$(dirname "$path")"
                cp --reflink=auto "$unpacked/guest-kernel" "$1$path"
                ;;
            esac
        done
}

# make_disk LAYOUT TREE IMAGE
make_disk() {
    local size=96 begin=2048
    mkdir -p "${3%/*}"
    case $1 in
    whole)
        mke2fs -q -t ext4 -L boot -d "$2" "$3" ${size}M >/dev/null
        return
        ;;
    mbr)
        truncate -s $((size + 2))M "$3"
        echo "start=$begin, size=$((size * 2048)), type=83" | sfdisk -q --no-reread --no-tell-kernel --label dos "$3"
        ;;
    gpt)
        truncate -s $((size + 2))M "$3"
        echo "start=$begin, size=$((size * 2048))" | sfdisk -q --no-reread --no-tell-kernel --label gpt "$3"
        ;;
    esac
    mke2fs -q -t ext4 -L boot -E offset=$((begin * 512)) -d "$2" "$3" ${size}M >/dev/null
}

# quoted WORD...: strings as xl writes them, separated by commas.
quoted() {
    local separator='' word
    for word; do
        word=${word//\\/\\\\}
        printf '%s"%s"' "$separator" "${word//\"/\\\"}"
        separator=', '
    done
}

# configuration NAME EXTRA BOOTLOADER-ARGUMENT...: what xl is told. The disks begin at /dev/vdd.
configuration() {
    local name=$1 extra=$2 letters=defghijklmnopqrstuvwxyz
    shift 2
    cat <<END
name = "$name"
type = "pv"
memory = 256
vcpus = 1
bootloader = "$bootloader"
bootloader_args = [ $(quoted "$@") ]
disk = [ "/dev/vd${letters:${#names[@]}-1:1},raw,xvda,rw" ]
on_poweroff = "destroy"
on_reboot = "destroy"
on_crash = "destroy"
END
    [ -z "$extra" ] || echo "extra = $(quoted "$extra")"
}

# predict NAME EXTRA BOOTLOADER-ARGUMENT...: what `pregrub check` says, before anything boots.
predict() {
    local name=$1 extra=$2 options=()
    shift 2
    [ -z "$extra" ] || options=("--args=$extra")
    mkdir -p "$work/predicted"
    "$pregrub" check --format json "${options[@]}" "$@" "$work/disks/$name.img" >"$work/predicted/$name.json" || true
}
