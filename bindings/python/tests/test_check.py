"""What a Python program sees of a check."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import pickle
from pathlib import Path

import pregrub
import pytest
from pregrub import Severity, Verdict


def test_a_disk_that_boots(corpus: Path) -> None:
    result = pregrub.check(corpus / "images/recipe.img", release="debian-4.17")
    assert result.verdict is Verdict.BOOTS
    assert result.verdict.value == "boots" and "boots" in {result.verdict}
    assert str(result.verdict) == "boots"
    assert result.boots
    assert (result.kind, result.release, result.flavour) == ("image", "4.17", "debian")
    assert result.boot is not None
    assert result.kernel is not None and result.kernel.path.startswith("/kernels/") and result.kernel.size == 1280
    assert result.initrd is not None and result.initrd.path.endswith("-initrd")
    assert result.args is not None and result.args.endswith("console=hvc0 loglevel=4")
    assert (result.boot.filesystem, result.boot.offset, result.boot.entry) == ("ext4", 0, 0)
    assert result.boot.title == "NixOS - Default"
    assert result.reason is None and result.cause is None and result.help is None
    assert result.builder is not None and result.builder.loads and result.builder.type == "pv"
    assert result.builder.kernel.format == "bzImage"
    assert str(result) == f"boots: {corpus}/images/recipe.img (Xen 4.17)"


def test_a_disk_that_does_not(corpus: Path) -> None:
    result = pregrub.check(corpus / "images/nixos-default.img")
    assert result.verdict is Verdict.FAILS
    assert not result.boots and result.boot is None and result.kernel is None
    assert result.reason is not None and "($drive1)" in result.reason
    assert result.help is not None and "fsIdentifier" in result.help
    assert result.failure is not None and result.failure.raised is not None
    assert result.failure.raised.message == "invalid literal for int() with base 10: 'rive1'"
    assert result.pygrub is not None and result.pygrub.exit == 1
    first = result.findings[0]
    assert (first.code, first.name, first.severity) == ("PG001", "device-variable", Severity.ERROR)
    assert first.is_cause and first.stops_boot
    assert first.file == "/grub/grub.cfg"
    assert first.span == pregrub.Span(line=63, column=9, length=8)
    assert first.line == 63
    assert str(first).startswith("/grub/grub.cfg:63:9: error[PG001] ")


def test_hashes_are_those_of_the_files(corpus: Path) -> None:
    result = pregrub.check(corpus / "images/recipe.img", hash=True)
    assert result.kernel is not None and result.kernel.sha256 is not None
    assert len(bytes.fromhex(result.kernel.sha256)) == 32
    assert pregrub.check(corpus / "images/recipe.img").kernel != result.kernel


def test_results_are_values(corpus: Path) -> None:
    result = pregrub.check(corpus / "images/nixos-default.img")
    again = pregrub.check(corpus / "images/nixos-default.img")
    assert result == again and hash(result) == hash(again)
    assert pickle.loads(pickle.dumps(result)) == result
    assert copy.deepcopy(result) == result
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.target = "other"  # type: ignore[misc]
    assert repr(result).startswith("CheckResult(target=") and "_json" not in repr(result)
    assert result.to_dict() == json.loads(result.to_json())
    result.to_dict().clear()
    assert result.to_dict()["schema"] == "pregrub.check/1"


def test_a_path_of_every_kind(corpus: Path) -> None:
    path = corpus / "images/recipe.img"
    results = [pregrub.check(target) for target in (path, str(path), os.fsencode(path))]
    assert results[0] == results[1] == results[2]
    with pytest.raises(TypeError):
        pregrub.check(3)  # type: ignore[arg-type]


def test_text_of_a_guest_that_is_not_utf_8() -> None:
    text = b"title Caf\xe9\nroot (hd0,0)\nkernel /vmlinuz-\xff ro\n"
    result = pregrub.check_text(text, name="menu.lst", release="4.4")
    assert result.verdict is Verdict.SELECTS
    assert result.boot is not None and result.boot.title is not None
    assert os.fsencode(result.boot.title) == b"Caf\xe9"
    assert os.fsencode(result.boot.kernel.path) == b"/vmlinuz-\xff"
    assert result.to_dict()["boot"]["title"] == {"b64": "Q2Fm6Q=="}
    decoded = pregrub.check_text(text.decode("utf-8", "surrogateescape"), name="menu.lst", release="4.4")
    assert decoded == result
    # Python 3 ends at such a byte.
    assert pregrub.check_text(text, name="menu.lst", release="4.17").verdict is Verdict.FAILS


def test_a_directory(tmp_path: Path) -> None:
    (tmp_path / "grub").mkdir()
    (tmp_path / "grub/grub.cfg").write_text("menuentry 'One' {\n linux /k root=/dev/xvda1\n}\n")
    (tmp_path / "k").write_bytes(b"not a kernel")
    result = pregrub.check(tmp_path, until="pygrub")
    assert (result.kind, result.verdict) == ("directory", Verdict.BOOTS)
    assert result.args == "root=/dev/xvda1"
    assert pregrub.check(tmp_path).failure is not None


def test_options_that_repeat(corpus: Path) -> None:
    path = corpus / "images/nixos-default.img"
    codes = {finding.code for finding in pregrub.check(path).findings}
    assert "PG001" in codes
    assert not pregrub.check(path, allow="all").findings
    only = pregrub.check(path, allow=["all"], warn=["PG001"]).findings
    assert {(finding.code, finding.severity) for finding in only} == {("PG001", Severity.WARNING)}


def test_minus_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError):
        pregrub.check("-")
    (tmp_path / "-").write_text("default=0\ntitle T\nkernel /k\n")
    assert pregrub.check("-").verdict is Verdict.SELECTS


def test_releases() -> None:
    releases = pregrub.releases()
    assert len(releases) == len({release.name for release in releases})
    assert releases[0] == pregrub.Release(name="4.0", xen="4.0", flavour="upstream", python=2)
    assert str(releases[0]) == "4.0"
    by_name = {release.name: release for release in releases}
    assert by_name["xcp-ng-8.3"].xen == "4.17.6" and by_name["xcp-ng-8.2"].python == 2
    for release in releases:
        result = pregrub.check_text("default=0\n", name="menu.lst", release=release.name)
        assert (result.release, result.flavour) == (release.xen, release.flavour)


def test_the_version_is_the_packages() -> None:
    from importlib.metadata import version

    assert pregrub.__version__ == version("pregrub")


def test_everything_is_exported_and_documented() -> None:
    for name in pregrub.__all__:
        value = getattr(pregrub, name)
        assert name == "__version__" or value.__doc__, name
        # A dataclass without a docstring has its signature for one.
        assert name == "__version__" or not value.__doc__.startswith(f"{name}("), name
