# Makes the volumes of tests/storage/identify.rs in the current directory: FORMAT-anything.img, the format as pregrub names
# it. Prints "missing TOOL" for what cannot be made.

bytes() { printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }
# make FORMAT-NAME SIZE TOOL ARGUMENTS...: runs the tool on a blank image, named as the last argument.
make() {
    image="$1.img" size="$2"; shift 2
    if command -v "$1" >/dev/null; then
        truncate -s "$size" "$image"
        "$@" "$image" >log 2>&1 </dev/null || { cat log >&2; echo "failed: $image" >&2; exit 1; }
    else
        echo "missing $1"
    fi
}
# from FORMAT-NAME TOOL ARGUMENTS...: the tool makes the image itself.
from() {
    image="$1.img"; shift
    if command -v "$1" >/dev/null; then
        "$@" >log 2>&1 </dev/null || { cat log >&2; echo "failed: $image" >&2; exit 1; }
    else
        echo "missing $1"
    fi
}

mkdir -p tree/kernels; echo kernel >tree/kernels/k; head -c 100000 /dev/urandom >tree/big
echo secret >key

make ext2-1 8M mkfs.ext2 -q
make ext3-1 16M mkfs.ext3 -q
make ext4-1 16M mkfs.ext4 -q
make ext4-1k 16M mkfs.ext4 -q -b 1024
make jbd-1 16M mkfs.ext4 -q -O journal_dev
make vfat-12 1440K mkfs.fat -F 12
make vfat-16 32M mkfs.fat -F 16
make vfat-32 64M mkfs.fat -F 32
make vfat-32-one 64M mkfs.fat -F 32 -f 1 -R 8 -s 64 -a
make vfat-1k 32M mkfs.fat -F 16 -S 1024
make vfat-4k 512M mkfs.fat -F 32 -S 4096
make vfat-atari 32M mkfs.fat -A
from vfat-mformat mformat -C -i vfat-mformat.img -f 1440 ::
make exfat-1 32M mkfs.exfat
make ntfs-1 32M mkfs.ntfs -F -Q -p 0 -H 0 -S 0
make xfs-4 320M mkfs.xfs -q -m crc=0 -n ftype=0
make xfs-4-ftype 320M mkfs.xfs -q -m crc=0 -n ftype=1
make xfs-5 320M mkfs.xfs -q
make btrfs-1 128M mkfs.btrfs -q
make f2fs-1 128M mkfs.f2fs -q
make jfs-1 32M mkfs.jfs -q
make nilfs2-1 256M mkfs.nilfs2 -q
make reiserfs-1 64M mkreiserfs -q -q -f
make reiserfs-35 64M mkreiserfs -q -q -f --format 3.5
make udf-1 32M mkudffs --media-type=hd
make minix-1 8M mkfs.minix -1
make minix-2 8M mkfs.minix -2
make minix-3 8M mkfs.minix -3
make swap-4k 1M mkswap
make swap-64k 1M mkswap -p 65536
make crypto_LUKS-1 20M cryptsetup -q luksFormat --type luks1 --pbkdf-force-iterations 1000 --key-file key
make crypto_LUKS-2 20M cryptsetup -q luksFormat --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file key
from ufs-1 makefs -t ffs -s 8m -o version=1 ufs-1.img tree
from ufs-1-64k makefs -t ffs -s 16m -o version=1,bsize=65536,fsize=8192 ufs-1-64k.img tree
from ufs-2 makefs -t ffs -s 8m -o version=2 ufs-2.img tree
from ufs-1-big makefs -t ffs -s 8m -B big -o version=1 ufs-1-big.img tree
from iso9660-1 xorriso -as mkisofs -R -V LABEL -o iso9660-1.img tree
from iso9660-udf genisoimage -quiet -R -udf -o iso9660-udf.img tree
from squashfs-1 mksquashfs tree squashfs-1.img -quiet
from erofs-1 mkfs.erofs erofs-1.img tree
from cramfs-1 mkfs.cramfs tree cramfs-1.img
from qcow2-1 qemu-img convert -O qcow2 ext4-1.img qcow2-1.img
from qcow-1 qemu-img convert -O qcow ext4-1.img qcow-1.img
from qed-1 qemu-img convert -O qed ext4-1.img qed-1.img
from vmdk-1 qemu-img convert -O vmdk ext4-1.img vmdk-1.img
from vmdk-flat qemu-img convert -O vmdk -o subformat=monolithicFlat ext4-1.img vmdk-flat.img
from vdi-1 qemu-img convert -O vdi ext4-1.img vdi-1.img
from vpc-1 qemu-img convert -O vpc ext4-1.img vpc-1.img
from ext4-fixed-vhd qemu-img convert -O vpc -o subformat=fixed ext4-1.img ext4-fixed-vhd.img
from vhdx-1 qemu-img convert -O vhdx ext4-1.img vhdx-1.img
from parallels-1 qemu-img convert -O parallels ext4-1.img parallels-1.img
rm -f vmdk-flat-flat.img ./*-flat.vmdk
gzip -c ext4-1.img >gzip-1.img
bzip2 -c tree/big >bzip2-1.img
xz -0 -c tree/big >xz-1.img
tar -cf tar-1.img tree
make gpt-1 8M sgdisk -n 1:2048
cp gpt-1.img dos-1.img; bytes dos-1.img 512 'no longer'

# What needs a device or a tool that is not packaged, by hand.
truncate -s 8M LVM2_member-1.img; bytes LVM2_member-1.img 512 'LABELONE'; bytes LVM2_member-1.img 536 'LVM2 001'
truncate -s 8M linux_raid_member-11.img; bytes linux_raid_member-11.img 0 '\374\116\053\251\001'
truncate -s 8M linux_raid_member-12.img; bytes linux_raid_member-12.img 4096 '\374\116\053\251\001'
cp ext4-1.img ext4-md-10.img; bytes ext4-md-10.img 16769024 '\374\116\053\251\001'
truncate -s 8M bcachefs-1.img; bytes bcachefs-1.img 4120 '\306\205\163\366\146\316\220\251\331\152\140\317\200\075\367\357'
cp ext4-1.img ext4-grub.img; dd if=/dev/urandom of=ext4-grub.img bs=440 count=1 conv=notrunc status=none; bytes ext4-grub.img 510 '\125\252'

truncate -s 1M zeros-1.img
head -c 1M /dev/urandom >random-1.img
yes 'menuentry "Linux" { linux /vmlinuz }' | head -c 1M >text-1.img
