"""What goes wrong when a target is judged. That pygrub fails is a result, and not an error."""

from __future__ import annotations

import os
from typing import Optional


class Error(Exception):
    """The base of all exceptions of this package."""


class InternalError(Error, RuntimeError):
    """A fault of pregrub itself: please report it with the target's configuration."""


class OptionError(Error, ValueError):
    """An option is unknown, has no such value, or does not go with the others or with the target."""

    option: str
    """The name of the option."""

    def __init__(self, message: str, option: str) -> None:
        super().__init__(message, option)
        self.option = option

    def __str__(self) -> str:
        return str(self.args[0])


class TargetError(Error):
    """The target, or the root disk, cannot be judged."""


class _SystemError(TargetError, OSError):
    """The operating system says so: ``errno`` and ``filename`` are set."""

    def __str__(self) -> str:
        return str(self.strerror)


class TargetNotFoundError(_SystemError, FileNotFoundError):
    """There is no such file."""


class TargetPermissionError(_SystemError, PermissionError):
    """The file is there, and you may not read it."""


class TargetReadError(_SystemError):
    """Opening or reading fails in another way."""


class TargetKindError(TargetError, ValueError):
    """The target is not what is asked for, or nothing that pregrub recognises."""

    filename: str
    """The target."""

    def __init__(self, message: str, filename: str) -> None:
        super().__init__(message, filename)
        self.filename = filename

    def __str__(self) -> str:
        return str(self.args[0])


def of_target(name: str, number: Optional[int], message: str, path: bytes) -> TargetError:
    """The exception for a target; called by the native half."""
    filename = os.fsdecode(path)
    if name == "TargetNotFoundError":
        return TargetNotFoundError(number, message, filename)
    if name == "TargetPermissionError":
        return TargetPermissionError(number, message, filename)
    if name == "TargetReadError":
        return TargetReadError(number, message, filename)
    return TargetKindError(message, filename)
