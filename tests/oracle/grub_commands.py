#!/usr/bin/env python3
"""What GRUB's commands come to, by grub-emu.

Usage: grub_commands.py IMAGE [PROGRAM]. Standard input: a command a line. Standard output: one JSON object a line, in that order,
    {"command": ..., "status": "$? after it", "errors": [...]}

The commands run one after the other on IMAGE, which is (hd0), the root. As root it runs as nobody.
"""
import json
import os
import pwd
import re
import subprocess
import sys
import tempfile


def main():
    image, program = os.path.abspath(sys.argv[1]), (sys.argv[2:] + ["grub-emu"])[0]
    commands = sys.stdin.read().splitlines()
    script = [
        "set enable_progress_indicator=0", "export enable_progress_indicator", "terminfo -u -g 65535x24 console dumb",
        "loopback hd0 '(host)%s'" % image, "set root=hd0", "set prefix=(hd0)/grub", "set grub_platform=pc",
    ]
    for number, command in enumerate(commands):
        script += ["echo '@@begin %d'" % number, command, 'echo "@@end $?"']
    with tempfile.TemporaryDirectory(prefix="pregrub-grub-") as folder:
        identity = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chmod(folder, 0o755)
            identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        with open(os.path.join(folder, "grub.cfg"), "w", encoding="utf-8") as file:
            file.write("\n".join(script) + "\nhalt\n")
        run = subprocess.run(
            ["timeout", "-s", "KILL", "20", program, "-m", "/dev/null", "-d", folder, "-r", "host"],
            input=b"cccccc\nhalt\n", stdout=subprocess.PIPE, check=False, cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/nonexistent", "TERM": "dumb",
                 "SDL_VIDEODRIVER": "dummy", "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", "")}, **identity)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", run.stdout.decode("utf-8", "replace").replace("\r", ""))
    answers = re.findall(r"@@begin (\d+)\n(.*?)@@end (\S*)", text, re.S)
    if [int(number) for number, _, _ in answers] != list(range(len(commands))):
        sys.exit("grub-emu stopped after %d commands: %r" % (len(answers), text[-500:]))
    for command, (_, said, status) in zip(commands, answers):
        print(json.dumps({"command": command, "status": status, "errors": re.findall(r"error: (.*)", said)}))


if __name__ == "__main__":
    main()
