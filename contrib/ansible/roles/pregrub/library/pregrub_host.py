#!/usr/bin/python
# Part of pregrub; licensed under either of MIT or Apache-2.0.
"""Ansible module: which guests of a Xen host would start through pygrub."""

DOCUMENTATION = r"""
module: pregrub_host
short_description: Check that the guests of a Xen host would boot, today or after an upgrade
description:
  - Runs C(pregrub host) on a dom0, which reads the guests' disks and changes nothing.
  - Fails where a guest would not come back. Use it before a reboot of the host or an upgrade of Xen.
options:
  to:
    description: The release that Xen is to be upgraded to, such as C(4.20). Then only what the upgrade changes counts.
    type: str
  release:
    description: Judge by this release instead of the installed one.
    type: str
  root:
    description: The root directory of the host, where it is not C(/).
    type: path
  only_started:
    description: Whether only the guests count that the host starts at boot.
    type: bool
    default: false
  fail_on_unknown:
    description: Whether the task fails where pregrub cannot tell of a guest, or cannot read a file of domains.
    type: bool
    default: true
  executable:
    description: The program.
    type: str
    default: pregrub
attributes:
  check_mode:
    description: Nothing is ever changed.
    support: full
"""

EXAMPLES = r"""
- name: No guest may stay down after the reboot
  pregrub_host:

- name: Nor after the upgrade
  pregrub_host:
    to: "4.20"
"""

RETURN = r"""
guests:
  description: Every guest, as in the JSON of C(pregrub host) (C(pregrub.host/1)).
  type: list
  returned: always
failing:
  description: Name and reason of each guest that would not come back.
  type: list
  returned: always
unknown:
  description: Name and reason of each guest of which pregrub cannot tell.
  type: list
  returned: always
"""

import json
import re
import unicodedata

from ansible.module_utils.basic import AnsibleModule


# What Unicode has programs show as nothing, besides the categories below.
INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\ufff0-\uffff]|[\U000e0000-\U000e0fff]")
COMMAND = re.compile(r"##\w*\[")


def printable(value):
    """The document as the controller may print it: a guest's text steers no terminal there, and commands no runner of continuous
    integration that runs the playbook. What pregrub escapes in its JSON, decoding makes raw again."""
    if isinstance(value, dict):
        return {key: printable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [printable(item) for item in value]
    if not isinstance(value, str):
        return value
    text = "".join(escaped(character) for character in value)
    text = COMMAND.sub(lambda found: found.group(0)[:-1] + "\\x5b", text)
    # GitHub's commands begin a line, and wherever a value is folded, a line begins.
    return text.replace("::", ":\\x3a")


def escaped(character):
    if unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp") and not INVISIBLE.match(character):
        return character
    return "\\x%02x" % ord(character) if ord(character) < 0x100 else "\\u%04x" % ord(character)


def concern(guest):
    """'failing' or 'unknown' where somebody must look at a guest, or None."""
    if "change" in guest:
        return {"stops": "failing", "boots-other": "failing", "unknown": "unknown"}.get(guest["change"])
    return {"fails": "failing", "unknown": "unknown"}.get(guest["verdict"])


def summary(guest):
    outcome = guest.get("after") or guest
    changed = {"boots-other": "it would boot something else"}.get(guest.get("change"))
    reason = outcome.get("reason") or changed or "pregrub gives no reason"
    return {"name": guest["name"], "file": guest["file"], "reason": reason, "help": outcome.get("help")}


def main():
    module = AnsibleModule(
        argument_spec={
            "to": {"type": "str"},
            "release": {"type": "str"},
            "root": {"type": "path"},
            "only_started": {"type": "bool", "default": False},
            "fail_on_unknown": {"type": "bool", "default": True},
            "executable": {"type": "str", "default": "pregrub"},
        },
        supports_check_mode=True,
    )
    command = [module.get_bin_path(module.params["executable"], required=True), "host", "--format", "json"]
    for option in ("to", "release", "root"):
        if module.params[option]:
            command += ["--" + option, module.params[option]]
    status, stdout, stderr = module.run_command(command)
    if status not in (0, 1, 3):
        module.fail_json(msg="pregrub host failed: " + (printable(stderr.strip()) or "exit status %d" % status), rc=status)
    try:
        document = printable(json.loads(stdout))
    except ValueError as error:
        module.fail_json(msg="pregrub host printed no JSON: %s" % error, rc=status)
    guests = document["guests"]
    counted = [guest for guest in guests if guest["starts_at_boot"] or not module.params["only_started"]]
    found = {"failing": [], "unknown": []}
    for guest in counted:
        kind = concern(guest)
        if kind:
            found[kind].append(summary(guest))
    result = dict(found, guests=guests, release=document["release"], changed=False)
    unreadable = ["cannot read %(file)s: %(error)s" % file for file in document["unreadable"]]
    if unreadable:
        result["warnings"] = unreadable
    bad = found["failing"] + (found["unknown"] if module.params["fail_on_unknown"] else [])
    # What cannot be read may be any number of guests.
    if unreadable and not bad and module.params["fail_on_unknown"]:
        module.fail_json(msg="not every guest is known: " + "; ".join(unreadable), **result)
    if bad:
        lines = ["%s: %s" % (guest["name"], guest["reason"]) for guest in bad]
        module.fail_json(msg="%d of %d guests would not come back: %s" % (len(bad), len(counted), "; ".join(lines)), **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
