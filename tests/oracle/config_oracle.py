#!/usr/bin/python3
"""What the real pygrub makes of boot configurations: its parser modules and its own selection, without a disk.

Reads JSON Lines from standard input, one configuration a line:

    {"id": ..., "dialect": "grub2" | "legacy" | "extlinux", "text_b64": "...", "entry"?: TEXT, "args"?: TEXT}

TEXT is a string, or {"b64": ...} for bytes that are not UTF-8 (they reach pygrub as Python's sys.argv would hold them).
Writes one line for each, in the shape of the `expect` values of corpus/conformance/config.jsonl, and with "list", what
`pygrub -l` prints:

    {"id", "images", "default", "timeout", "password", "sel", "index", "boot", "warnings", "list": {"out", "error"?}}
    {"id", "error": {"stage": "parse", "type", "msg"}, "warnings", "list"}
    {"id", "images", "default", "timeout", "password", "sel", "error": {"stage": "select", ...}, "warnings", "list"}

The installed pygrub script is loaded as a module and its run_grub is called as the program calls it with -q. Only the
file system is ours: one file, read as the fsimage binding reads it.
"""

import base64
import importlib.machinery
import importlib.util
import io
import json
import logging
import os
import sys
import warnings

import installed

# The file each dialect is found under, so that pygrub picks its parser by the name, as always.
CONFIG_FILE = {"grub2": "/grub/grub.cfg", "extlinux": "/extlinux.conf", "legacy": "/grub/menu.lst"}

# JSON numbers beyond this are not the same number everywhere.
EXACT = 2**53


class File:
    """The handle that fs.open_file returns: positioned reads."""

    def __init__(self, data):
        self.data = data

    def read(self, size=None, offset=0):
        return self.data[offset:] if size is None else self.data[offset : offset + size]


class FileSystem:
    """A file system that holds nothing but the configuration."""

    def __init__(self, path, data):
        self.path = path
        self.data = data

    def file_exists(self, path):
        return path == self.path

    def open_file(self, path):
        if path != self.path:
            raise OSError(2, "No such file or directory")
        return File(self.data)


class Messages(logging.Handler):
    """Keeps what pygrub logs as a warning; the program prints exactly these without --debug."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.kept = []

    def emit(self, record):
        self.kept.append(text(record.getMessage()))


class Nowhere(io.TextIOBase):
    """Swallows the `Using ... to parse` lines, one a case."""

    def write(self, written):
        return len(written)


def load(path):
    """The pygrub script as a module. It finds its parsers beside itself through sys.path[0], which is ours to lend."""
    sys.dont_write_bytecode = True
    warnings.simplefilter("ignore")
    ours = sys.path[0]
    sys.path[0] = os.path.dirname(path)
    try:
        loader = importlib.machinery.SourceFileLoader("pygrub_script", path)
        spec = importlib.util.spec_from_loader(loader.name, loader)
        module = importlib.util.module_from_spec(spec)
        loader.exec_module(module)
    finally:
        sys.path[0] = ours
    # What the program sets before it calls run_grub, with -q.
    module.interactive = False
    module.list_entries = False
    return module


def text(value):
    """A string as JSON can hold it."""
    if not isinstance(value, str):
        return value
    try:
        value.encode()
        return value
    except UnicodeEncodeError:
        return {"b64": base64.b64encode(value.encode("utf-8", "surrogateescape")).decode()}


def number(value):
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= EXACT:
        return {"int": str(value)}
    return text(value)


def argument(value):
    """A command-line argument as Python would have decoded it into sys.argv."""
    if isinstance(value, dict):
        return base64.b64decode(value["b64"]).decode("utf-8", "surrogateescape")
    return value


def disk_and_path(pair):
    if pair is None:
        return None
    disk, path = pair
    return [None if disk is None else repr(disk), text(path)]


def image(img):
    # A device is its repr ("d0p1"); the extlinux parser keeps an empty string there instead of a device.
    root = img.root if img.root is None or isinstance(img.root, str) else repr(img.root)
    return {
        "title": text(img.title),
        "root": root,
        "kernel": disk_and_path(img.kernel),
        "args": text(img.args),
        "initrd": disk_and_path(img.initrd),
    }


def raised(error, stage=None):
    told = {"type": type(error).__name__, "msg": text(str(error))}
    if stage:
        told["stage"] = stage
    return told


class Oracle:
    def __init__(self, path):
        self.pygrub = load(path)
        self.grub_class = self.pygrub.Grub
        self.messages = Messages()
        logging.getLogger().addHandler(self.messages)

    def ask(self, case):
        data = base64.b64decode(case["text_b64"])
        fs = FileSystem(CONFIG_FILE[case["dialect"]], data)
        entry, args = argument(case.get("entry")), argument(case.get("args"))
        self.messages.kept = []
        self.pygrub.g = None
        self.pygrub.sel = None
        answer = {"id": case.get("id")}
        error = boot = None
        try:
            # /dev/null stands for the disk: pygrub only checks that it can be read.
            boot = self.pygrub.run_grub("/dev/null", entry, fs, "" if args is None else args)
        except Exception as caught:
            error = caught
        # What was logged while parsing and selecting; the listing below must not add to it.
        answer["warnings"] = self.messages.kept
        grub = self.pygrub.g
        if grub is None:
            answer["error"] = raised(error, "parse")
            answer["list"] = {"out": "", "error": raised(error)}
            return answer
        cf = grub.cf
        answer["images"] = [image(img) for img in cf.images]
        answer["default"] = number(cf.default)
        answer["timeout"] = number(cf.timeout)
        answer["password"] = cf.hasPassword()
        answer["sel"] = number(self.pygrub.sel)
        if error is not None:
            answer["error"] = raised(error, "select")
        else:
            answer["boot"] = {name: text(value) for name, value in boot.items()}
            answer["index"] = self.pygrub.sel if self.pygrub.sel < len(cf.images) else 0
        answer["list"] = self.listing(grub, fs)
        return answer

    def listing(self, parsed, fs):
        self.messages.kept = []
        self.pygrub.Grub = lambda file, fs: parsed
        self.pygrub.list_entries = True
        out, sys.stdout = sys.stdout, io.StringIO()
        listed = {}
        try:
            self.pygrub.run_grub("/dev/null", None, fs, "")
        except Exception as caught:
            listed["error"] = raised(caught)
        finally:
            listed["out"] = text(sys.stdout.getvalue())
            sys.stdout = out
            self.pygrub.list_entries = False
            self.pygrub.Grub = self.grub_class
        return listed


def main():
    path = installed.pygrub_path()
    if path is None:
        sys.exit("no pygrub is installed")
    oracle = Oracle(path)
    out, errors = sys.stdout, sys.stderr
    sys.stderr = Nowhere()
    try:
        for line in sys.stdin.buffer:
            out.write(json.dumps(oracle.ask(json.loads(line)), ensure_ascii=True))
            out.write("\n")
    finally:
        sys.stderr = errors
    out.flush()


if __name__ == "__main__":
    main()
