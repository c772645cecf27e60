"""The same target is judged equally by the command line, Python and C, to the byte of the JSON."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pregrub
import pytest
from conftest import CORPUS, command_line, program

# Name, target, options as Python's keywords.
CASES: "list[tuple[str, str, dict[str, Any]]]" = [
    ("boots", "images/recipe.img", {}),
    ("boots, hashed", "images/recipe.img", {"hash": True, "release": "debian-4.17"}),
    ("stops at pygrub", "images/recipe.img", {"until": "pygrub"}),
    ("for PVH", "images/recipe.img", {"guest_type": "pvh"}),
    ("fails", "images/nixos-default.img", {}),
    ("fails under Python 2", "images/nixos-default.img", {"release": "xcp-ng-8.2"}),
    ("an entry that is not there", "images/recipe.img", {"entry": 7}),
    ("a kernel by its path", "images/recipe.img", {"kernel": "/vmlinuz", "ramdisk": "/initrd", "args": "console=hvc0"}),
    ("an offset", "images/recipe.img", {"offset": 1048576}),
    ("xapi calls", "images/recipe.img", {"toolstack": "xapi", "release": "xcp-ng-8.3"}),
    ("selects", "cases/arch/grub.cfg", {}),
    ("a configuration that fails", "cases/closing-brace/grub.cfg", {"release": "4.4"}),
    ("levels", "cases/debian-12-mkconfig/grub.cfg", {"allow": ["all"], "deny": "PG5"}),
    ("legacy", "cases/comments-only/menu.lst", {"flavour": "suse"}),
    ("unknown, since its disk is not here", "xl/nixos-pv/guest.cfg", {}),
    ("not applicable", "xl/hvm-install/guest.cfg", {}),
]

# What a keyword is called where it is not called the same.
NAMES = {"guest_type": "type", "kind": "as"}


def words(value: Any) -> "list[str]":
    if isinstance(value, bool):
        return ["true" if value else "false"]
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def on_command_line(options: "dict[str, Any]") -> "list[str]":
    arguments = []
    for name, value in options.items():
        option = "--" + NAMES.get(name, name).replace("_", "-")
        arguments += [option] if value is True else [f"{option}={word}" for word in words(value)]
    return arguments


def by_c(target: "str | bytes | Path", options: "dict[str, Any]") -> "tuple[str, int]":
    settings = [f"{NAMES.get(name, name)}={word}" for name, value in options.items() for word in words(value)]
    ended = subprocess.run(
        [program("PREGRUB_C_EXAMPLE"), target, *settings],
        stdout=subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin", "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", "")},
        check=False,
    )
    return ended.stdout.decode().rstrip("\n"), ended.returncode


@pytest.mark.parametrize(("name", "path", "options"), CASES, ids=[name for name, *_ in CASES])
def test_all_three_say_the_same(name: str, path: str, options: "dict[str, Any]") -> None:
    target = CORPUS / path
    expected = command_line("check", "--format", "json", target, *on_command_line(options))
    assert expected.startswith('{"schema":"pregrub.check/1"')
    result = pregrub.check(target, **options)
    assert result.to_json() == expected
    assert result.to_dict()["verdict"] == result.verdict.value
    json, status = by_c(target, options)
    assert json == expected
    assert status == {"boots": 0, "selects": 0, "not-applicable": 0, "fails": 1, "unknown": 3}[result.verdict]


def test_the_cases_have_every_verdict() -> None:
    verdicts = {pregrub.check(CORPUS / path, **options).verdict for _, path, options in CASES}
    assert verdicts == set(pregrub.Verdict)


def test_a_name_that_is_not_utf_8(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/caf\xe9.img"
    Path(os.fsdecode(name)).write_bytes((CORPUS / "images/recipe.img").read_bytes())
    expected = command_line("check", "--format", "json", name)
    assert "caf\\\\xe9.img" in expected
    for target in (name, os.fsdecode(name), Path(os.fsdecode(name))):
        result = pregrub.check(target)
        assert result.to_json() == expected
        assert os.fsencode(result.target) == name
    assert by_c(name, {}) == (expected, 0)


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    target = tmp_path / "nothing.img"
    expected = command_line("check", "--format", "json", target)
    reason = f"cannot read `{target}`: there is no such file"
    assert reason in expected
    with pytest.raises(pregrub.TargetNotFoundError) as raised:
        pregrub.check(target)
    assert str(raised.value) == reason
    json, status = by_c(target, {})
    assert json == expected
    assert status == 3


@pytest.mark.parametrize("case", ["arch", "debian-12-mkconfig", "closing-brace"])
def test_lint_says_the_same(case: str) -> None:
    path = CORPUS / "cases" / case / "grub.cfg"
    expected = command_line("lint", "--format", "json", path)
    assert pregrub.lint(path).to_json() == expected
    assert pregrub.lint_text(path.read_bytes(), name=path).to_json() == expected


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ([], {}),
        (["--no-grub", "--release", "4.4,debian-4.17"], {"grub": False, "releases": ["4.4", "debian-4.17"]}),
        (["--from", "4.4", "--to", "4.20"], {"from_release": "4.4", "to_release": "4.20"}),
        (["--flavour", "suse", "--no-grub"], {"flavour": "suse", "grub": False}),
    ],
)
@pytest.mark.parametrize("path", ["images/recipe.img", "images/nixos-default.img", "cases/arch/grub.cfg"])
def test_compare_says_the_same(path: str, arguments: "list[str]", options: "dict[str, Any]") -> None:
    target = CORPUS / path
    expected = command_line("compare", "--format", "json", target, *arguments)
    assert pregrub.compare(target, **options).to_json() == expected
