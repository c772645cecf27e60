"""Where the real pygrub is: shared by the oracle programs, so that all of them ask the same one.

Nothing of pygrub is copied here. It is loaded or started from where the distribution put it.
"""

import glob
import os
import re


def pygrub_path():
    """The newest installed pygrub, or None. PREGRUB_ORACLE_PYGRUB names another one."""
    named = os.environ.get("PREGRUB_ORACLE_PYGRUB")
    if named:
        return named if os.path.isfile(named) else None
    found = glob.glob("/usr/lib/xen-*/bin/pygrub") + glob.glob("/usr/libexec/xen/bin/pygrub")

    def release(path):
        return [int(n) for n in re.findall(r"\d+", path)]

    return max(found, key=release, default=None)
