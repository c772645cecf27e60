"""The result of a comparison."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Optional

from ._json import Report, each, maybe, source


@dataclass(frozen=True)
class PickedFile:
    """A kernel or an initrd that a reader picks."""

    path: str
    offset: Optional[int]
    """Where its filesystem starts on the disk, in bytes."""


@dataclass(frozen=True)
class Picked:
    """What a reader boots."""

    config: Optional[str]
    title: Optional[str]
    line: Optional[int]
    kernel: PickedFile
    initrds: tuple[PickedFile, ...]
    args: str
    missing: tuple[str, ...]
    """Files that are not there."""


@dataclass(frozen=True)
class Pick:
    """What some readers make of the target, all of them the same."""

    readers: str
    """Who they are, in few words."""
    verdict: str
    """As that of :func:`pregrub.check`; of GRUB ``boots`` if it loads a kernel."""
    boot: Optional[Picked]
    cause: Optional[str]
    reason: Optional[str]
    """Why nothing boots."""
    line: Optional[int]
    """The line of the configuration where it fails."""
    help: Optional[str]
    note: Optional[str]
    """What to know before it is relied on."""


@dataclass(frozen=True)
class PygrubPick(Pick):
    """What some pygrubs make of the target."""

    releases: tuple[str, ...]
    """Their names, as ``release=`` takes them."""


@dataclass(frozen=True)
class Environment:
    """A GRUB 2, and where it runs."""

    grub: str
    """``2.06``, ``2.12-fedora``, ..."""
    platform: str
    """``pc``, ``efi``, ``xen``."""


@dataclass(frozen=True)
class GrubPick(Pick):
    """What GRUB 2 makes of the target in some environments."""

    environments: tuple[Environment, ...]


@dataclass(frozen=True)
class Difference:
    """Who parts from the row that the others are compared with, where and why."""

    kind: str
    """``fails``, ``missing-file``, ``entry``, ``kernel``, ``initrds``, ``arguments``, ``unknown``."""
    code: Optional[str]
    """The rule of the linter that finds it."""
    reader: str
    """``pygrub`` or ``grub``."""
    row: int
    """The index in :attr:`Comparison.pygrub` or :attr:`Comparison.grub`."""
    line: Optional[int]
    text: Optional[str]
    """The text of that line."""
    rule: str
    """The rule by which they part."""
    change: Optional[str]
    """What to change."""
    tried: bool
    """Whether the change was tried: with it both boot the same."""


@dataclass(frozen=True)
class Upgrade:
    """What becomes of a guest between two pygrubs."""

    from_release: str
    to_release: str
    change: str
    """``same``, ``not-asked``, ``never-boots``, ``starts-to-boot``, ``boots-something-else``, ``stops-booting``, ``unknown``."""


@dataclass(frozen=True)
class Comparison(Report):
    """Who boots what from one target."""

    target: str
    """The target as a ``str``, as ``os.fsdecode`` has it."""
    kind: str
    agrees: Optional[bool]
    """Whether every reader boots, and boots the same; ``None`` if that is not known."""
    upgrade: Optional[Upgrade]
    """With ``from_release`` and ``to_release``: what becomes of the guest."""
    pygrub: tuple[PygrubPick, ...]
    grub: tuple[GrubPick, ...]
    without_grub: Optional[str]
    """Why GRUB has nothing to start with, or was not asked."""
    differences: tuple[Difference, ...]
    _json: str = source()

    def of(self, release: str) -> PygrubPick:
        """What the pygrub of this name picks.

        :raises KeyError: it was not compared.
        """
        for row in self.pygrub:
            if release in row.releases:
                return row
        raise KeyError(release)


def _file(value: Any) -> PickedFile:
    return PickedFile(path=value["path"], offset=value["offset"])


def _picked(value: Any) -> Picked:
    return Picked(
        config=value["config"],
        title=value["title"],
        line=value["line"],
        kernel=_file(value["kernel"]),
        initrds=each(_file, value["initrds"]),
        args=value["args"],
        missing=tuple(value["missing"]),
    )


def _pick(value: Any) -> dict[str, Any]:
    failure = value["failure"] or {}
    return {
        "readers": value["readers"],
        "verdict": value["verdict"],
        "boot": maybe(_picked, value["boot"]),
        "cause": failure.get("cause"),
        "reason": failure.get("reason"),
        "line": failure.get("line"),
        "help": failure.get("help"),
        "note": value.get("note"),
    }


def _pygrub(value: Any) -> PygrubPick:
    return PygrubPick(releases=tuple(value["builds"]), **_pick(value))


def _environment(value: Any) -> Environment:
    return Environment(grub=value["grub"], platform=value["platform"])


def _grub(value: Any) -> GrubPick:
    return GrubPick(environments=each(_environment, value["environments"]), **_pick(value))


def _difference(value: Any) -> Difference:
    return Difference(
        kind=value["kind"],
        code=value["code"],
        reader=value["reader"],
        row=value["row"],
        line=value["line"],
        text=value["text"],
        rule=value["rule"],
        change=value["change"],
        tried=value["tried"],
    )


def _upgrade(value: Any) -> Upgrade:
    return Upgrade(from_release=value["from"], to_release=value["to"], change=value["change"])


def read_comparison(line: str, target: str) -> Comparison:
    value = json.loads(line)
    return Comparison(
        target=target,
        kind=value["kind"],
        agrees=value["agrees"],
        upgrade=maybe(_upgrade, value.get("upgrade")),
        pygrub=each(_pygrub, value["pygrub"]),
        grub=each(_grub, value["grub"]),
        without_grub=value["without_grub"],
        differences=each(_difference, value["differences"]),
        _json=line,
    )
