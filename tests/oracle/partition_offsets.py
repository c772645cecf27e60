"""Runs the installed pygrub's get_partition_offsets() on every image named on standard input, one path a line, and prints
one JSON line an image: {"offsets": ["0", ...]} or {"raised": "struct.error: ..."}. Offsets are strings: they exceed 64 bits."""

import importlib.machinery
import importlib.util
import json
import sys
import warnings

warnings.simplefilter("ignore")
loader = importlib.machinery.SourceFileLoader("pygrub", sys.argv[1])
pygrub = importlib.util.module_from_spec(importlib.util.spec_from_loader("pygrub", loader))
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1].rsplit("/", 2)[0] + "/lib/python")
loader.exec_module(pygrub)

for line in sys.stdin:
    path = line.rstrip("\n")
    try:
        answer = {"offsets": [str(offset) for offset in pygrub.get_partition_offsets(path)]}
    except BaseException as error:
        kind = type(error)
        name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
        answer = {"raised": f"{name}: {error}"}
    print(json.dumps(answer), flush=True)
