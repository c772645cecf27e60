#!/usr/bin/python3
"""Which titles the real pygrub can draw: its own menu code, on real curses, thousands of menus a second.

A title that runs off the menu's window ends pygrub's attempt at a partition, so the menu decides what boots. Reads
JSON Lines: {"id"?, "titles": [...], "selected": N}; writes {"id", "drawn": true} or
{"id", "drawn": false, "error": {"type", "msg"}}.

The terminal is as libxl makes it (vt100, 24 lines of 80 columns by terminfo); how wide a character is depends on the
locale, which is the caller's.
"""

import json
import os
import pty
import sys
import threading
import types

import config_oracle
import installed


def drain(master):
    while os.read(master, 65536):
        pass


def on_terminal():
    """Puts curses on a pseudo-terminal, and returns the standard output that was there before."""
    master, slave = pty.openpty()
    threading.Thread(target=drain, args=(master,), daemon=True).start()
    asked, answers = os.dup(0), os.dup(1)
    os.dup2(slave, 0)
    os.dup2(slave, 1)
    os.environ["TERM"] = "vt100"
    return os.fdopen(asked, "rb"), os.fdopen(answers, "w")


def main():
    path = installed.pygrub_path()
    if path is None:
        sys.exit("no pygrub is installed")
    pygrub = config_oracle.load(path)
    asked, answers = on_terminal()
    grub = pygrub.Grub(None)
    grub.draw_main_windows()
    for line in asked:
        case = json.loads(line)
        grub.cf = types.SimpleNamespace(images=[types.SimpleNamespace(title=title) for title in case["titles"]])
        grub.start_image = 0
        grub.selected_image = case["selected"]
        answer = {"id": case.get("id"), "drawn": True}
        try:
            grub.fill_entry_list()
        except Exception as error:
            answer.update(drawn=False, error={"type": type(error).__name__, "msg": str(error)})
            # The failing line may have left it on.
            grub.entry_win.attrset(0)
        answers.write(json.dumps(answer) + "\n")
    pygrub.curses.endwin()
    answers.flush()


if __name__ == "__main__":
    main()
