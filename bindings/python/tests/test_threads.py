"""Threads and signals."""

from __future__ import annotations

import gzip
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pregrub
import pytest


@pytest.fixture
def long_work(tmp_path: Path) -> Path:
    """An image that takes a second: more than a gigabyte of zeros, which is unpacked."""
    image = tmp_path / "zeros.img.gz"
    piece = gzip.compress(bytes(64 << 20), compresslevel=1)
    with open(image, "wb") as file:
        for _ in range(20):
            file.write(piece)
    return image


def test_threads_share_the_work(corpus: Path) -> None:
    targets = [corpus / "images/recipe.img", corpus / "images/nixos-default.img"] * 20
    expected = [pregrub.check(target) for target in targets[:2]]
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(pregrub.check, targets))
    assert results == expected * 20


def test_others_run_meanwhile(long_work: Path) -> None:
    ticks = 0
    done = threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not done.is_set():
            ticks += 1
            time.sleep(0.01)

    thread = threading.Thread(target=tick)
    thread.start()
    started = time.monotonic()
    pregrub.check(long_work)
    took = time.monotonic() - started
    done.set()
    thread.join()
    # A GIL that is held leaves it at one or two.
    assert took > 0.3
    assert ticks > took / 0.01 / 8


def test_ctrl_c_ends_the_wait(long_work: Path) -> None:
    # What a shell starts in the background ignores SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        pregrub.check(long_work)
    assert time.monotonic() - started < 2
    timer.join()


def test_a_handler_that_raises_nothing_does_not_disturb(corpus: Path, long_work: Path) -> None:
    came = []
    before = signal.signal(signal.SIGUSR1, lambda number, frame: came.append(number))
    try:
        timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGUSR1))
        timer.start()
        pregrub.check(long_work)
        timer.join()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert came == [signal.SIGUSR1]
