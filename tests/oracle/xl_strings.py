"""What libxlutil reads: for each line of input, a configuration as a JSON string, the value of `x` as JSON, or the error's number."""

import ctypes
import glob
import json
import sys

library = ctypes.CDLL(sorted(glob.glob("/usr/lib/*/libxlutil.so*"))[-1])
c = ctypes.CDLL(None)
library.xlu_cfg_init.restype = ctypes.c_void_p
library.xlu_cfg_init.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
library.xlu_cfg_readdata.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
library.xlu_cfg_get_string.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int]
library.xlu_cfg_destroy.argtypes = [ctypes.c_void_p]
stderr = ctypes.c_void_p.in_dll(c, "stderr")

for line in sys.stdin:
    text = json.loads(line).encode()
    config = library.xlu_cfg_init(stderr, b"test.cfg")
    answer = library.xlu_cfg_readdata(config, text, len(text))
    if answer == 0:
        value = ctypes.c_char_p()
        answer = library.xlu_cfg_get_string(config, b"x", ctypes.byref(value), 0)
        if answer == 0:
            answer = value.value.decode()
    library.xlu_cfg_destroy(config)
    print(json.dumps(answer))
