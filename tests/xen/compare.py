#!/usr/bin/python3
"""compare.py PREDICTED RESULTS NAME...: what `pregrub check` predicted beside what the guests told. Used by `boot`.

PREDICTED/NAME.json is the answer of `pregrub check`, RESULTS/*-NAME/ what dom0 kept of the guest. Prints a table.
Exit status: 0 all agree; 1 one does not.
"""

import glob
import json
import os
import re
import sys


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().replace("\r", "")
    except FileNotFoundError:
        return ""


def predicted(path):
    """(initrd, arguments), or the verdict where nothing boots."""
    answer = json.loads(read(path))
    boot = answer["boot"]
    if answer["verdict"] != "boots":
        return answer["verdict"]
    return (boot["ramdisk"]["path"] if boot["ramdisk"] else None, boot["args"])


def told(folder):
    """(initrd, arguments) from the guest's console, or what xl made of it."""
    console = read(os.path.join(folder, "console.log"))
    found = [re.search(f"^GUEST-{what} (.*)$", console, re.MULTILINE) for what in ("INITRD", "ARGUMENTS")]
    if all(found):
        return tuple(match[1] for match in found)
    log = read(os.path.join(folder, "xl.log"))
    return "fails" if "bootloader failed" in log else "no word from the guest"


def line(what):
    return what if isinstance(what, str) else " ".join((what[0] or "(no initrd)", what[1]))


def main():
    predictions, results, *names = sys.argv[1:]
    agreed = 0
    for name in names:
        (folder,) = glob.glob(os.path.join(glob.escape(results), "[0-9][0-9]-" + glob.escape(name))) or [""]
        expected, seen = predicted(os.path.join(predictions, name + ".json")), told(folder)
        agree = expected == seen
        agreed += agree
        print(f"{name:18} {'agree' if agree else 'DIFFER'}\n  predicted  {line(expected)}\n  console    {line(seen)}")
    print(f"{agreed} of {len(names)} guests did what pregrub predicted")
    sys.exit(agreed != len(names))


if __name__ == "__main__":
    main()
