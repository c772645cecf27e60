"""What the tests share: the corpus, and the program that Python and C are compared with."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CORPUS = ROOT / "corpus"


@pytest.fixture
def corpus() -> Path:
    return CORPUS


def program(variable: str) -> str:
    """A program that `bindings/run` has built; without it the tests that need one are skipped, and fail where it must be there."""
    path = os.environ.get(variable)
    if path is None:
        if os.environ.get("PREGRUB_REQUIRE_ORACLE") == "1":
            pytest.fail(f"{variable} is not set: call bindings/run")
        pytest.skip(f"{variable} is not set: call bindings/run")
    return path


def command_line(*arguments: "str | bytes | os.PathLike[str]") -> str:
    """What the program prints, without the line end."""
    environment = {"PATH": "/usr/bin:/bin", "PREGRUB_HOST_ROOT": str(CORPUS / "no-host")}
    ended = subprocess.run([program("PREGRUB"), *arguments], stdout=subprocess.PIPE, env=environment, check=False)
    return ended.stdout.decode().rstrip("\n")
