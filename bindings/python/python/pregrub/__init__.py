"""Shows what Xen's pygrub will boot from a guest's disk before you start the guest, or exactly why nothing boots.

    >>> import pregrub
    >>> result = pregrub.check("guest.img", release="debian-4.17")
    >>> if result.boots:
    ...     print(result.kernel.path, result.args)
    ... else:
    ...     print(result.reason, result.help, sep="\\n")

Nothing is written to a disk, nothing is mounted, and root is not needed.
"""

from ._api import check, check_text, compare, lint, lint_text, releases
from ._compared import Comparison, Difference, Environment, GrubPick, Pick, Picked, PickedFile, PygrubPick, Upgrade
from ._errors import (
    Error,
    InternalError,
    OptionError,
    TargetError,
    TargetKindError,
    TargetNotFoundError,
    TargetPermissionError,
    TargetReadError,
)
from ._findings import Edit, Finding, Fix, LintResult, Raised, Related, Severity, Span
from ._native import __version__
from ._releases import Release
from ._results import (
    Boot,
    Builder,
    CheckResult,
    Disk,
    Failure,
    File,
    Kernel,
    Process,
    Toolstack,
    ToolstackError,
    Verdict,
)

__all__ = [
    "Boot",
    "Builder",
    "CheckResult",
    "Comparison",
    "Difference",
    "Disk",
    "Edit",
    "Environment",
    "Error",
    "Failure",
    "File",
    "Finding",
    "Fix",
    "GrubPick",
    "InternalError",
    "Kernel",
    "LintResult",
    "OptionError",
    "Pick",
    "Picked",
    "PickedFile",
    "Process",
    "PygrubPick",
    "Raised",
    "Related",
    "Release",
    "Severity",
    "Span",
    "TargetError",
    "TargetKindError",
    "TargetNotFoundError",
    "TargetPermissionError",
    "TargetReadError",
    "Toolstack",
    "ToolstackError",
    "Upgrade",
    "Verdict",
    "__version__",
    "check",
    "check_text",
    "compare",
    "lint",
    "lint_text",
    "releases",
]
