"""JSON objects of pregrub, read with their types checked."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import field
from typing import Any, Callable, Optional, TypeVar

Object = dict[str, Any]

T = TypeVar("T")


def text(value: Any) -> str:
    """Text of a guest: bytes that are not UTF-8 become surrogates, as ``os.fsdecode`` has them, and ``os.fsencode`` gives them back."""
    if isinstance(value, dict):
        return base64.b64decode(value["b64"]).decode("utf-8", "surrogateescape")
    return str(value)


def maybe(read: Callable[[Any], T], value: Any) -> Optional[T]:
    """What may be ``null`` or absent."""
    return None if value is None else read(value)


def each(read: Callable[[Any], T], values: Any) -> tuple[T, ...]:
    """A list, as a tuple."""
    return tuple(read(value) for value in values)


class Report:
    """A result that was read from a JSON object of pregrub."""

    _json: str

    def to_json(self) -> str:
        """The JSON object as ``pregrub --format json`` prints it, in one line."""
        return self._json

    def to_dict(self) -> Object:
        """The same as a dictionary, anew with each call."""
        value = json.loads(self._json)
        assert isinstance(value, dict)
        return value


def source() -> Any:
    """The field that a report keeps its JSON in: equal results have equal JSON, and it is too long to show."""
    return field(repr=False, compare=True)


__all__ = ["Iterator", "Object", "Report", "each", "maybe", "source", "text"]
