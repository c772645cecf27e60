"""Refuses to restart a guest whose disk pygrub would not boot: the check for a plugin of xapi, or a hook of one's own.

    python before_reboot.py [--release RELEASE] TARGET...
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import pregrub


def explain(result: pregrub.CheckResult) -> str:
    """The verdict, and what to change, for a person."""
    lines = [str(result)]
    if result.kernel is not None:
        lines.append(f"  kernel {result.kernel.path}")
    if result.help is not None:
        lines.append(f"  help: {result.help}")
    lines.extend(f"  {finding}" for finding in result.findings if finding.severity is pregrub.Severity.ERROR)
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", default="host", help="whose pygrub [default: the one installed here]")
    parser.add_argument("targets", nargs="+", metavar="TARGET")
    options = parser.parse_args(arguments)
    status = 0
    for target in options.targets:
        try:
            result = pregrub.check(target, release=options.release)
        except pregrub.TargetError as error:
            print(f"unknown: {error}", file=sys.stderr)
            status = 3
            continue
        except pregrub.OptionError as error:
            print(error, file=sys.stderr)
            return 2
        print(explain(result))
        if result.verdict is pregrub.Verdict.UNKNOWN:
            status = 3
        elif result.verdict is pregrub.Verdict.FAILS and status == 0:
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
