"""Exceptions."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pregrub
import pytest


def test_a_missing_file_is_a_file_not_found_error(tmp_path: Path) -> None:
    target = tmp_path / "none.img"
    for call in (pregrub.check, pregrub.lint, pregrub.compare):
        with pytest.raises(FileNotFoundError) as raised:
            call(target)
        error = raised.value
        assert isinstance(error, pregrub.TargetError) and isinstance(error, pregrub.Error)
        assert (error.errno, error.filename) == (errno.ENOENT, str(target))
        assert str(error) == f"cannot read `{target}`: there is no such file"


def test_a_name_that_is_not_utf_8_comes_back(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff"
    with pytest.raises(FileNotFoundError) as raised:
        pregrub.check(name)
    assert os.fsencode(raised.value.filename) == name


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_file_that_may_not_be_read_is_a_permission_error(tmp_path: Path) -> None:
    target = tmp_path / "secret.img"
    target.write_bytes(bytes(4096))
    target.chmod(0)
    for directory in (tmp_path, *list(tmp_path.parents)[:3]):
        directory.chmod(0o755)
    child = os.fork()
    if child == 0:
        os.setgid(65534)
        os.setuid(65534)
        try:
            pregrub.check(target)
        except pregrub.TargetPermissionError as error:
            os._exit(7 if isinstance(error, PermissionError) and error.errno == errno.EACCES else 1)
        except BaseException:
            os._exit(2)
        os._exit(3)
    _, status = os.waitpid(child, 0)
    assert os.WEXITSTATUS(status) == 7


def test_what_pregrub_does_not_recognise(tmp_path: Path) -> None:
    text = tmp_path / "notes"
    text.write_text("hello\n")
    with pytest.raises(pregrub.TargetKindError) as raised:
        pregrub.check(text)
    assert isinstance(raised.value, ValueError)
    assert raised.value.filename == str(text)
    with pytest.raises(pregrub.TargetKindError, match="is a directory"):
        pregrub.lint(tmp_path)
    with pytest.raises(pregrub.TargetKindError):
        os.mkfifo(tmp_path / "fifo")
        pregrub.check(tmp_path / "fifo")


def test_a_name_with_a_nul() -> None:
    with pytest.raises(pregrub.TargetReadError):
        pregrub.check("a\0b")


@pytest.mark.parametrize(
    ("options", "option", "words"),
    [
        ({"release": "5.0"}, "release", "`5.0` is not a Xen release"),
        ({"release": "xcp-ng-8.3", "flavour": "suse"}, "release", "is a release of XCP-ng"),
        ({"flavour": "gentoo"}, "flavour", "use one of upstream, debian, suse, xcp-ng"),
        ({"release": "4.3", "offset": 0}, "offset", "it came with 4.4"),
        ({"extra_args": "x"}, "extra_args", "set the flavour to xcp-ng"),
        ({"kind": "floppy"}, "as", "use one of image"),
        ({"deny": ["PG9999"]}, "deny", "there is no rule or group `PG9999`"),
        ({"guest_type": "hvm"}, "type", "use one of pv, pvh"),
        ({"title_rules": "/nowhere", "release": "xcp-ng-8.3"}, "title_rules", "is not a directory"),
    ],
)
def test_options(corpus: Path, options: "dict[str, Any]", option: str, words: str) -> None:
    with pytest.raises(pregrub.OptionError) as raised:
        pregrub.check(corpus / "images/recipe.img", **options)
    assert isinstance(raised.value, ValueError) and isinstance(raised.value, pregrub.Error)
    assert raised.value.option == option
    assert words in str(raised.value)


def test_options_that_do_not_go_with_the_target(corpus: Path) -> None:
    with pytest.raises(pregrub.OptionError, match="needs a disk"):
        pregrub.check(corpus / "cases/arch/grub.cfg", kernel="/k")
    with pytest.raises(pregrub.OptionError, match="domain of xl"):
        pregrub.check(corpus / "xl/nixos-pv/guest.cfg", toolstack="xapi")
    with pytest.raises(pregrub.TargetNotFoundError) as raised:
        pregrub.check(corpus / "images/recipe.img", root_disk="/nowhere.img")
    assert raised.value.filename == "/nowhere.img"


def test_an_unknown_keyword_is_a_type_error(corpus: Path) -> None:
    with pytest.raises(TypeError):
        pregrub.check(corpus / "images/recipe.img", relaese="4.17")  # type: ignore[call-arg]


def test_upgrades_need_both_ends(corpus: Path) -> None:
    with pytest.raises(TypeError, match="to_release"):
        pregrub.compare(corpus / "images/recipe.img", from_release="4.4")
