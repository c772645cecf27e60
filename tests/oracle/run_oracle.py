#!/usr/bin/python3
"""Whole runs of the real pygrub (or of a program that wants to be like it), without a terminal.

Reads JSON Lines from standard input:

    {"id"?, "argv": ["-q", "--output-directory=@OUT", "disk.img"], "timeout"?: 60, "env"?: {NAME: VALUE | null},
     "program"?: ["target/release/pregrub", "pygrub"]}

@OUT is a fresh output directory, @FILE an empty file made beforehand (for --output=). Writes for each line:

    {"id", "rc": 0 | null, "signal"?: 11, "timed_out"?: true, "seconds", "stdout_b64", "stderr_b64", "output_b64",
     "files": {"boot_kernel.XXXXXXXX": {"sha256", "size", "mode", "content_b64"? when shorter than 4096}}}

In the texts and the names the directory stands as @OUT again, and the random part of a name as XXXXXXXX.
Usage: run_oracle.py [JOBS] (default: one a processor).
"""

import base64
import os
import subprocess
import sys
import time

import process


def run(case, asked):
    began = time.monotonic()
    late = False
    child = subprocess.Popen(
        case.program() + case.argv(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=case.env,
    )
    try:
        out, errors = child.communicate(timeout=asked.get("timeout", 60))
    except subprocess.TimeoutExpired:
        late = True
        child.kill()
        out, errors = child.communicate()
    answer = process.status(child.returncode)
    if late:
        answer["timed_out"] = True
    answer["seconds"] = round(time.monotonic() - began, 3)
    with open(case.output, "rb") as file:
        written = file.read()
    for name, raw in (("stdout", out), ("stderr", errors), ("output", written)):
        answer[name + "_b64"] = base64.b64encode(case.tell(raw)).decode()
    answer["files"] = case.files()
    return answer


if __name__ == "__main__":
    process.answer_all(run, int(sys.argv[1]) if len(sys.argv) > 1 else os.cpu_count() or 1)
