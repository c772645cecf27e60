"""The pygrubs that pregrub knows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Release:
    """One pygrub: a release of Xen, and who built it."""

    name: str
    """What ``release=`` takes: ``4.17``, ``debian-4.17``, ``xcp-ng-8.3``."""
    xen: str
    """The release of Xen: ``4.17``."""
    flavour: str
    """Who built it: ``upstream``, ``debian``, ``suse``, ``xcp-ng``."""
    python: int
    """The major version of the Python that runs it: 2 or 3."""

    def __str__(self) -> str:
        return self.name
