"""What both process runners share: the output directory, what is found in it afterwards, and the random names in it."""

import base64
import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile

import installed

# Contents shorter than this are reported as such, longer ones by their digest alone.
WHOLE = 4096

# pygrub's names come from mkstemp. Two runs can only be compared without the random part; a name of another shape
# stays as it is and so shows up as a difference.
RANDOM_NAME = re.compile(rb"(boot_(?:kernel|ramdisk)\.)[a-z0-9_]{8}(?![a-z0-9_])")


class Case:
    """One run: where it writes and how its command line reads."""

    def __init__(self, asked):
        self.asked = asked
        self.top = os.path.realpath(tempfile.mkdtemp(prefix="pregrub-oracle."))
        self.directory = os.path.join(self.top, "out")
        self.output = os.path.join(self.top, "output")
        os.mkdir(self.directory, 0o700)
        # libxl creates the file before it starts the boot loader, which opens it without O_CREAT.
        with open(self.output, "wb"):
            os.chmod(self.output, 0o600)
        self.env = dict(os.environ)
        for name, value in asked.get("env", {}).items():
            if value is None:
                self.env.pop(name, None)
            else:
                self.env[name] = value

    def program(self):
        return [self.place(a) for a in self.asked.get("program") or [installed.pygrub_path()]]

    def argv(self):
        return [self.place(a) for a in self.asked["argv"]]

    def place(self, argument):
        """@OUT is the output directory, @FILE the output file made beforehand."""
        raw = base64.b64decode(argument["b64"]) if isinstance(argument, dict) else argument.encode()
        return raw.replace(b"@OUT", self.directory.encode()).replace(b"@FILE", self.output.encode())

    def tell(self, raw):
        """Output with the places put back."""
        raw = raw.replace(self.directory.encode(), b"@OUT").replace(self.output.encode(), b"@FILE")
        return RANDOM_NAME.sub(rb"\1XXXXXXXX", raw)

    def files(self):
        told = {}
        for folder, _, names in os.walk(os.fsencode(self.directory)):
            for name in names:
                path = os.path.join(folder, name)
                relative = RANDOM_NAME.sub(rb"\1XXXXXXXX", os.path.relpath(path, os.fsencode(self.directory)))
                told[relative.decode("utf-8", "backslashreplace")] = described(path)
        return told

    def remove(self):
        shutil.rmtree(self.top, ignore_errors=True)


def described(path):
    digest = hashlib.sha256()
    size = 0
    first = b""
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            first = first or chunk
            digest.update(chunk)
            size += len(chunk)
    told = {"sha256": digest.hexdigest(), "size": size, "mode": os.stat(path).st_mode & 0o7777}
    if size < WHOLE:
        told["content_b64"] = base64.b64encode(first).decode()
    return told


def status(code):
    """subprocess' and waitstatus_to_exitcode's convention: negative is a signal."""
    return {"rc": None, "signal": -code} if code < 0 else {"rc": code}


def answer_all(run, jobs):
    """Runs every case of standard input, `jobs` at a time, and writes the answers in the order of the questions."""

    def one(line):
        asked = json.loads(line)
        case = Case(asked)
        try:
            answer = {"id": asked.get("id")}
            answer.update(run(case, asked))
            return answer
        finally:
            case.remove()

    if installed.pygrub_path() is None:
        sys.exit("no pygrub is installed")
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for answer in pool.map(one, sys.stdin.buffer.readlines()):
            print(json.dumps(answer), flush=True)
