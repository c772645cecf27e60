"""Asks libxenfsimage whether it mounts volumes. Reads JSON lines {"path", "offset", "patches": [[at, "hex"], ...], "length"} and
prints "1" or "0" for each. The plugins are those of XEN_FSIMAGE_FSDIR. With patches the file is changed and changed back; with
a length the volume is a copy of that many bytes."""

import json
import os
import sys

sys.path.insert(0, sys.argv[1])
scratch = sys.argv[2]
import xenfsimage


def mounts(path, offset):
    try:
        xenfsimage.open(path, offset, "")
    except OSError:
        return "0"
    return "1"


# What plugins print stays out of the answers.
answers = os.fdopen(os.dup(1), "w")
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

for line in sys.stdin:
    case = json.loads(line)
    path, offset, length = case["path"], case["offset"], case.get("length")
    patches = [(at, bytes.fromhex(new)) for at, new in case.get("patches", [])]
    if length is not None:
        with open(path, "rb") as volume:
            copy = bytearray(volume.read(length))
        for at, new in patches:
            for index, byte in enumerate(new):
                if at + index < len(copy):
                    copy[at + index] = byte
        with open(scratch, "wb") as volume:
            volume.write(copy)
        answer = mounts(scratch, offset)
    else:
        volume = os.open(path, os.O_RDWR)
        old = [(at, os.pread(volume, len(new), at)) for at, new in patches]
        for at, new in patches:
            os.pwrite(volume, new, at)
        answer = mounts(path, offset)
        for at, before in reversed(old):
            os.pwrite(volume, before, at)
        os.close(volume)
    print(answer, file=answers, flush=True)
