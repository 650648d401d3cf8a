"""Few heaps of the C library, none where there are no such; and garbage that does not wait."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import weakref
from contextlib import suppress

import anyio
import pytest

from backend import heap

COUNT = """
import ctypes, threading
from backend.heap import share_heaps
share_heaps()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
start = threading.Barrier(12)
places = set()
def work():
    start.wait()
    for _ in range(2_000):
        places.add(libc.malloc(2_000) >> 26)
threads = [threading.Thread(target=work) for _ in range(12)]
[one.start() for one in threads]
[one.join() for one in threads]
print(len(places))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's heaps are Linux's")
def test_many_threads_share_two_heaps() -> None:
    done = subprocess.run(
        [sys.executable, "-c", COUNT], capture_output=True, text=True, check=True, timeout=60
    )
    # A heap lies within 64 MB; the program's own may lie across a border of that.
    assert int(done.stdout) <= 4


def test_another_system_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap.sys, "platform", "win32")
    monkeypatch.setattr(heap.ctypes, "CDLL", lambda _name: pytest.fail("it was asked"))
    heap.share_heaps()


class Ring:
    """Refers to itself, as a conversation that ended does."""

    def __init__(self) -> None:
        self.own = self


async def test_garbage_is_freed_soon_and_what_was_there_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(heap, "TIDY_EVERY_S", 0.02)
    gc.disable()
    loaded = asyncio.Event()
    tidying = asyncio.create_task(heap.keep_small(_until(loaded)))
    try:
        await asyncio.sleep(0.05)
        assert gc.get_freeze_count() == 0
        loaded.set()
        with anyio.fail_after(5):
            await _freed_ring()
            await _freed_ring()
        assert gc.get_freeze_count() > 0
    finally:
        gc.enable()
        tidying.cancel()
        with suppress(asyncio.CancelledError):
            await tidying
    assert gc.get_freeze_count() == 0


async def _freed_ring() -> None:
    freed = asyncio.Event()
    ring = Ring()
    weakref.finalize(ring, freed.set)
    del ring
    await freed.wait()


async def _until(event: asyncio.Event) -> None:
    await event.wait()
