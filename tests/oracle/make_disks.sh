# Makes the disks of tests/storage/partitions.rs in the current directory: *.img.
exec >/dev/null

blank() { truncate -s "$2" "$1.img"; }
bytes() { printf "$3" | dd of="$1.img" bs=1 seek="$2" conv=notrunc status=none; }
signed() { bytes "$1" 510 '\125\252'; }
dos() { blank "$1" 16M; printf 'label: dos\n%s\n' "$2" | sfdisk -q --no-reread --no-tell-kernel "$1.img"; }

for size in 0 1 511 512 513 600 1024 1063 1064; do
    blank "size-$size" $size
    blank "signed-$size" $size
    [ $size -lt 512 ] || signed "signed-$size"
done

blank ext4 8M; mkfs.ext4 -q ext4.img
for kind in signed lba0 lba1 code; do cp ext4.img ext4-$kind.img; signed ext4-$kind; done
bytes ext4-lba0 450 '\203'
bytes ext4-lba1 450 '\203'; bytes ext4-lba1 454 '\001'
bytes ext4-code 440 'code where a table would be, as boot loaders have it'
bytes ext4-code 510 '\125\252'

blank fat12 1440K; mkfs.fat -F 12 fat12.img
blank fat16 16M; mkfs.fat -F 16 fat16.img
blank fat32 40M; mkfs.fat -F 32 fat32.img
blank fat16-mbr 16M; mkfs.fat -F 16 --mbr=y fat16-mbr.img
blank mformat 1440K; mformat -i mformat.img -f 1440 ::

dos one 'start=2048, type=83'
dos four '2048,2048,83
4096,2048,83
6144,2048,83
8192,2048,83'
dos active-second '2048,2048,83
4096,2048,83,*'
dos swap-first '2048,2048,82
4096,2048,83'
dos solaris '2048,2048,bf
4096,2048,83'
dos logical '2048,2048,83
4096,8192,5
4608,1024,83
6144,1024,83'
dos only-logical '4096,8192,f
4608,1024,83'
dos types '2048,2048,8e
4096,2048,fd
6144,2048,ef
8192,2048,7'
cp one.img type0.img; bytes type0 450 '\000'
cp one.img no-sectors.img; bytes no-sectors 458 '\000\000\000\000'
cp swap-first.img swap-behind-end.img; bytes swap-behind-end 454 '\000\000\000\001'
cp swap-first.img vtoc.img
bytes vtoc 1049088 '\000'; bytes vtoc 1049118 '\003'; bytes vtoc 1049596 '\276\332'
cp vtoc.img vtoc-root.img; bytes vtoc-root 1049184 '\002\000\000\000\020'

for entries in 128 8 256; do
    blank gpt-$entries 16M
    sgdisk -o -S $entries -a 1 -n 1:2048:4095 -n 2:4096:8191 -n 5:9000:10000 gpt-$entries.img
done
cp gpt-128.img gpt-hybrid.img; sgdisk -h 1:2 gpt-hybrid.img
cp gpt-128.img gpt-hybrid-last.img; sgdisk -h 1:2:EE gpt-hybrid-last.img
cp gpt-128.img gpt-active.img; bytes gpt-active 446 '\200'
cp gpt-128.img gpt-no-signature.img; bytes gpt-no-signature 510 '\000\000'
cp gpt-128.img gpt-lba0.img; bytes gpt-lba0 454 '\000'
cp gpt-128.img gpt-size0.img; bytes gpt-size0 596 '\000'
cp gpt-128.img gpt-size32.img; bytes gpt-size32 596 '\040'
cp gpt-128.img gpt-size256.img; bytes gpt-size256 596 '\000\001'
cp gpt-128.img gpt-count0.img; bytes gpt-count0 592 '\000'
cp gpt-128.img gpt-endless.img; bytes gpt-endless 592 '\377\377\377\377'
cp gpt-128.img gpt-huge.img; bytes gpt-huge 1062 '\100'
for size in 512 560 600 1024 1063 1064 1192 17407 17408; do cp gpt-128.img gpt-cut-$size.img; truncate -s $size gpt-cut-$size.img; done
# As on a disk with 4096-byte sectors: the header at 4096, the entries at 8192, a partition from sector 256 on.
blank gpt-4k 16M; signed gpt-4k
bytes gpt-4k 450 '\356'; bytes gpt-4k 454 '\001'
bytes gpt-4k 4096 'EFI PART'; bytes gpt-4k 4176 '\200\000\000\000\200'; bytes gpt-4k 8224 '\000\001'

mkdir tree; echo hello >tree/file
xorriso -report_about SORRY -as mkisofs -R -o iso.img tree
xorriso -report_about SORRY -as mkisofs -R -partition_offset 16 -o iso-offset.img tree
xorriso -report_about SORRY -as mkisofs -R -append_partition 2 0xef fat12.img -o iso-efi.img tree
xorriso -report_about SORRY -as mkisofs -R -append_partition 2 0xef fat12.img -appended_part_as_gpt -o iso-efi-gpt.img tree
cp iso.img iso-hybrid.img; signed iso-hybrid; bytes iso-hybrid 446 '\200'; bytes iso-hybrid 450 '\027'
