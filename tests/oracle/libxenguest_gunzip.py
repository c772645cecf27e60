#!/usr/bin/python3
"""libxenguest_gunzip.py FILE...: what the installed libxenguest (up to 4.19) does with initrds that begin as gzip.

Asks the two functions that it unpacks an initrd with, without a hypervisor. One line of JSON a file: the size that it reads at the
end of the file (0: it leaves the file alone), and whether it unpacks the file.
Exit status 2: there is no such library.
"""

import ctypes
import ctypes.util
import glob
import json
import sys


def load(name):
    found = sorted(glob.glob(f"/usr/lib/*/lib{name}.so.4.1[0-9]"))
    if not found:
        sys.exit(2)
    return ctypes.CDLL(found[-1], mode=ctypes.RTLD_GLOBAL)


DUMMY = 1
control = load("xenctrl")
guest = load("xenguest")
control.xc_interface_open.restype = ctypes.c_void_p
control.xc_interface_open.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint]
guest.xc_dom_check_gzip.restype = ctypes.c_size_t
guest.xc_dom_check_gzip.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
guest.xc_dom_do_gunzip.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]

xch = control.xc_interface_open(None, None, DUMMY)
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        data = file.read()
    size = guest.xc_dom_check_gzip(xch, data, len(data))
    unpacks = False
    if 0 < size < 1 << 28:
        unpacks = guest.xc_dom_do_gunzip(xch, data, len(data), ctypes.create_string_buffer(size), size) == 0
    print(json.dumps({"size": size, "unpacks": unpacks}))
