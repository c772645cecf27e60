"""Findings of the linter."""

from __future__ import annotations

import enum
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Optional

from ._json import Report, each, maybe, source


class Severity(str, enum.Enum):
    """How bad a finding is. Equal to its word: ``finding.severity == "error"``."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Span:
    """A piece of one line."""

    line: int
    """The line, counted from 1."""
    column: int
    """The column, counted from 1, in characters (in bytes for releases up to 4.12)."""
    length: int
    """The length in the unit of the column."""


@dataclass(frozen=True)
class Raised:
    """An exception that pygrub raises, whether it swallows it or not."""

    stage: str
    """Where: ``parse``, ``select``, ``copy``, ..."""
    type: str
    """The type of the Python exception."""
    message: str
    line: Optional[int]
    """The line of the configuration."""
    column: Optional[int]


@dataclass(frozen=True)
class Related:
    """Another place that a finding speaks of, in the same file."""

    span: Span
    message: str


@dataclass(frozen=True)
class Edit:
    """One replacement in the file of a finding."""

    span: Span
    start: int
    """The offset in the file of the first byte that is replaced."""
    end: int
    """The offset after the last one."""
    replacement: str


@dataclass(frozen=True)
class Fix:
    """A change that fixes a finding."""

    description: str
    safe: bool
    """Whether GRUB chooses the same files as before, and pygrub boots."""
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class Finding:
    """What a rule found."""

    code: str
    """The rule, as ``pregrub explain`` takes it: ``PG001``."""
    name: str
    """The name of the rule: ``device-variable``."""
    severity: Severity
    stops_boot: bool
    """Whether it stops the boot, whatever else is fixed."""
    message: str
    file: Optional[str]
    """What the text is called that the finding is in: a path in the guest, or the name of the target for reading (``\\\\xe9`` for a byte
    that is not UTF-8). ``None`` where it is about the target as a whole."""
    span: Optional[Span]
    """The place in that text."""
    related: tuple[Related, ...]
    help: Optional[str]
    """What to change."""
    fix: Optional[Fix]
    raised: Optional[Raised]
    """What pygrub raises there."""
    is_cause: bool
    """Whether it is the cause of the verdict. Always false for :func:`pregrub.lint`, which has no verdict."""

    @property
    def line(self) -> Optional[int]:
        """The line of the place."""
        return None if self.span is None else self.span.line

    def __str__(self) -> str:
        """In one line, as ``--format concise`` has it."""
        place = self.file or "-"
        if self.span is not None:
            place += f":{self.span.line}:{self.span.column}"
        return f"{place}: {self.severity.value}[{self.code}] {self.message} ({self.name})"


@dataclass(frozen=True)
class LintResult(Report):
    """The findings in one boot configuration. It can be iterated, and has a length."""

    target: str
    """The file as a ``str``, as ``os.fsdecode`` has it; of a text the name that it was given."""
    release: str
    """The release of Xen whose pygrub is meant."""
    flavour: str
    """Who built it."""
    findings: tuple[Finding, ...]
    suppressed: int
    """How many findings comments suppress."""
    _json: str = source()

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __bool__(self) -> bool:
        """Always true: an empty result is one, too. Ask ``len(result)`` or ``result.findings``."""
        return True


def read_span(value: Any) -> Span:
    return Span(line=value["line"], column=value["column"], length=value["length"])


def read_raised(value: Any) -> Raised:
    return Raised(
        stage=value["stage"],
        type=value["type"],
        message=value["message"],
        line=value["line"],
        column=value["column"],
    )


def _related(value: Any) -> Related:
    return Related(span=read_span(value["span"]), message=value["message"])


def _edit(value: Any) -> Edit:
    return Edit(
        span=read_span(value["span"]),
        start=value["start"],
        end=value["end"],
        replacement=value["replacement"],
    )


def _fix(value: Any) -> Fix:
    return Fix(
        description=value["description"],
        safe=value["safety"] == "safe",
        edits=each(_edit, value["edits"]),
    )


def read_finding(value: Any) -> Finding:
    return Finding(
        code=value["code"],
        name=value["name"],
        severity=Severity(value["severity"]),
        stops_boot=value["stops_boot"],
        message=value["message"],
        file=value["file"],
        span=maybe(read_span, value["span"]),
        related=each(_related, value["related"]),
        help=value["help"],
        fix=maybe(_fix, value["fix"]),
        raised=maybe(read_raised, value["raised"]),
        is_cause=value.get("is_cause", False),
    )


def read_lint(line: str, target: str) -> LintResult:
    value = json.loads(line)
    return LintResult(
        target=target,
        release=value["release"],
        flavour=value.get("flavour", "upstream"),
        findings=each(read_finding, value["findings"]),
        suppressed=value["suppressed"],
        _json=line,
    )
