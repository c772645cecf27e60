#!/usr/bin/env bash
# libxlutil 4.17.7+13-g2445b30a44-0+deb12u1 (Debian 12), which reads xl's domain configurations: a quoted value may hold octal escapes,
# their digits are checked ("\1b" is an error), and then the character is left out: "a\101b" is "ab", and so is "a\1234b", whose fourth
# digit goes with the rest. "\n", "\t" and "\\" mean what they mean in C. An apostrophe quotes in the same way: 'a\101b' is "ab", too.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
version=4.17.7+13-g2445b30a44-0+deb12u1
packages=()
for name in libxenmisc4.17 libxencall1 libxendevicemodel1 libxenevtchn1 libxenforeignmemory1 libxengnttab1 libxenhypfs1 libxenstore4 \
    libxentoolcore1 libxentoollog1; do packages+=("$name=$version"); done
apt-get -qq -o APT::Sandbox::User=root download "${packages[@]}" libyajl2=2.1.0-3+deb12u2 libnl-route-3-200=3.7.0-0.2+b1 \
    libnl-3-200=3.7.0-0.2+b1
for package in *.deb; do dpkg -x "$package" root; done
export LD_LIBRARY_PATH=$folder/root/usr/lib/x86_64-linux-gnu:$folder/root/lib/x86_64-linux-gnu
cat > read.py <<'END'
import ctypes
xlu, libc = ctypes.CDLL("libxlutil.so.4.17"), ctypes.CDLL(None)
pointer, text = ctypes.c_void_p, ctypes.c_char_p
libc.fdopen.restype = xlu.xlu_cfg_init.restype = pointer
xlu.xlu_cfg_init.argtypes = [pointer, text]
xlu.xlu_cfg_readdata.argtypes = [pointer, text, ctypes.c_int]
xlu.xlu_cfg_get_string.argtypes = [pointer, text, ctypes.POINTER(text), ctypes.c_int]
errors = libc.fdopen(2, b"w")
for value in [rb'"a\101b"', rb'"a\1234b"', rb"'a\101b'", rb'"a\1b"', rb'"a\tb"']:
    line = b"extra=" + value + b"\n"
    configuration, found = xlu.xlu_cfg_init(errors, b"file"), text()
    status = xlu.xlu_cfg_readdata(configuration, line, len(line))
    if status == 0:
        xlu.xlu_cfg_get_string(configuration, b"extra", ctypes.byref(found), 1)
    print(value.decode(), status, found.value)
END
seen=$(python3 read.py 2> errors)
echo "$seen"
cat errors
[ "$seen" = '"a\101b" 0 b'\''ab'\''
"a\1234b" 0 b'\''ab'\''
'\''a\101b'\'' 0 b'\''ab'\''
"a\1b" 22 None
"a\tb" 0 b'\''a\tb'\''' ]
grep -q 'invalid digit after backslash' errors
