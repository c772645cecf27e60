"""The result of a check."""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass
from typing import Any, Optional

from ._findings import Finding, Raised, read_finding, read_raised
from ._json import Report, each, maybe, source, text


class Verdict(str, enum.Enum):
    """What comes of a target. Equal to its word: ``result.verdict == "boots"``."""

    BOOTS = "boots"
    """pygrub hands over kernel and initrd, and Xen loads the kernel."""
    SELECTS = "selects"
    """A configuration without a disk selects an entry; whether its files exist is not known."""
    FAILS = "fails"
    """Nothing boots."""
    UNKNOWN = "unknown"
    """pregrub cannot decide, and says why."""
    NOT_APPLICABLE = "not-applicable"
    """Nobody asks pygrub for this domain."""

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class File:
    """A kernel or an initrd."""

    path: str
    """The path in the guest, as pygrub hands it to the filesystem."""
    size: Optional[int]
    """How many bytes pygrub copies; ``None`` for a configuration alone."""
    sha256: Optional[str]
    """The digest, with ``hash=True``."""


@dataclass(frozen=True)
class Boot:
    """What is booted, and where it comes from."""

    kernel: File
    initrd: Optional[File]
    args: str
    """The arguments of the kernel; empty where there are none."""
    offset: Optional[int]
    """Where the filesystem starts on the disk, in bytes."""
    filesystem: Optional[str]
    config: Optional[str]
    """The path of the configuration."""
    entry: Optional[int]
    """The index of the entry."""
    title: Optional[str]
    seconds: Optional[int]
    """How long the menu waits; ``None`` where there is none."""


@dataclass(frozen=True)
class Process:
    """How the process pygrub ends."""

    exit: int
    stdout: str
    """Standard output as with ``-q`` and the default format; the random part of file names is XXXXXXXX."""
    stderr_last_line: str


@dataclass(frozen=True)
class Kernel:
    """What the domain builder sees in the kernel."""

    format: str
    """``bzImage``, ``elf``, ..."""
    boot_protocol: Optional[str]
    compression: Optional[str]
    gzipped: bool
    """Whether the whole file is packed with gzip."""
    size: int
    unpacked_size: Optional[int]
    machine: Optional[str]
    version: Optional[str]
    guest_os: Optional[str]
    pv_entry: Optional[int]
    """The address at which a PV guest starts."""
    pvh_entry: Optional[int]
    """The address at which a PVH guest starts."""
    features_supported: tuple[str, ...]
    features_required: tuple[str, ...]


@dataclass(frozen=True)
class Builder:
    """What Xen's domain builder makes of the kernel."""

    type: str
    """The type of the guest: ``pv``, ``pvh``."""
    depth: str
    """How much of the kernel was unpacked: ``notes``, ``all``."""
    verdict: str
    """``loads``, ``fails`` or ``unknown``."""
    guest: Optional[str]
    """What libxenguest calls the guest."""
    loads: Optional[bool]
    """Whether libxenguest loads the kernel, which may not start all the same."""
    says: Optional[str]
    """libxenguest's first error."""
    cause: Optional[str]
    reason: Optional[str]
    help: Optional[str]
    other_type: Optional[tuple[str, str]]
    """The other type of guest and the verdict for it, where what was read decides that."""
    kernel: Kernel


@dataclass(frozen=True)
class Failure:
    """Why nothing boots, or why that is not known."""

    cause: Optional[str]
    """The name of the cause."""
    stage: str
    """Where it ended: ``discover``, ``parse``, ``copy``, ``builder``, ..."""
    reason: str
    """Why, in one sentence without a full stop."""
    help: Optional[str]
    """What to change."""
    remedy: Optional[str]
    """What kind of way out ``help`` is."""
    raised: Optional[Raised]
    """What pygrub raises."""


@dataclass(frozen=True)
class Disk:
    """The disk of a domain that pygrub gets."""

    path: str
    line: Optional[int]
    """The line of the domain's configuration."""


@dataclass(frozen=True)
class ToolstackError:
    """What the user of a toolstack reads if the domain does not start. A value, not an exception."""

    code: str
    message: str


@dataclass(frozen=True)
class Toolstack:
    """How the toolstack calls pygrub."""

    name: str
    """``xl``, ``libvirt`` or ``xapi``."""
    arguments: tuple[str, ...]
    """pygrub's arguments, the disk last."""
    error: Optional[ToolstackError]


@dataclass(frozen=True)
class CheckResult(Report):
    """What comes of one target."""

    target: str
    """The target as a ``str``, as ``os.fsdecode`` has it; of a text the name that it was given."""
    kind: str
    """``image``, ``directory``, ``config``, ``xl``, ``libvirt`` or ``xapi``."""
    release: str
    """The release of Xen whose pygrub is meant: ``4.17``."""
    flavour: str
    """Who built it: ``upstream``, ``debian``, ``suse``, ``xcp-ng``."""
    verdict: Verdict
    boot: Optional[Boot]
    """What is booted; ``None`` where pygrub hands nothing over."""
    failure: Optional[Failure]
    """Why nothing boots, or why that is not known."""
    findings: tuple[Finding, ...]
    """What the linter finds: the cause of the verdict first."""
    suppressed: int
    """How many findings comments in the guest's configuration suppress."""
    pygrub: Optional[Process]
    """How pygrub ends, where that is known."""
    builder: Optional[Builder]
    """What Xen's domain builder makes of the kernel, where it was asked."""
    disk: Optional[Disk]
    """The disk of a domain."""
    image_format: Optional[str]
    """The format of the image that the disk is in; ``None`` where it is raw."""
    toolstack: Optional[Toolstack]
    """How the toolstack calls pygrub, where one does."""
    _json: str = source()

    @property
    def boots(self) -> bool:
        """Whether the verdict is :attr:`Verdict.BOOTS`: what only selects an entry does not count."""
        return self.verdict is Verdict.BOOTS

    @property
    def kernel(self) -> Optional[File]:
        """The kernel that pygrub hands over."""
        return None if self.boot is None else self.boot.kernel

    @property
    def initrd(self) -> Optional[File]:
        """The initrd that pygrub hands over."""
        return None if self.boot is None else self.boot.initrd

    @property
    def args(self) -> Optional[str]:
        """The arguments that pygrub hands over."""
        return None if self.boot is None else self.boot.args

    @property
    def reason(self) -> Optional[str]:
        """Why nothing boots, or why that is not known, in one sentence without a full stop."""
        return None if self.failure is None else self.failure.reason

    @property
    def cause(self) -> Optional[str]:
        """The name of the cause."""
        return None if self.failure is None else self.failure.cause

    @property
    def help(self) -> Optional[str]:
        """What to change."""
        return None if self.failure is None else self.failure.help

    def __str__(self) -> str:
        """The verdict in one line, as ``--format concise`` has it."""
        line = f"{self.verdict.value}: {self.target} (Xen {self.release})"
        return line if self.reason is None else f"{line}: {self.reason}"


def _file(value: Any) -> File:
    return File(path=text(value["path"]), size=value.get("size"), sha256=value.get("sha256"))


def _boot(value: Any) -> Boot:
    return Boot(
        kernel=_file(value["kernel"]),
        initrd=maybe(_file, value["ramdisk"]),
        args=text(value["args"]),
        offset=value["offset"],
        filesystem=value["filesystem"],
        config=maybe(text, value["config"]),
        entry=value["entry"],
        title=maybe(text, value["title"]),
        seconds=value["seconds"],
    )


def _process(value: Any) -> Process:
    return Process(
        exit=value["exit"],
        stdout=text(value["stdout"]),
        stderr_last_line=text(value["stderr_last_line"]),
    )


def _address(value: Any) -> int:
    return int(value, 16)


def _kernel(value: Any) -> Kernel:
    return Kernel(
        format=value["format"],
        boot_protocol=value["boot_protocol"],
        compression=value["compression"],
        gzipped=value["gzipped"],
        size=value["size"],
        unpacked_size=value["unpacked_size"],
        machine=value["machine"],
        version=value["version"],
        guest_os=value["guest_os"],
        pv_entry=maybe(_address, value["entry"]["pv"]),
        pvh_entry=maybe(_address, value["entry"]["pvh"]),
        features_supported=tuple(value["features"]["supported"]),
        features_required=tuple(value["features"]["required"]),
    )


def _other_type(value: Any) -> tuple[str, str]:
    return (value["type"], value["verdict"])


def _builder(value: Any) -> Builder:
    return Builder(
        type=value["type"],
        depth=value["depth"],
        verdict=value["verdict"],
        guest=value["guest"],
        loads=value["loads"],
        says=value["says"],
        cause=value["cause"],
        reason=value["reason"],
        help=value["help"],
        other_type=maybe(_other_type, value["other_type"]),
        kernel=_kernel(value["kernel"]),
    )


def _failure(value: Any) -> Failure:
    return Failure(
        cause=value.get("cause"),
        stage=value["stage"],
        reason=value["reason"],
        help=value["help"],
        remedy=value.get("remedy"),
        raised=maybe(read_raised, value["raised"]),
    )


def _disk(value: Any) -> Disk:
    return Disk(path=text(value["path"]), line=value.get("line"))


def _error(value: Any) -> ToolstackError:
    return ToolstackError(code=value["code"], message=value["message"])


def _toolstack(value: Any) -> Toolstack:
    return Toolstack(
        name=value["name"],
        arguments=each(text, value["arguments"]),
        error=maybe(_error, value.get("error")),
    )


def read_check(line: str, target: str) -> CheckResult:
    value = json.loads(line)
    return CheckResult(
        target=target,
        kind=value["kind"],
        release=value["release"],
        flavour=value.get("flavour", "upstream"),
        verdict=Verdict(value["verdict"]),
        boot=maybe(_boot, value["boot"]),
        failure=maybe(_failure, value["failure"]),
        findings=each(read_finding, value["findings"]),
        suppressed=value["suppressed"],
        pygrub=maybe(_process, value["pygrub"]),
        builder=maybe(_builder, value["builder"]),
        disk=maybe(_disk, value.get("disk")),
        image_format=value.get("image_format"),
        toolstack=maybe(_toolstack, value.get("toolstack")),
        _json=line,
    )
