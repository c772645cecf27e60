#!/usr/bin/python3
"""Whole runs of the real pygrub as libxl starts it: on a pseudo-terminal, with the menu shown.

Reads JSON Lines from standard input:

    {"id"?, "argv": ["--args=a", "disk.img"], "keys"?: [[SECONDS, "text"], ...], "timeout"?: 30, "env"?, "program"?,
     "size"?: [ROWS, COLUMNS]}

The program gets, before `argv`, what libxl passes: --output=FILE (made beforehand, empty) --output-format=simple0
--output-directory=DIR. TERM is vt100, the window 0x0 (or of that size), the terminal raw. Writes for each line:

    {"id", "rc": 0 | null, "signal"?, "timed_out"?: true, "seconds", "items": ["kernel @OUT/...", "args ...", "", ""],
     "output_b64", "screen_b64", "before_key": [BYTES, ...], "files"}

`before_key` tells how much of the screen was written before each key was pressed; of a key that came too late, nothing.
`items` is the output file split at NUL. A run that waits for a key for ever ends with its `timeout`.
Usage: pty_run.py [JOBS] (default 16: the runs mostly wait for pygrub's own clock).
"""

import base64
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
import tty

import process

LIBXL = ["--output=@FILE", "--output-format=simple0", "--output-directory=@OUT"]


def start(case, slave_name):
    argv = case.program() + [case.place(a) for a in LIBXL] + case.argv()
    env = {"TERM": "vt100"} if "TERM" not in case.asked.get("env", {}) else {}
    # A session leader that opens a terminal gets it as its controlling one: login_tty, without code between fork
    # and exec, which threads would make unsafe.
    terminal = [
        (os.POSIX_SPAWN_OPEN, 0, slave_name, os.O_RDWR, 0),
        (os.POSIX_SPAWN_DUP2, 0, 1),
        (os.POSIX_SPAWN_DUP2, 0, 2),
    ]
    return os.posix_spawn(
        argv[0],
        argv,
        {**case.env, **env},
        file_actions=terminal,
        setsid=True,
        # Python ignores these two, and a child would inherit it.
        setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],
    )


def run(case, asked):
    master, slave = pty.openpty()
    tty.setraw(slave)
    if "size" in asked:
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *asked["size"], 0, 0))
    screen = bytearray()
    before_key = []
    keys = sorted(asked.get("keys", []))
    began = time.monotonic()
    deadline = began + asked.get("timeout", 30)
    answer = {}
    try:
        child = start(case, os.ttyname(slave))
        while True:
            if select.select([master], [], [], 0.02)[0]:
                screen += os.read(master, 65536)
                continue
            ended, code = os.waitpid(child, os.WNOHANG)
            now = time.monotonic()
            if ended:
                break
            while keys and now >= began + keys[0][0]:
                before_key.append(len(case.tell(bytes(screen))))
                os.write(master, keys.pop(0)[1].encode())
            if now >= deadline:
                answer["timed_out"] = True
                os.kill(child, signal.SIGKILL)
                code = os.waitpid(child, 0)[1]
                break
        seconds = time.monotonic() - began
        while select.select([master], [], [], 0)[0]:
            screen += os.read(master, 65536)
    finally:
        os.close(slave)
        os.close(master)
    answer.update(process.status(os.waitstatus_to_exitcode(code)))
    answer["seconds"] = round(seconds, 3)
    with open(case.output, "rb") as file:
        written = case.tell(file.read())
    answer["items"] = [item.decode("utf-8", "backslashreplace") for item in written.split(b"\0")] if written else []
    answer["output_b64"] = base64.b64encode(written).decode()
    answer["screen_b64"] = base64.b64encode(case.tell(bytes(screen))).decode()
    answer["before_key"] = before_key
    answer["files"] = case.files()
    return answer


if __name__ == "__main__":
    process.answer_all(run, int(sys.argv[1]) if len(sys.argv) > 1 else 16)
