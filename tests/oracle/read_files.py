"""Asks the real libfsimage what it sees.

Standard input: a JSON list of cases {"image", "offset", "patches": [[position, [byte, ...]], ...], "length", "paths", "cap",
"reads": [[length, offset], ...]}.
Standard output: a JSON list of {"crashed"} or {"mounted", "paths": [{"errno"} or {"length", "crc", "errno", "pieces"}]}.
Every case runs in a child of its own, since the plugins may crash or hang on damaged images.
"""
import json
import os
import resource
import signal
import sys
import zlib

sys.path.insert(0, sys.argv[1])
scratch = sys.argv[2]
import xenfsimage


def read_all(handle, cap):
    checksum, length = 0, 0
    while length < cap:
        try:
            data = handle.read(min(1 << 20, cap - length), length)
        except OSError as error:
            return {"length": length, "crc": checksum, "errno": error.errno}
        if len(data) == 0:
            break
        checksum = zlib.crc32(data, checksum)
        length += len(data)
    return {"length": length, "crc": checksum}


def read_pieces(handle, reads):
    pieces = []
    for length, offset in reads:
        try:
            data = handle.read(length, offset)
        except OSError:
            data = b""
        pieces.append([len(data), zlib.crc32(data)])
    return pieces


def run(case):
    name = case["image"]
    if case.get("patches") or case.get("length") is not None:
        content = bytearray(open(name, "rb").read())
        for position, values in case["patches"]:
            content[position : position + len(values)] = bytes(values)
        if case.get("length") is not None:
            content = content[: case["length"]]
        name = os.path.join(scratch, "patched.img")
        with open(name, "wb") as file:
            file.write(content)
    try:
        fs = xenfsimage.open(name, case["offset"], "")
    except OSError as error:
        return {"mounted": False, "paths": []}
    paths = []
    for path in case["paths"]:
        exists = bool(fs.file_exists(path))
        try:
            handle = fs.open_file(path)
        except OSError as error:
            paths.append({"errno": error.errno, "exists": exists})
            continue
        whole = read_all(handle, case["cap"])
        paths.append(dict(whole, pieces=read_pieces(handle, case.get("reads", [])), exists=exists, opened=True))
        del handle
    return {"mounted": True, "paths": paths}


def guarded(case):
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        signal.alarm(20)
        signal.setitimer(signal.ITIMER_PROF, float(os.environ.get("READ_FILES_SECONDS", "20")))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
        code = 1
        try:
            answer = json.dumps(run(case)).encode()
            with os.fdopen(write_end, "wb") as file:
                file.write(answer)
            code = 0
        finally:
            os._exit(code)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as file:
        answer = file.read()
    _, status = os.waitpid(child, 0)
    if status != 0:
        return {"crashed": status}
    return json.loads(answer)


json.dump([guarded(case) for case in json.load(sys.stdin)], sys.stdout)
