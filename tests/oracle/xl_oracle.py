"""What the installed libxlutil makes of texts: domain configurations and disk specifications.

Reads one JSON object a line from standard input, answers each with one:

    {"text": BASE64, "names": [NAME, ...]}
        {"error": null | {"line": N, "message": TEXT}, "values": {NAME: VALUE}, "numbers": {NAME: N}}
        the first error it reports; a VALUE is text in base64 or a list of VALUEs; names that are absent are left out
    {"disk": BASE64}
        {"error": null | TEXT, "disk": {...}}     as libxl_device_disk_to_json tells it

A NUL in a string would end this program: libxlutil checks that with an assertion.
"""

import base64
import ctypes
import ctypes.util
import glob
import json
import re
import sys

libc = ctypes.CDLL(None)
libc.open_memstream.restype = ctypes.c_void_p
libc.open_memstream.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_size_t)]
libc.fclose.argtypes = [ctypes.c_void_p]
libc.free.argtypes = [ctypes.c_void_p]


def library(name):
    """The installed library, whatever its version is."""
    found = sorted(glob.glob(f"/usr/lib/*/{name}.so.4.*") + glob.glob(f"/usr/lib64/{name}.so.4.*"))
    if not found:
        sys.exit(f"no {name} is installed")
    return ctypes.CDLL(found[-1])


xlu = library("libxlutil")
xl = library("libxenlight")

P, S, I = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
for name, restype, argtypes in [
    ("xlu_cfg_init", P, [P, S]),
    ("xlu_cfg_destroy", None, [P]),
    ("xlu_cfg_readdata", I, [P, S, I]),
    ("xlu_cfg_get_string", I, [P, S, ctypes.POINTER(S), I]),
    ("xlu_cfg_get_long", I, [P, S, ctypes.POINTER(ctypes.c_long), I]),
    ("xlu_cfg_get_list", I, [P, S, ctypes.POINTER(P), ctypes.POINTER(I), I]),
    ("xlu_cfg_get_listitem2", P, [P, I]),
    ("xlu_cfg_value_type", I, [P]),
    ("xlu_cfg_value_get_string", I, [P, P, ctypes.POINTER(S), I]),
    ("xlu_cfg_value_get_list", I, [P, P, ctypes.POINTER(P), I]),
    ("xlu_disk_parse", I, [P, I, ctypes.POINTER(S), P]),
]:
    function = getattr(xlu, name)
    function.restype, function.argtypes = restype, argtypes
xl.libxl_device_disk_to_json.restype = P
xl.libxl_device_disk_to_json.argtypes = [P, P]
xl.libxl_device_disk_init.argtypes = [P]
xl.libxl_device_disk_dispose.argtypes = [P]


class Config:
    """An XLU_Config whose reports are kept."""

    def __init__(self):
        self.buffer, self.size = P(), ctypes.c_size_t()
        self.stream = libc.open_memstream(ctypes.byref(self.buffer), ctypes.byref(self.size))
        self.config = xlu.xlu_cfg_init(self.stream, b"F")

    def reports(self):
        """What it reported. The end of it."""
        xlu.xlu_cfg_destroy(self.config)
        libc.fclose(self.stream)
        said = ctypes.string_at(self.buffer, self.size.value)
        libc.free(self.buffer)
        return said


def text(raw):
    return base64.b64encode(raw).decode()


def listed(config, items):
    told, index = [], 0
    while value := xlu.xlu_cfg_get_listitem2(items, index):
        index += 1
        string, inner = S(), P()
        if xlu.xlu_cfg_value_get_string(config, value, ctypes.byref(string), 1) == 0:
            told.append(text(string.value))
        elif xlu.xlu_cfg_value_get_list(config, value, ctypes.byref(inner), 1) == 0:
            told.append(listed(config, inner))
    return told


MESSAGE = re.compile(rb"F:(\d+): config parsing error near .*?: ((?:lexical|syntax) error.*|memory exhausted|can't add .*|invalid .*)\Z", re.S)


def configuration(asked):
    data = base64.b64decode(asked["text"])
    holder = Config()
    config = holder.config
    answer = {"error": None, "values": {}, "numbers": {}}
    failed = xlu.xlu_cfg_readdata(config, data, len(data))
    for name in [] if failed else asked["names"]:
        key = name.encode()
        string, number, items, count = S(), ctypes.c_long(), P(), I()
        if xlu.xlu_cfg_get_string(config, key, ctypes.byref(string), 1) == 0:
            answer["values"][name] = text(string.value)
            if xlu.xlu_cfg_get_long(config, key, ctypes.byref(number), 1) == 0:
                answer["numbers"][name] = number.value
        elif xlu.xlu_cfg_get_list(config, key, ctypes.byref(items), ctypes.byref(count), 1) == 0:
            answer["values"][name] = listed(config, items)
    said = holder.reports()
    if failed:
        first = said.split(b"\nF:")[0].split(b"\nwarning: ")[0].rstrip(b"\n")
        match = MESSAGE.match(first)
        answer["error"] = {"line": int(match[1]), "message": match[2].decode()} if match else {"line": -1, "message": repr(said)}
    return answer


def disk(asked):
    specification = base64.b64decode(asked["disk"])
    holder = Config()
    parsed = ctypes.create_string_buffer(4096)
    xl.libxl_device_disk_init(parsed)
    failed = xlu.xlu_disk_parse(holder.config, 1, (S * 1)(specification), parsed)
    answer = {"error": None, "disk": None}
    if failed:
        first = holder.reports().decode("latin-1")
        first = first.removeprefix("F: config parsing error in disk specification: ")
        answer["error"] = re.split(r": near `| in `", first)[0]
    else:
        told = xl.libxl_device_disk_to_json(None, parsed)
        answer["disk"] = json.loads(ctypes.string_at(told).decode("latin-1"))
        libc.free(told)
        holder.reports()
    xl.libxl_device_disk_dispose(parsed)
    return answer


for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps(disk(asked) if "disk" in asked else configuration(asked)), flush=True)
