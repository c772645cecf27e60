"""The functions of the package."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, Optional, Union

from . import _native
from ._compared import Comparison, read_comparison
from ._findings import LintResult, read_lint
from ._releases import Release
from ._results import CheckResult, read_check

if TYPE_CHECKING:
    from typing_extensions import TypeAlias

StrPath: TypeAlias = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]
Kind: TypeAlias = Literal["image", "directory", "config", "xl", "libvirt", "xapi"]
Dialect: TypeAlias = Literal["grub2", "legacy", "extlinux"]
ImageFormat: TypeAlias = Literal["auto", "raw", "qcow2", "qcow", "vhd", "vhdx", "vmdk", "vdi", "gzip", "bzip2", "xz", "zstd"]
Caller: TypeAlias = Literal["xl", "libvirt", "xapi", "xapi-unrestricted"]
GuestType: TypeAlias = Literal["pv", "pvh"]
Rules: TypeAlias = Union[str, Iterable[str]]

_Value: TypeAlias = Union[None, bool, int, str, bytes, "os.PathLike[str]", "os.PathLike[bytes]", Iterable[str]]


def _given(**options: _Value) -> list[tuple[str, bytes]]:
    """What is set, as the native half takes it: names with values as bytes."""
    given = []
    for name, value in options.items():
        if value is None:
            continue
        if isinstance(value, bool):
            given.append((name, b"true" if value else b"false"))
        elif isinstance(value, int):
            given.append((name, str(value).encode()))
        elif isinstance(value, (str, bytes, os.PathLike)):
            given.append((name, os.fsencode(value)))
        else:
            given.extend((name, os.fsencode(word)) for word in value)
    return given


def _text(text: Union[str, bytes]) -> bytes:
    return text.encode("utf-8", "surrogateescape") if isinstance(text, str) else bytes(text)


def check(
    target: StrPath,
    *,
    release: str = "newest",
    flavour: Optional[str] = None,
    entry: Union[None, int, str] = None,
    offset: Optional[int] = None,
    kernel: Optional[str] = None,
    ramdisk: Optional[str] = None,
    args: Optional[str] = None,
    default_args: Optional[str] = None,
    extra_args: Optional[str] = None,
    title_rules: Optional[StrPath] = None,
    interactive: Optional[bool] = None,
    kind: Optional[Kind] = None,
    dialect: Optional[Dialect] = None,
    image_format: ImageFormat = "auto",
    follow_backing_files: bool = False,
    unpack_limit: Optional[int] = None,
    toolstack: Optional[Caller] = None,
    restricted: bool = False,
    max_file_size_mb: Union[None, int, str] = None,
    guest_type: Optional[GuestType] = None,
    until: Literal["pygrub", "builder"] = "builder",
    hash: bool = False,
    root_disk: Optional[StrPath] = None,
    allow: Rules = (),
    warn: Rules = (),
    deny: Rules = (),
    suppressions: bool = True,
) -> CheckResult:
    """What pygrub boots from a target, and why nothing, if nothing.

    The options are those of ``pregrub check``. Neither ``pregrub.toml`` nor the environment counts, and ``"-"`` is a file of that
    name. Other threads run meanwhile; Ctrl-C raises ``KeyboardInterrupt``.

    :param target: a disk image, a block device, the root directory of a boot filesystem, a boot configuration, or the configuration
        of a domain for xl, libvirt or xapi.
    :param release: whose pygrub: ``"newest"``, ``"host"`` for the one installed here, or a name of :func:`releases`.
    :param flavour: who built it: ``"upstream"``, ``"debian"``, ``"suse"``, ``"xcp-ng"``; by default what the release says.
    :param entry: pygrub's ``--entry``, a number or a title.
    :param offset: pygrub's ``--offset``, in bytes.
    :param kernel: pygrub's ``--kernel``: this file of the guest boots, and no configuration is read.
    :param ramdisk: pygrub's ``--ramdisk``, with ``kernel``.
    :param args: pygrub's ``--args``: added to the kernel's arguments.
    :param default_args: ``--default_args`` of XCP-ng's pygrub.
    :param extra_args: ``--extra_args`` of XCP-ng's pygrub.
    :param title_rules: a directory with rules on titles for XCP-ng's pygrub; with ``release="host"`` the host's are read.
    :param interactive: whether pygrub shows its menu; by default as the toolstack calls it.
    :param kind: what the target is, where that is not to be detected.
    :param dialect: the dialect of a configuration.
    :param image_format: the format of an image file; ``"raw"`` is what pygrub makes of the file itself.
    :param follow_backing_files: open files that an image names anywhere, and not only below its directory.
    :param unpack_limit: how many MiB the compressed images that are open at once may take when they are unpacked, without zeros; by
        default 2048, and at most half of the space in the temporary directory.
    :param toolstack: who calls pygrub; by default what the target says, else xl.
    :param restricted: pygrub is called with ``--runas``, as with ``bootloader_restrict``.
    :param max_file_size_mb: ``PYGRUB_MAX_FILE_SIZE_MB`` in pygrub's environment.
    :param guest_type: the type of guest that the kernel is loaded for; by default what the domain says, else PV.
    :param until: ``"pygrub"`` leaves out whether Xen loads the kernel.
    :param hash: read kernel and initrd in full, for their SHA-256.
    :param root_disk: the guest's root disk: an image or a directory.
    :param allow: rules of the linter (``"PG101"``, a name, a group, ``"all"``) that say nothing; ``warn`` and ``deny`` win over it.
    :param warn: rules whose findings are warnings; ``deny`` wins over it.
    :param deny: rules whose findings are errors.
    :param suppressions: whether comments in the guest's configuration suppress findings.
    :raises TargetNotFoundError: there is no such file (it is a ``FileNotFoundError``).
    :raises TargetPermissionError: you may not read it (it is a ``PermissionError``).
    :raises TargetReadError: it cannot be read (it is an ``OSError``).
    :raises TargetKindError: it is nothing that pregrub recognises (it is a ``ValueError``).
    :raises OptionError: an option has no such value, or does not fit (it is a ``ValueError``).
    """
    given = _given(
        release=release,
        flavour=flavour,
        entry=entry if entry is None else str(entry),
        offset=offset,
        kernel=kernel,
        ramdisk=ramdisk,
        args=args,
        default_args=default_args,
        extra_args=extra_args,
        title_rules=title_rules,
        interactive=interactive,
        dialect=dialect,
        image_format=image_format,
        follow_backing_files=follow_backing_files,
        unpack_limit=unpack_limit,
        toolstack=toolstack,
        restricted=restricted,
        max_file_size_mb=max_file_size_mb if max_file_size_mb is None else str(max_file_size_mb),
        type=guest_type,
        until=until,
        hash=hash,
        root_disk=root_disk,
        allow=allow,
        warn=warn,
        deny=deny,
        suppressions=suppressions,
        **{"as": kind},
    )
    path = os.fsencode(target)
    return read_check(_native.check(path, given), os.fsdecode(path))


def check_text(
    text: Union[str, bytes],
    *,
    name: StrPath = "grub.cfg",
    release: str = "newest",
    flavour: Optional[str] = None,
    entry: Union[None, int, str] = None,
    args: Optional[str] = None,
    interactive: Optional[bool] = None,
    kind: Optional[Literal["config", "xl", "libvirt", "xapi"]] = None,
    dialect: Optional[Dialect] = None,
    toolstack: Optional[Caller] = None,
    restricted: bool = False,
    guest_type: Optional[GuestType] = None,
    allow: Rules = (),
    warn: Rules = (),
    deny: Rules = (),
    suppressions: bool = True,
) -> CheckResult:
    """The same for a text in memory: a boot configuration, which selects an entry and never boots, or a domain's configuration.

    :param text: the text; surrogates in a ``str`` stand for bytes that are not UTF-8, as ``os.fsdecode`` makes them.
    :param name: what the text is called: the name says what it is, as that of a file does. No such file need exist. A domain's text
        with the default name needs ``kind``.

    The other parameters and the exceptions are those of :func:`check`.
    """
    given = _given(
        release=release,
        flavour=flavour,
        entry=entry if entry is None else str(entry),
        args=args,
        interactive=interactive,
        dialect=dialect,
        toolstack=toolstack,
        restricted=restricted,
        type=guest_type,
        allow=allow,
        warn=warn,
        deny=deny,
        suppressions=suppressions,
        **{"as": kind},
    )
    path = os.fsencode(name)
    return read_check(_native.check(path, given, _text(text)), os.fsdecode(path))


def _lint_options(
    release: str,
    flavour: Optional[str],
    interactive: Optional[bool],
    dialect: Optional[Dialect],
    allow: Rules,
    warn: Rules,
    deny: Rules,
    suppressions: bool,
) -> list[tuple[str, bytes]]:
    return _given(
        release=release,
        flavour=flavour,
        interactive=interactive,
        dialect=dialect,
        allow=allow,
        warn=warn,
        deny=deny,
        suppressions=suppressions,
    )


def lint(
    path: StrPath,
    *,
    release: str = "newest",
    flavour: Optional[str] = None,
    interactive: Optional[bool] = None,
    dialect: Optional[Dialect] = None,
    allow: Rules = (),
    warn: Rules = (),
    deny: Rules = (),
    suppressions: bool = True,
) -> LintResult:
    """What is wrong in a boot configuration: a grub.cfg, a menu.lst, an extlinux.conf.

    The parameters and the exceptions are those of :func:`check`.
    """
    given = _lint_options(release, flavour, interactive, dialect, allow, warn, deny, suppressions)
    name = os.fsencode(path)
    return read_lint(_native.lint(name, given), os.fsdecode(name))


def lint_text(
    text: Union[str, bytes],
    *,
    name: StrPath = "grub.cfg",
    release: str = "newest",
    flavour: Optional[str] = None,
    interactive: Optional[bool] = None,
    dialect: Optional[Dialect] = None,
    allow: Rules = (),
    warn: Rules = (),
    deny: Rules = (),
    suppressions: bool = True,
) -> LintResult:
    """The same for a text in memory. Its name says the dialect, unless ``dialect`` does."""
    given = _lint_options(release, flavour, interactive, dialect, allow, warn, deny, suppressions)
    path = os.fsencode(name)
    return read_lint(_native.lint(path, given, _text(text)), os.fsdecode(path))


def compare(
    target: StrPath,
    *,
    releases: Optional[Iterable[str]] = None,
    from_release: Optional[str] = None,
    to_release: Optional[str] = None,
    grub: bool = True,
    flavour: Optional[str] = None,
    entry: Union[None, int, str] = None,
    offset: Optional[int] = None,
    args: Optional[str] = None,
    interactive: Optional[bool] = None,
    kind: Optional[Kind] = None,
    dialect: Optional[Dialect] = None,
    image_format: ImageFormat = "auto",
    follow_backing_files: bool = False,
    toolstack: Optional[Caller] = None,
    restricted: bool = False,
    guest_type: Optional[GuestType] = None,
) -> Comparison:
    """Who boots what from a target: every pygrub that pregrub knows and GRUB 2, or those that are named.

    :param releases: the pygrubs; by default all of them, of ``flavour`` if one is given.
    :param to_release: the pygrub of tomorrow: only it and the one of today are compared, and the result has ``upgrade``.
    :param from_release: the pygrub of today; by default ``"host"``.
    :param grub: whether GRUB 2 is compared.

    The other parameters and the exceptions are those of :func:`check`.
    """
    if from_release is not None and to_release is None:
        raise TypeError("from_release needs to_release")
    if to_release is not None and releases is not None:
        raise TypeError("releases and to_release exclude each other")
    if isinstance(releases, str):
        releases = (releases,)
    given = _given(
        flavour=flavour,
        entry=entry if entry is None else str(entry),
        offset=offset,
        args=args,
        interactive=interactive,
        dialect=dialect,
        image_format=image_format,
        follow_backing_files=follow_backing_files,
        toolstack=toolstack,
        restricted=restricted,
        type=guest_type,
        **{"as": kind},
    )
    path = os.fsencode(target)
    named = None if releases is None else list(releases)
    upgrade = None if to_release is None else (from_release or "host", to_release)
    return read_comparison(_native.compare(path, given, named, grub, upgrade), os.fsdecode(path))


def releases() -> tuple[Release, ...]:
    """Every pygrub that pregrub knows: upstream's oldest first, then those of each distributor."""
    return tuple(
        Release(name=name, xen=xen, flavour=flavour, python=python)
        for name, xen, flavour, python in _native.releases()
    )
