#!/usr/bin/env python3
"""What real GRUB boots from disk images, by grub-emu, the GRUB that runs as an ordinary program.

Standard input: one JSON object a line,
    {"image": PATH, "partition": "hd0" | "hd0,msdos1" | ..., "root": DEVICE, "config": PATH, "entry": null | "1>2"}
"root" is what $root is when the configuration is read. "entry" stands for `set default=`.
Standard output: one a line, in that order,
    {"title": ..., "default": ..., "timeout": ..., "commands": [{"command": "linux", "root": ..., "args": [...],
     "there": [...]}], "errors": [...]}

The image is attached read-only. grub-emu has no loader commands, so functions of their names print what they are called
with, and whether a file of that name is there; the rest is GRUB's own code. As root it runs as nobody.
"""
import json
import os
import pwd
import re
import select
import subprocess
import sys
import tempfile
import time

TAG = "pregrub-oracle"
SECONDS = 30
END = b"Failed to boot both"
PROMPT = b"\rgrub> "


def quote(text):
    return "'" + text.replace("'", "'\\''") + "'"


def driver(image, case):
    config = quote("(%s)%s" % (case["partition"], case["config"]))
    lines = [
        "set enable_progress_indicator=0",
        "export enable_progress_indicator",
        # Wide enough that no word is broken.
        "terminfo -u -g 65535x24 console dumb",
        "loopback hd0 " + quote("(host)" + image),
        "function report {",
        '  echo "%s command $1"; echo "%s root $root"; shift' % (TAG, TAG),
        '  for w in "$@"; do echo "%s arg $w"; if test -f "$w"; then echo "%s there"; fi; done' % (TAG, TAG),
        "}",
        'function linux { report linux "$@"; }',
        'function initrd { report initrd "$@"; }',
        "set grub_platform=pc",
        "set root=" + quote(case["root"]),
        "set prefix=" + quote("(%s)%s" % (case["partition"], os.path.dirname(case["config"]))),
        "source " + config,
        "terminal_output console",
        'echo "%s default $default"; echo "%s timeout $timeout"' % (TAG, TAG),
    ]
    if case.get("entry") is not None:
        lines.append("set default=" + quote(case["entry"]))
    lines += ["set timeout_style=menu", "set timeout=0"]
    return "\n".join(lines) + "\n"


def ask(folder, identity, case):
    image = os.path.join(folder, "disk")
    if os.path.lexists(image):
        os.unlink(image)
    subprocess.run(["cp", "--sparse=always", "--reflink=auto", "--", case["image"], image], check=True)
    os.chmod(image, 0o644)
    with open(os.path.join(folder, "grub.cfg"), "w", encoding="utf-8") as file:
        file.write(driver(image, case))
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/nonexistent", "TERM": "dumb"}
    run = subprocess.Popen(
        ["grub-emu", "-m", "/dev/null", "-d", folder, "-r", "host"], env=environment, cwd="/", stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **identity)
    output, deadline = b"", time.monotonic() + SECONDS
    try:
        # Nothing was loaded in fact, which GRUB complains of at the end of the entry; without an entry it shows its prompt. It
        # never ends by itself.
        while END not in output and not output.endswith(PROMPT):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([run.stdout], [], [], left)[0]:
                raise TimeoutError("grub-emu said: " + repr(output[-1000:]))
            piece = os.read(run.stdout.fileno(), 1 << 16)
            if not piece:
                raise ChildProcessError("grub-emu ended: " + repr(output[-1000:]))
            output += piece
    finally:
        run.kill()
        run.wait()
        run.stdin.close()
        run.stdout.close()
    output = output.split(END)[0]
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", output.decode("utf-8", "surrogateescape").replace("\r", ""))
    return answer(text)


def answer(text):
    told = {"title": None, "default": None, "timeout": None, "commands": [], "errors": []}
    for line in text.split("\n"):
        report = re.search(TAG + r" (\w+) ?(.*)$", line)
        booting = re.search(r"Booting `(.*)'", line)
        error = re.search(r"error: (.*)", line)
        if report:
            key, value = report.groups()
            if key == "command":
                told["commands"].append({"command": value, "root": None, "args": [], "there": []})
            elif key == "root":
                told["commands"][-1]["root"] = value
            elif key == "arg":
                told["commands"][-1]["args"].append(value)
                told["commands"][-1]["there"].append(False)
            elif key == "there":
                told["commands"][-1]["there"][-1] = True
            else:
                told[key] = value
        elif booting:
            told["title"] = booting[1]
        elif error and "you need to load the kernel first" not in error[1]:
            told["errors"].append(error[1].strip())
    return told


def main():
    with tempfile.TemporaryDirectory(prefix="pregrub-grub-") as folder:
        identity = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chmod(folder, 0o755)
            identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        for line in sys.stdin:
            sys.stdout.buffer.write(json.dumps(ask(folder, identity, json.loads(line))).encode() + b"\n")
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
