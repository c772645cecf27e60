#!/usr/bin/env python3
"""What real GRUB boots from disk images, by grub-emu, the GRUB that runs as an ordinary program.

Standard input: one JSON object a line,
    {"image": PATH, "partition": "hd0" | "hd0,msdos1" | ..., "root": DEVICE, "config": PATH, "entry": null | "1>2"}
"root" is what $root is when the configuration is read. "entry" stands for `set default=`.
Standard output: one a line, in that order,
    {"title": ..., "chosen": ..., "default": ..., "timeout": ..., "commands": [{"command": "linux", "root": ..., "args": [...],
     "there": [...]}], "errors": [...]}
"there" says of each word whether GRUB can open a file of that name that is not empty.

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
SECONDS = 60
# As long as that a menu says nothing when it waits for a key.
QUIET = 4
END = b"Failed to boot both"
PROMPT = b"\rgrub> "
LOADERS = (
    "linux linux16 multiboot multiboot2 chainloader ntldr freedos initrd initrd16 module module2"
).split()
# Commands that grub-emu lacks and that do not decide what boots.
NO_OPS = "serial play acpi badram cutmem drivemap keymap sendkey vbeinfo fwsetup".split()
# What GRUB waits for, and the key that is pressed; without one the answer is complete.
QUESTIONS = {
    b"Press any key to continue": b" ",
    b"--MORE--": b" ",
    # A menu that waits, where no time runs down: its default is taken, once.
    b"Press enter to boot the selected OS": b"\r",
    b"Minimal BASH-like line editing is supported. For": None,
    b"Enter username": None,
    END: None,
}


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
        '  for w in "$@"; do echo "%s arg $w"; if test -s "$w"; then echo "%s there"; fi; done' % (TAG, TAG),
        '  echo "%s chosen $chosen"' % TAG,
        "}",
        *('function %s { report %s "$@"; }' % (name, name) for name in LOADERS),
        *("function %s { true; }" % name for name in NO_OPS),
        "set grub_platform=pc",
        "set grub_cpu=i386",
        "set root=" + quote(case["root"]),
        "set prefix=" + quote("(%s)%s" % (case["partition"], os.path.dirname(case["config"]))),
        "source " + config,
        "terminal_output console",
        'echo "%s default $default"; echo "%s timeout $timeout"' % (TAG, TAG),
    ]
    if case.get("entry") is not None:
        lines.append("set default=" + quote(case["entry"]))
    # Nobody can log in.
    lines += ["unset superusers", "set timeout_style=menu", "set timeout=0"]
    return "\n".join(lines) + "\n"


def copied(folder, image, last):
    """A copy that the user nobody can read; that of the last case where it has the same image."""
    copy = os.path.join(folder, "disk")
    if image != last:
        if os.path.lexists(copy):
            os.unlink(copy)
        subprocess.run(["cp", "--sparse=always", "--reflink=auto", "--", image, copy], check=True)
        os.chmod(copy, 0o644)
    return copy


def ask(folder, identity, case, image):
    with open(os.path.join(folder, "grub.cfg"), "w", encoding="utf-8") as file:
        file.write(driver(image, case))
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/nonexistent", "TERM": "dumb"}
    run = subprocess.Popen(
        ["grub-emu", "-m", "/dev/null", "-d", folder, "-r", "host"], env=environment, cwd="/", stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **identity)
    output, seen, menus, enter, deadline = b"", 0, 0, None, time.monotonic() + SECONDS
    questions = re.compile(b"|".join(map(re.escape, QUESTIONS)))
    done = False
    try:
        # Nothing was loaded in fact, which GRUB complains of at the end of the entry; without an entry it shows its prompt. It
        # never ends by itself.
        while not done and not output.endswith(PROMPT):
            now = time.monotonic()
            if enter is not None and now >= enter[1]:
                if b"executed automatically" not in output[enter[0]:]:
                    menus += 1
                    if menus > 1:
                        output = output[: enter[0]]
                        break
                    run.stdin.write(b"\r")
                    run.stdin.flush()
                enter = None
            until = deadline if enter is None else enter[1]
            if not select.select([run.stdout], [], [], max(0, until - now))[0]:
                if enter is None:
                    raise TimeoutError("%s: grub-emu said: %r" % (case["config"], output[-1000:]))
                continue
            piece = os.read(run.stdout.fileno(), 1 << 16)
            if not piece and run.wait() == 0:
                # `halt`, `reboot` or `exit`.
                break
            if not piece:
                raise ChildProcessError("%s: grub-emu ended: %r" % (case["config"], output[-1000:]))
            output += piece
            if enter is not None:
                # A menu that counts down is drawn again and again.
                enter = (enter[0], time.monotonic() + QUIET)
            for question in questions.finditer(output, seen):
                seen, key = question.end(), QUESTIONS[question[0]]
                if key == b"\r":
                    enter = (question.start(), time.monotonic() + QUIET)
                elif key is None:
                    output, done = output[: question.start()], True
                    break
                else:
                    run.stdin.write(key)
                    run.stdin.flush()
            seen = max(seen, len(output) - 100)
    finally:
        run.kill()
        run.wait()
        run.stdin.close()
        run.stdout.close()
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", output.decode("utf-8", "surrogateescape").replace("\r", ""))
    return answer(text)


def answer(text):
    told = {"title": None, "chosen": None, "default": None, "timeout": None, "commands": [], "errors": []}
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
        last = None
        for line in sys.stdin:
            case = json.loads(line)
            image = copied(folder, case["image"], last)
            last = case["image"]
            sys.stdout.buffer.write(json.dumps(ask(folder, identity, case, image)).encode() + b"\n")
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
