"""Lint and compare."""

from __future__ import annotations

from pathlib import Path

import pregrub
import pytest


def test_lint(corpus: Path) -> None:
    text = (corpus / "images/nixos-default.grub.cfg").read_text()
    result = pregrub.lint_text(text)
    assert (result.target, result.release, result.flavour) == ("grub.cfg", "4.22", "upstream")
    assert len(result) == len(result.findings) > 0
    assert [finding.code for finding in result] == [finding.code for finding in result.findings]
    assert "PG001" in {finding.code for finding in result}
    assert not any(finding.is_cause for finding in result)
    clean = pregrub.lint_text("title T\nkernel /k\n", name="menu.lst", allow="all")
    assert len(clean) == 0 and clean


def test_fixes_apply(corpus: Path) -> None:
    data = b"set default=1\nset timeout=5\nmenuentry 'A' {\n\tlinux ($root)/k\n}\n"
    fixes = [finding.fix for finding in pregrub.lint_text(data) if finding.fix is not None]
    for fix in fixes:
        for edit in fix.edits:
            assert 0 <= edit.start <= edit.end <= len(data)


def test_compare(corpus: Path) -> None:
    assert pregrub.compare(corpus / "images/recipe.img", releases=["4.17", "xcp-ng-8.3"], grub=False).agrees is True
    compared = pregrub.compare(corpus / "images/recipe.img")
    names = {release.name for release in pregrub.releases()}
    assert {name for row in compared.pygrub for name in row.releases} == names
    assert compared.of("4.17").verdict == "boots"
    with pytest.raises(KeyError):
        compared.of("4.99")
    assert compared.grub and compared.grub[0].boot is not None and compared.upgrade is None


def test_an_upgrade(corpus: Path) -> None:
    compared = pregrub.compare(corpus / "images/recipe.img", from_release="4.4", to_release="debian-4.17")
    assert compared.upgrade == pregrub.Upgrade(from_release="4.4", to_release="debian-4.17", change="same")
    assert compared.grub == ()


def test_differences(corpus: Path) -> None:
    compared = pregrub.compare(corpus / "images/nixos-default.img", releases="4.17")
    assert compared.agrees is False
    assert compared.of("4.17").verdict == "fails"
    assert any(difference.code == "PG001" for difference in compared.differences)
